"""What makes an agreement acceptable. Pure: no database, no clock, no framework."""
