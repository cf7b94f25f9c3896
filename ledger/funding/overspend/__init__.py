"""What follows an overspend: days, plans, warnings, and who covers it in which order."""
