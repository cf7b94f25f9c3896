"""The generated page about agreements: what may be done in which state, and by whom."""

from pathlib import Path
from typing import Final

from ledger.agreements.rules.lifecycle import OPEN, STANDING, TABLE, Command, State
from ledger.agreements.rules.topics import ICO_CODE, POOLED_FUND
from ledger.core import authority
from ledger.core.actor import Role
from ledger.core.permissions import Permission, Relation

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"
_MADE: Final = "<!-- Made by `make docs`; a test fails when it is stale. -->\n"

PERMISSIONS: Final = {
    Command.REDRAFT: Permission.AGREEMENT_DRAFT,
    Command.PROPOSE: Permission.AGREEMENT_DRAFT,
    Command.SIGN: Permission.AGREEMENT_SIGN,
    Command.DECLINE: Permission.AGREEMENT_SIGN,
    Command.SUSPEND: Permission.AGREEMENT_SUSPEND,
    Command.RESUME: Permission.AGREEMENT_SUSPEND,
    Command.WITHDRAW: Permission.AGREEMENT_SIGN,
    Command.TERMINATE: Permission.AGREEMENT_SIGN,
    Command.EXPIRE: Permission.AGREEMENT_LAPSE,
}
"""What each command needs; those that follow by themselves need nothing of their own."""

FOLLOWS: Final = {
    Command.ACTIVATE: "the last signature that its mode asks for",
    Command.SUPERSEDE: "the activation of a later version",
}

_INTRODUCTION: Final = """\
An agreement says which organisations may share which data, for what, on what lawful basis, from
which day to which. It has versions; each is a text of numbered clauses and the terms that programs
read. The text names the SHA-256 of the terms, and signatures name the SHA-256 of the text.

A **flow** is: from, to, purpose (a v3 ActReason code; it covers the codes below it), categories of
data, lawful basis (UK GDPR Articles 6 and 9, Schedule 1 of the Data Protection Act 2018, the common
law duty of confidentiality), and what each party is in it. An agreement is **in force** for a flow
on a day from its first to its last day, both included, London time, unless it is suspended on that
day or one of the two has left. A **pooled fund** is another kind on the same machinery: it has
contributions and share rules instead of flows, and may begin before it is signed.
"""

_SIGNING: Final = """\
- The parties sign in groups, one after another; inside a group in any order. Out of turn is 409.
- A signatory needs authority: given by their organisation's steward, or delegated from somebody who
  holds it, between two days. Authority that ended yesterday is 403.
- The sign-in must be fresh (`LEDGER_STEP_UP_MINUTES`) and, where set, of a level in
  `LEDGER_STEP_UP_ACR`; otherwise 401 `insufficient_user_authentication` (RFC 9470).
- What was read is what is signed: another digest or version is 409.
- Kept with the signature: digest, version, statement, issuer, subject, `acr`, `amr`, `auth_time`,
  session, token id, user agent, and the names as they were. What is personal of that can be erased.
"""


def agreement_page() -> tuple[str, Path]:
    """The lifecycle, the roles, and what a text must settle."""
    text = [
        "# Agreements\n",
        _MADE,
        _INTRODUCTION,
        "## What may be done with a version\n",
        "A cell names the state after the command; an empty one is refused with 409.\n",
        f"| state | {' | '.join(Command)} |",
        f"|---|{'---|' * len(Command)}",
        *(
            f"| **{state}** | {' | '.join(TABLE.get((state, one), '') for one in Command)} |"
            for state in State
        ),
        "",
        f"One version of an agreement is open ({', '.join(sorted(OPEN))}) at most, and one stands",
        f"({', '.join(sorted(STANDING))}). Every other state is final.\n",
        *(f"- **{command}** follows by itself: {what}." for command, what in FOLLOWS.items()),
        "",
        "## Who may\n",
        "For an agreement that one's organisation is party to; a draft belongs to its drafter.",
        "Signing, giving notice and ending at once need authority to sign as well.\n",
        "| command | permission | roles |",
        "|---|---|---|",
        *(f"| {one} | `{PERMISSIONS[one]}` | {_roles(PERMISSIONS[one])} |" for one in PERMISSIONS),
        "",
        "## Signing\n",
        _SIGNING,
        "## What a text must settle\n",
        f"A data sharing agreement: {_topics(ICO_CODE)}.\n",
        f"A pooled fund: {_topics(POOLED_FUND)}.",
        "",
    ]
    return "\n".join(text), REFERENCE / "agreement.md"


def _roles(permission: Permission) -> str:
    table = authority.reload().table
    relations = (Relation.PARTY, Relation.NONE)
    found = [
        role
        for role in Role
        if any((role, permission, relation) in table.allowed for relation in relations)
        and (role, permission, Relation.PARTY) not in table.denied
    ]
    return ", ".join(found)


def _topics(topics: frozenset[str]) -> str:
    return ", ".join(sorted(topic.replace("-", " ") for topic in topics))
