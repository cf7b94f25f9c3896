"""How publication stands, for anybody: what each tree has published, and who vouches for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from audit import Checkpoint, NoteError
from audit.note import read_signed
from audit.policy import Policy
from ledger.core import published, witnessing


@dataclass(frozen=True, slots=True)
class WitnessView:
    """A witness and a tree.

    Attributes:
        cosigned_at: When it cosigned the newest published checkpoint, as it says; None if not.
        last_at: When it last cosigned anything of this tree, for us.
        outcome: What came of asking it last; empty if it was never asked.
    """

    name: str
    cosigned_at: datetime | None
    last_at: datetime | None
    outcome: str
    size: int
    failures: int
    failures_in_a_row: int


@dataclass(frozen=True, slots=True)
class TreeView:
    """A tree and what it has published last.

    Attributes:
        checkpoint: None if nothing is published yet.
        at: When it was published.
    """

    tree: str
    checkpoint: Checkpoint | None
    at: datetime | None
    witnesses: Sequence[WitnessView]


def of_all(session: Session, policy: Policy | None) -> list[TreeView]:
    """Return how every tree stands: the ledger log first."""
    return [_of(session, tree, policy) for tree in published.trees(session)]


def _of(session: Session, tree: str, policy: Policy | None) -> TreeView:
    shown = published.newest(session, tree)
    states = {row.witness: row for row in witnessing.states(session) if row.log == tree}
    views = []
    for witness in policy.witnesses if policy else ():
        at_s = None
        try:
            _, found = read_signed(shown.note if shown else "", [witness.verifier])
            at_s = max(witness.verifier.signed_at_s(signature) for _, signature in found)
        except NoteError:
            pass  # It has not signed this one.
        state = states.get(witness.name)
        views.append(
            WitnessView(
                name=witness.name,
                cosigned_at=None if at_s is None else datetime.fromtimestamp(at_s, UTC),
                last_at=state.cosigned_at if state else None,
                outcome=state.outcome if state else "",
                size=state.size if state else 0,
                failures=state.failures if state else 0,
                failures_in_a_row=state.failures_in_a_row if state else 0,
            )
        )
    if shown is None:
        return TreeView(tree, None, None, views)
    text = shown.note.rpartition("\n\n")[0] + "\n"
    return TreeView(tree, Checkpoint.from_text(text), shown.at, views)
