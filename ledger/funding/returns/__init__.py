"""Returns: filled in cell by cell, frozen at a size of the log, signed by all chiefs."""
