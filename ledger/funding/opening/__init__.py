"""Starting in the middle of a year: the position of a pool, once, before anything else."""
