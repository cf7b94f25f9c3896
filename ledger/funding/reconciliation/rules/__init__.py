"""How two lists of lines are matched, and why they differ. Pure: no database, no clock."""
