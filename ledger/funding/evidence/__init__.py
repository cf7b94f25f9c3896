"""The grounds of payments: frozen, named by their digest, kept beside the log."""
