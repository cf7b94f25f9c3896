"""What the funding area's entries change. Importing it registers every projection."""

from ledger.funding.projection import payments, posting, standing

__all__ = ["payments", "posting", "standing"]
