"""What the funding area's entries change. Importing it registers every projection."""

from ledger.funding.projection import posting, standing

__all__ = ["posting", "standing"]
