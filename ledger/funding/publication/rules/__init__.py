"""What may be shown, and what has to be hidden with it. Pure: no database, no clock."""
