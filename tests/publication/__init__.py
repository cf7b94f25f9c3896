"""Publishing the log: witnesses, directories, and what others read."""
