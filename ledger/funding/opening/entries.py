"""What starting in the middle of a year writes to the log."""

from audit import entry
from ledger.funding.entries import Posts


@entry("funding.opening-brought-in")
class OpeningBroughtIn(Posts):
    """A pool that was run elsewhere before starts here, as every partner approved.

    The basis of its transaction names the evidence by its SHA-256.
    """
