"""What decides where and when a message goes. Pure: no database, no clock, no network."""
