"""Whose a record is: joined, separated, in doubt, misfiled, begun anew."""
