"""What a payments file says, and what it posts. Pure: no database, no clock, no framework."""
