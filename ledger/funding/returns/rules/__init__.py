"""What a return asks for and when it is complete. Pure: no database, no clock, no framework."""
