"""Care Ledger: who agreed to share what, who consented, and who pays, in a log to check."""
