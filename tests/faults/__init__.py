"""What may go wrong with the log while it works, done to real processes."""
