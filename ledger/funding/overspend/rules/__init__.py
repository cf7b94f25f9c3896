"""The days that follow an overspend, and its waterfall. Pure: no database, no clock."""
