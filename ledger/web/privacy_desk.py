"""A privacy officer's desk: all that waits, counted, the oldest first, each with its action."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access import queries as access
from ledger.access.keeping.rules import WORDS_MAX
from ledger.access.matters import queries as matters
from ledger.consent import queries as consents
from ledger.consent.proxies import service as proxies
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.identity import queries as identity
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.desk_cases import PILES, Case, Pile, withholding_lines
from ledger.web.shell import day
from ledger.web.tasks import Task

blueprint = Blueprint("privacy_desk", __name__, url_prefix="/desk")

MANY: Final = 100
"""More than so many are not counted."""


@dataclass(frozen=True, slots=True)
class Waits:
    """One line of the desk.

    Attributes:
        oldest: Since when the oldest waits; None if nothing does, or nobody knows.
    """

    title: str
    href: str
    count: str
    oldest: str
    colour: str

    @classmethod
    def of(cls, title: str, href: str, count: int, oldest: datetime | None) -> Self:
        """Present how many wait, and since when."""
        civil = clock.civil_date(oldest) if oldest is not None else None
        return cls(
            title,
            href,
            f"{MANY} or more" if count >= MANY else str(count),
            day(civil) if civil is not None else "",
            "yellow" if count else "grey",
        )


@blueprint.get("")
@requires(Permission.ACCESS_REVIEW)
def show() -> str:
    """Show how much of each sort waits, what waits longest first."""
    return render_template("desk/show.jinja", lines=lines(db.session(), current_actor()))


@blueprint.get("/<any(breaches, conflicts, reads, doubts, 'taken-back'):key>")
@requires(Permission.ACCESS_REVIEW)
def pile(key: str) -> str:
    """List one sort."""
    found = PILES[key]
    cases = found.cases(db.session(), current_actor())
    return render_template("desk/pile.jinja", pile=found, cases=cases)


@blueprint.get("/<any(breaches, conflicts, reads, doubts, 'taken-back'):key>/<uuid:case_id>")
@requires(Permission.ACCESS_REVIEW)
def case(key: str, case_id: UUID) -> str:
    """Show one case, and what can be done."""
    return _case(PILES[key], case_id, {})


@blueprint.post("/<any(breaches, conflicts, reads, doubts, 'taken-back'):key>/<uuid:case_id>")
@requires(Permission.ACCESS_REVIEW)
def settle(key: str, case_id: UUID) -> ResponseReturnValue:
    """Settle it."""
    found = PILES[key]
    chosen, words = request.form.get("chosen", ""), request.form.get("words", "").strip()
    errors = {}
    if found.choices and chosen not in dict(found.choices):
        errors["chosen"] = "Choose one"
    if found.words and not 0 < len(words) <= WORDS_MAX:
        errors["words"] = f"Write between 1 and {WORDS_MAX} characters"
    if errors:
        return _case(found, case_id, errors), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            found.settle(work, case_id, chosen, words)
    except Invalid as refused:
        sentence = refused.detail[:1].upper() + refused.detail[1:]
        return _case(found, case_id, {"words": sentence}), 422
    except Conflict as refused:
        flash(f"Nothing was recorded: {refused.title}.")
        return redirect(url_for(".pile", key=key), 303)
    flash("Recorded.", "success")
    return redirect(url_for(".pile", key=key), 303)


def lines(session: Session, actor: Actor) -> list[Waits]:
    """Return every sort with its count; those in which something waits longest come first."""
    found: list[tuple[int, datetime | None, Waits]] = []

    def add(title: str, href: str, dates: Sequence[datetime | None]) -> None:
        known = [one for one in dates if one is not None]
        oldest = min(known) if known else None
        found.append((len(dates), oldest, Waits.of(title, href, len(dates), oldest)))

    asked = matters.waiting(session, actor)
    add(
        "Questions and complaints",
        url_for("matter_answers.show"),
        [one.raised_at for one in asked],
    )
    for one in PILES.values():
        cases = one.cases(session, actor)
        add(one.title, url_for(".pile", key=one.key), [each.since for each in cases])
    broken = [one for one in access.overrides(session, actor, limit=MANY) if not one.reviewed_at]
    add("Broken glass to review", url_for("reviews.show"), [one.opened_at for one in broken])
    kept = withholding_lines(session, actor)
    add("Patients not told for now", url_for("not_told.show"), [one.since for one in kept])
    held = consents.quarantined(session, actor, limit=MANY)
    add(
        "Consents from elsewhere, in doubt",
        url_for("quarantine_pages.show"),
        [one.received_at for one in held],
    )
    add("Disagreements", url_for("powers.in_dispute"), _disputes(actor))
    add("Care that was declared", url_for("care.declared"), _declared(session, actor))
    add("Records to join or separate", url_for("identity_pages.show"), _proposed(session, actor))
    far = datetime.max.replace(tzinfo=clock.now().tzinfo)
    found.sort(key=lambda one: (one[0] == 0, one[1] or far))
    return [one for _, _, one in found]


def waiting(session: Session, actor: Actor, _today: date) -> list[Task]:
    """Return, as one task a sort, what waits at the desk and is on no page of its own."""
    if Role.PRIVACY_OFFICER not in actor.roles:
        return []
    tasks = []
    for one in PILES.values():
        cases = one.cases(session, actor)
        if cases:
            href = url_for("privacy_desk.pile", key=one.key)
            pressing = next((each for each in cases if each.state), None)
            status = pressing.state if pressing else f"{len(cases)} waiting"
            tasks.append(
                Task(
                    one.title, href, cases[0].text, status, pressing.colour if pressing else "blue"
                )
            )
    return tasks


def _declared(session: Session, actor: Actor) -> list[datetime | None]:
    if actor.organisation_id is None:
        return []
    views = directory.declarations(session, actor.organisation_id)
    return [
        datetime.combine(one.from_on, datetime.min.time(), tzinfo=clock.zone())
        for one in views
        if one.reviewed_at is None
    ]


def _proposed(session: Session, actor: Actor) -> list[datetime | None]:
    if actor.organisation_id is None:
        return []
    return [one.proposed_at for one in identity.waiting(session, actor.organisation_id)]


def _disputes(actor: Actor) -> list[datetime | None]:
    with unit_of_work(actor) as work:
        return [None for _ in proxies.in_dispute(work)]


def _case(found: Pile, case_id: UUID, errors: dict[str, str]) -> str:
    every: Sequence[Case] = found.cases(db.session(), current_actor())
    one = next((each for each in every if each.id == case_id), None)
    if one is None:
        raise NotFound("nothing of that sort waits here")
    chosen = request.form.get("chosen", "")
    return render_template(
        "desk/case.jinja",
        pile=found,
        case=one,
        lines=[{"key": key, "value": value} for key, value in one.lines],
        choices=[
            {"value": value, "text": text, "checked": value == chosen}
            for value, text in found.choices
        ],
        words=request.form.get("words", ""),
        words_max=WORDS_MAX,
        errors=errors,
    )
