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
    Command.ACCEDE: Permission.AGREEMENT_SIGN,
    Command.SUSPEND: Permission.AGREEMENT_SUSPEND,
    Command.RESUME: Permission.AGREEMENT_SUSPEND,
    Command.WITHDRAW: Permission.AGREEMENT_SIGN,
    Command.TERMINATE: Permission.AGREEMENT_SIGN,
    Command.EXPIRE: Permission.AGREEMENT_LAPSE,
    Command.DISSOLVE: Permission.AGREEMENT_LAPSE,
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
- Authority may be limited to kinds and to an amount of money (what the party puts into a pool); it
  is delegated twice at most, and ends with whatever it was delegated from.
- The sign-in must be fresh (`LEDGER_STEP_UP_MINUTES`) and, where set, of a level in
  `LEDGER_STEP_UP_ACR`; otherwise 401 `insufficient_user_authentication` (RFC 9470).
- What was read is what is signed: another digest or version is 409.
- Kept with the signature: digest, version, statement, issuer, subject, `acr`, `amr`, `auth_time`,
  session, token id, user agent, and the names as they were. What is personal of that can be erased.
- An organisation may seal a signature by its own key as well: a detached JWS (ES256, ES384, PS256,
  Ed25519) over the digest in hex, checked against the keys that it registered.
- Every refusal to sign is recorded (`agreement.signing-refused`), with the problem that it was.
"""


_MODES: Final = """\
| mode | in force |
|---|---|
| `all` | between all, once every party has signed |
| `pairwise` | between each two that have signed; whoever signs later comes in |
| `hub` | between the leading party and each that has signed; every flow is with the leading party |
| `joinder` | as `all`; a later version that only adds a party needs that one and the leading one |

In a joinder, a party that would give the newcomer more than it gives another already signs too.
In `pairwise` and `hub`, a party that has yet to sign may give notice; between those who have signed
it suspends and ends nothing.
"""

_AMENDMENTS: Final = """\
An amendment is a new version. It is compared with the one in force clause by clause, and only
the parties that it concerns sign: everybody where words, dates or money for all change; otherwise
those whose flows change, whose turn to sign changes, or who join. Each is told why it is asked.
Until they have signed, the version in force goes on; then it is superseded. An amendment that
changes nothing is confirmed by all. If the version in force ends before they have, everybody signs.

A draft is refused, with every fault at once and each at its clause, also where another agreement
covers one of its flows on the same days (between the same two, for the same purpose and
categories), and where it renews an agreement (`renews_id`) and does not start on the day after that
ends; days without cover can be accepted when proposing, and are recorded as `agreement.gap-noted`.
"""

_TIME: Final = """\
Ends of suspensions and terms, departures, reminders (90, 30 and 7 days before the last day and
the review, each once) and overdue obligations are recorded by the scheduler, as `system:clock`;
what is covered follows the days by itself. After a notice, an end or a dissolution, whoever
received data must destroy or return it and certify that by a day; `agreement.obligation-overdue`
says who has not. An agreement goes on while two parties and the leading one remain.
"""

_PAPER = """\
`GET /api/v1/agreements/{id}/versions/{n}/pdf` (and a link on the page of the agreement) issues a
version that was proposed as a PDF, to whoever may read it: the text, the evidence of each
signature, and how to check both, with the receipt of the last signature for the first tree that
held it. The same state gives the same bytes. The file is not kept; its SHA-256 is recorded once
(`agreement.document-issued`). Names that were erased are not printed again. While the log has not
signed the last signature, the answer is 409: ask again in a moment.

Anybody checks a file at `/agreements/check` (up to 1 MB, nothing is kept, ten a minute), or a
SHA-256 there or at `/api/v1/agreement-documents/{sha256}`. The answer is one of three: issued here,
for which version, when and by which entry; the text of a proposed version, and which organisations
have signed it; or not ours. It names no person, and a draft is not known to it.

    sha256sum agreement.pdf
    curl https://ledger.example/api/v1/agreement-documents/<that digest>
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
        "## What each role may do in each state\n",
        "For a party's people, in one cell all that is permitted and possible. Any other command",
        "is refused: 403 where the role may not, 409 where the state does not allow it.\n",
        *matrix(),
        "",
        "## Modes\n",
        _MODES,
        "## Amendments\n",
        _AMENDMENTS,
        "## Signing\n",
        _SIGNING,
        "## What time brings\n",
        _TIME,
        "## On paper\n",
        _PAPER,
        "## What a text must settle\n",
        f"A data sharing agreement: {_topics(ICO_CODE)}.\n",
        f"A pooled fund: {_topics(POOLED_FUND)}.",
        "",
    ]
    return "\n".join(text), REFERENCE / "agreement.md"


def _roles(permission: Permission) -> str:
    return ", ".join(role for role in Role if permitted(role, permission))


def permitted(role: Role, permission: Permission) -> bool:
    """Say whether the policy lets a party's people in that role do it."""
    table = authority.reload().table
    relations = (Relation.PARTY, Relation.NONE)
    return (
        any((role, permission, relation) in table.allowed for relation in relations)
        and (role, permission, Relation.PARTY) not in table.denied
    )


def matrix() -> list[str]:
    """The table of state and role: `tests/agreements/test_lifecycle.py` tries every cell."""
    may = {role: {one for one in PERMISSIONS if permitted(role, PERMISSIONS[one])} for role in Role}
    roles = [role for role in Role if may[role]]
    rows = [f"| state | {' | '.join(roles)} |", f"|---|{'---|' * len(roles)}"]
    for state in State:
        cells = (
            ", ".join(one for one in Command if one in may[role] and (state, one) in TABLE)
            for role in roles
        )
        rows.append(f"| **{state}** | {' | '.join(cells)} |")
    nobody = ", ".join(role for role in Role if not may[role])
    return [*rows, "", f"None of these for: {nobody}."]


def _topics(topics: frozenset[str]) -> str:
    return ", ".join(sorted(topic.replace("-", " ") for topic in topics))
