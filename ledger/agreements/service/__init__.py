"""Commands on agreements. Each has four steps: load, authorise, check, record."""

from ledger.agreements.service.drafting import (
    amend,
    draft,
    draft_sha256,
    import_markdown,
    preview,
    redraft,
)
from ledger.agreements.service.ending import (
    lapse,
    link,
    resume,
    suspend,
    terminate,
    withdraw,
)
from ledger.agreements.service.signatories import appoint, delegate, end_authority
from ledger.agreements.service.signing import decline, propose, sign

__all__ = [
    "amend",
    "appoint",
    "decline",
    "delegate",
    "draft",
    "draft_sha256",
    "end_authority",
    "import_markdown",
    "lapse",
    "link",
    "preview",
    "propose",
    "redraft",
    "resume",
    "sign",
    "suspend",
    "terminate",
    "withdraw",
]
