"""What a payment was decided by: named by its digest, and kept beside the log if it is given."""

import re
from typing import Final

from ledger.core.errors import Invalid

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def check_digest(digest: str) -> None:
    """Check that evidence is named by a SHA-256. Raises `Invalid`."""
    if not _DIGEST.fullmatch(digest):
        raise Invalid("name the evidence by its SHA-256, 64 hexadecimal digits in lower case")
