"""Commands on agreements. Each has four steps: load, authorise, check, record."""

from ledger.agreements.service.drafting import (
    amend,
    draft,
    draft_sha256,
    import_markdown,
    import_odrl,
    preview,
    redraft,
)
from ledger.agreements.service.ending import (
    link,
    resume,
    suspend,
    terminate,
    withdraw,
)
from ledger.agreements.service.issuing import issue
from ledger.agreements.service.keys import add_key, end_key, seal
from ledger.agreements.service.obligations import certify
from ledger.agreements.service.proposing import propose
from ledger.agreements.service.signatories import appoint, delegate, end_authority
from ledger.agreements.service.signing import decline, sign
from ledger.agreements.service.time import depart, fall_overdue, lapse, remind

__all__ = [
    "add_key",
    "amend",
    "appoint",
    "certify",
    "decline",
    "delegate",
    "depart",
    "draft",
    "draft_sha256",
    "end_authority",
    "end_key",
    "fall_overdue",
    "import_markdown",
    "import_odrl",
    "issue",
    "lapse",
    "link",
    "preview",
    "propose",
    "redraft",
    "remind",
    "resume",
    "seal",
    "sign",
    "suspend",
    "terminate",
    "withdraw",
]
