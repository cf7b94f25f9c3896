"""What the directory accepts. Pure: no database, no clock, no framework."""
