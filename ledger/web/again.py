"""A decision of the past, decided again from the log: what came of it, in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from ledger.access import replaying
from ledger.access.replaying import WORDS, Difference, Finding, Replayed
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.reading import EntryView
from ledger.edge.guard import current_actor, requires
from ledger.web.shell import moment
from ledger.web.trail_facts import recorded

blueprint = Blueprint("decided_again", __name__, url_prefix="/trail")

_DECIDED: Final = "access.decided"
_TAGS: Final[Mapping[Finding, tuple[str, str]]] = {
    Finding.SAME: ("The same", "green"),
    Finding.DIFFERS: ("Another answer", "red"),
    Finding.ERASED: ("Erased since", "grey"),
    Finding.NOT_REBUILT: ("Cannot be rebuilt", "orange"),
}
_NEXT: Final[Mapping[Finding, str]] = {
    Finding.SAME: "What was known then, and the rules of then, lead to what was recorded.",
    Finding.DIFFERS: "Either the log or the program was changed. Tell the operator, and have them "
    "run the check of the log.",
    Finding.ERASED: "That is no fault: what somebody asked to have erased is gone for us, too.",
    Finding.NOT_REBUILT: "The entry still proves what was answered. Why it was, the log alone does "
    "not say any more.",
}
_NOTHING: Final = "Nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What the page says.

    Attributes:
        rows: Of each thing that came out otherwise: what, as recorded, as decided now.
    """

    tag: str
    colour: str
    words: str
    next: str
    at: str
    rules: str
    rows: list[tuple[str, str, str]]

    @classmethod
    def of(cls, found: Replayed) -> "Again":
        """Present what deciding it again gave."""
        tag, colour = _TAGS[found.finding]
        return cls(
            tag=tag,
            colour=colour,
            words=found.words if found.why else WORDS[found.finding],
            next=_NEXT[found.finding],
            at=moment(found.at),
            rules=found.ruleset[:12],
            rows=[_row(one) for one in found.differences],
        )


def _row(one: Difference) -> tuple[str, str, str]:
    before, now = (next(recorded({one.field: v}, {}), None) for v in (one.recorded, one.again))
    label = next((said.label for said in (before, now) if said), one.field.replace("_", " "))
    return (
        label[:1].upper() + label[1:],
        before.words if before else _spelled(one.recorded),
        now.words if now else _spelled(one.again),
    )


def _spelled(value: Any) -> str:
    if value in (None, "", [], {}):
        return _NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def may_be(session: Session, actor: Actor, view: EntryView) -> bool:
    """Say whether an entry is a decision that *actor* may have decided again."""
    if view.kind != _DECIDED:
        return False
    try:
        replaying.check_may(session, actor, view.id)
    except NotFound:
        return False
    return True


@blueprint.get("/<uuid:entry_id>/again")
@requires(Permission.ACCESS_HISTORY)
def show(entry_id: UUID) -> str:
    """Decide it again, and say what came of it. Nobody is let in by that."""
    found = replaying.replay(db.session(), current_actor(), entry_id)
    return render_template("trail/again.jinja", again=Again.of(found), entry_id=entry_id)
