"""Which topic a clause written elsewhere settles, told by its words."""

import re
from typing import Final

from ledger.agreements.rules.topics import Topic

_BY_WORDS: Final = (
    (Topic.SIGNING, r"as witness|in witness|signed (for|by|on)"),
    (Topic.PRECEDENCE, r"\bprevail|\bprecedence|conflict or inconsistency"),
    (Topic.AMENDMENT, r"\bamend (this|the) agreement|\bvariation"),
    (Topic.CRIMINAL_OFFENCE_DATA, r"criminal (convictions|offence)"),
    (Topic.SPECIAL_CATEGORIES, r"special[ -]category|article 9\b"),
    (Topic.TRANSPARENCY, r"privacy (notice|information)|need to be informed"),
    (Topic.PROCESSORS, r"data processor for|processor\b.*\bcontract|handling of .* contractors"),
    (Topic.STAFF, r"\bpersonnel\b|\btraining\b|\btrained\b|\bbriefed\b"),
    (Topic.ACCESS_CONTROL, r"\b(login|passwords?|access is limited|limit access|able to access)\b"),
    (Topic.USE_LIMITS, r"cannot be used|purposes? only|not be used for any other"),
    (Topic.DPIA, r"impact assessment"),
    (Topic.INDIVIDUAL_RIGHTS, r"subject access|rights of (the )?(individual|data subject)"),
    (Topic.TRANSFERS, r"outside the (uk|united kingdom|eea)|international transfer"),
    (Topic.DESTRUCTION, r"\bdestr(oy|uction)\b.*\bdata|securely delete"),
)
_BY_HEADING: Final = (
    (Topic.PARTIES, r"preamble|^parties"),
    (Topic.BACKGROUND, r"background|introduction|recital"),
    (Topic.DEFINITIONS, r"definition|interpretation"),
    (Topic.COMMENCEMENT, r"commencement|\bterm\b|duration"),
    (Topic.LAWFUL_BASIS, r"(legal|lawful) basis|lawfulness"),
    (Topic.PURPOSE, r"purpose|aims|objective"),
    (Topic.ROLES, r"roles|responsibilit|controller"),
    (Topic.USE_LIMITS, r"use of (the )?data"),
    (Topic.BREACHES, r"breach|loss|unauthorised|incident"),
    (Topic.SECURITY, r"security|protection of (personal )?data|safeguard"),
    (Topic.FREEDOM_OF_INFORMATION, r"freedom of information|environmental information"),
    (Topic.CONTACTS, r"representative|contact"),
    (Topic.PUBLICATION, r"publication|publish|outputs"),
    (Topic.DISPUTES, r"dispute"),
    (Topic.TERMINATION, r"terminat|ending"),
    (Topic.RETENTION, r"retention"),
    (Topic.INDIVIDUAL_RIGHTS, r"rights"),
    (Topic.QUALITY, r"quality|accuracy"),
    (Topic.REVIEW, r"review"),
    (Topic.COMPLAINTS, r"complaint"),
    (Topic.COMPLIANCE, r"complian|statut"),
    (Topic.DATA_ITEMS, r"data (items|to be shared|set)"),
    (Topic.SIGNING, r"signatur"),
)


def topic_of(heading: str, text: str) -> Topic | None:
    """Return what a clause settles; None if neither its words nor its heading tell."""
    start = text[:600].lower().replace("\n", " ")
    if not re.search(r"definition|interpretation", heading.lower()):
        for topic, words in _BY_WORDS:
            if re.search(words, start):
                return topic
    for topic, words in _BY_HEADING:
        if re.search(words, heading.lower()):
            return topic
    return None
