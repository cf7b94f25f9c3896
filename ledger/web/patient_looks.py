"""Who looked: asked, allowed, actually read; emergencies first; and why it was allowed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from ledger.access import looks, queries, replaying
from ledger.access.queries import Looked
from ledger.access.reported import queries as reported
from ledger.access.reported.queries import ReadView
from ledger.access.reported.rules.reconciling import FLAGGED
from ledger.consent import queries as consents
from ledger.consent.queries import ConsentView
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory
from ledger.edge import cursors
from ledger.edge.guard import current_actor, requires
from ledger.web.charts import bars
from ledger.web.patient import own_patient_id
from ledger.web.patient_look_words import (
    REGIME_WORDS,
    EmergencyCard,
    LookedRow,
    Month,
    Unasked,
    month_of,
    month_words,
    months,
)
from ledger.web.patient_words import ConsentCard, organisation_ids
from ledger.web.tasks import Sort, Task

blueprint = Blueprint("looks_pages", __name__, url_prefix="/my/looked")

COUNTED_MAX: Final = 2000
"""So many of the newest are counted and filtered; older ones are read page by page."""
_READS_MAX: Final = 500
_MONTHS_DRAWN: Final = 12
_DAYS_NEW: Final = 30
_ROWS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the reader wants to see: of one organisation, of one month, or all."""

    organisation_id: UUID | None = None
    month: date | None = None

    @classmethod
    def of_request(cls) -> Self:
        """Read it from the address; what makes no sense is left out."""
        try:
            organisation_id = UUID(request.args.get("who", ""))
        except ValueError:
            organisation_id = None
        try:
            month = date.fromisoformat(f"{request.args.get('month', '')}-01")
        except ValueError:
            month = None
        return cls(organisation_id=organisation_id, month=month)

    def takes(self, view: Looked) -> bool:
        """Say whether a look-up is wanted."""
        at_month = self.month is None or month_of(view.at) == self.month
        return at_month and self.organisation_id in {None, view.organisation_id}


@blueprint.get("")
@requires(Permission.ACCESS_HISTORY)
def show() -> str:
    """Show who asked about the patient, what they were told, and who actually read."""
    session, actor, patient_id = db.session(), current_actor(), own_patient_id()
    after, limit = cursors.after(of="looked", shape=(int,)), _limit()
    newest = queries.looked(session, actor, patient_id, limit=COUNTED_MAX)
    chosen = Filter.of_request()
    before = after[0] if after else None
    views = [v for v in newest if chosen.takes(v) and (before is None or v.position < before)]
    if chosen == Filter() and len(newest) == COUNTED_MAX and len(views) <= limit:
        views = list(queries.looked(session, actor, patient_id, before=before, limit=limit + 1))
    older = views[limit - 1].position if len(views) > limit else None
    views = views[:limit]
    reads = reported.reads(session, actor, patient_id, limit=_READS_MAX)
    urgent = looks.emergencies(session, actor, patient_id)
    names = _names([*newest, *views], [*(e.organisation_id for e in urgent), *_places(reads)])
    counted = months(newest, reads)
    return render_template(
        "patient/looked.jinja",
        emergencies=[EmergencyCard.of(one, names) for one in urgent],
        unasked=[Unasked.of(one, names) for one in reads if one.finding in FLAGGED],
        rows=_rows(session, actor, patient_id, views, names),
        older=cursors.page_href((older,), of="looked") if older is not None else None,
        chart=_chart(counted),
        months=[(m.text, str(m.asked), str(m.allowed), str(m.read)) for m in counted],
        who_options=_who_options({v.organisation_id for v in newest}, names, chosen),
        month_options=_month_options(counted, chosen),
        filtered=chosen != Filter(),
    )


@blueprint.get("/<uuid:entry_id>")
@requires(Permission.ACCESS_HISTORY)
def why(entry_id: UUID) -> str:
    """Show one look-up, the rule that settled it, and that it comes out the same again."""
    session, actor, patient_id = db.session(), current_actor(), own_patient_id()
    view = looks.look(session, actor, patient_id, entry_id)
    names = _names([view], [view.holder_id])
    row = looks.rule(session, entry_id)
    return render_template(
        "patient/look.jinja",
        row=_rows(session, actor, patient_id, [view], names)[0],
        holder=names.get(view.holder_id, "an organisation that is no longer listed"),
        rule=REGIME_WORDS[row.regime] if row else "",
        basis=row.basis if row else "",
        choices=_choices(session, actor, view),
        again=replaying.replay(session, actor, entry_id),
        lines=view.lines,
        entry_id=entry_id,
    )


def waiting(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the emergencies of late that the patient is told of, for the start page."""
    if actor.patient_id is None or actor.organisation_id is not None or actor.proxy_for:
        return []
    try:
        found = looks.emergencies(session, actor, actor.patient_id)
    except NotFound:
        return []
    new = [e for e in found if (today - clock.civil_date(e.opened_at)).days <= _DAYS_NEW]
    names = _names([], [one.organisation_id for one in new])
    return [
        Task(
            text=f"{names.get(one.organisation_id, 'Somebody')} looked in an emergency",
            href=url_for("looks_pages.show"),
            hint="You had not allowed it. They say why, and somebody else checks it.",
            status="Emergency",
            colour="orange",
            sort=Sort.LOOK,
        )
        for one in new
    ]


def _limit() -> int:
    return cursors.limit() if "limit" in request.args else _ROWS


def _rows(
    session: Session,
    actor: Actor,
    patient_id: UUID,
    views: Sequence[Looked],
    names: dict[UUID, str],
) -> list[LookedRow]:
    read = reported.reads_of(session, actor, patient_id, [one.entry_id for one in views])
    return [LookedRow.of(one, names, read[one.entry_id]) for one in views]


def _choices(session: Session, actor: Actor, view: Looked) -> list[tuple[UUID, str]]:
    """Return the patient's own choices that bore on it."""
    found: list[tuple[UUID, str]] = []
    for consent_id in dict.fromkeys(view.consent_ids):
        try:
            one = consents.consent(session, actor, consent_id, now=clock.now())
        except NotFound:  # Of another record, from before two were told apart.
            continue
        card = ConsentCard.of(one, _names([one], []), clock.now())
        found.append((consent_id, f"{card.kind}: {card.title}"))
    return found


def _names(views: Iterable[Looked | ConsentView], more: Iterable[UUID]) -> dict[UUID, str]:
    found = directory.organisations(db.session(), organisation_ids(views) | set(more))
    return {one: view.name for one, view in found.items()}


def _places(reads: Iterable[ReadView]) -> list[UUID]:
    return [one.organisation_id for one in reads]


def _chart(counted: Sequence[Month]) -> object:
    drawn = [one.bar for one in reversed(counted[:_MONTHS_DRAWN])]
    if not drawn:
        return ""
    return bars(
        "How often somebody asked about you",
        drawn,
        part_word="allowed",
        whole_word="asked",
        say=str,
        name="looks",
    )


def _who_options(ids: set[UUID], names: dict[UUID, str], chosen: Filter) -> list[dict[str, object]]:
    named = sorted((names.get(one, ""), one) for one in ids)
    every = {"value": "", "text": "Everybody", "selected": chosen.organisation_id is None}
    return [
        every,
        *(
            {"value": str(i), "text": name, "selected": i == chosen.organisation_id}
            for name, i in named
            if name
        ),
    ]


def _month_options(counted: Iterable[Month], chosen: Filter) -> list[dict[str, object]]:
    every = {"value": "", "text": "Any month", "selected": chosen.month is None}
    return [
        every,
        *(
            {
                "value": f"{one.first:%Y-%m}",
                "text": month_words(one.first),
                "selected": one.first == chosen.month,
            }
            for one in counted
        ),
    ]
