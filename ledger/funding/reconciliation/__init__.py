"""A pool beside the bank and the general ledgers: what matches, what does not, and why."""
