"""Pages of the trail: search it, open an entry, take its receipt or a bundle away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from ledger.core import authority, clock, together
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.exports import Form as Format
from ledger.core.filters import BadFilter, Filter
from ledger.core.policy import Permission
from ledger.core.reading import Page, open_entry, search, search_own
from ledger.core.work import unit_of_work
from ledger.edge import cursors, downloads
from ledger.edge.guard import current_actor, requires
from ledger.web import again
from ledger.web.trail_words import Names, kind_choices, opened, row

blueprint = Blueprint("trail", __name__, url_prefix="/trail")

PAGE_ROWS: Final = 50
_CODES: Final = ("outcome", "purpose", "reason")
_FIELDS: Final = ("log", "subject", "actor", "kind", "since", "until", *_CODES)
_NOT_A_DAY: Final = "Choose a day"


@dataclass(slots=True)
class Form:
    """The search as it was typed, and what is wrong with it.

    Attributes:
        typed: The fields' texts.
        which: What they ask for; None while something is wrong.
    """

    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    which: Filter | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> "Form":
        """Read the fields from a query or a form. Days are whole, and inclusive."""
        form = cls({name: sent.get(name, "").strip() for name in _FIELDS})
        since, until = form._day("since"), form._day("until")
        try:
            which = Filter(
                log=form.typed["log"] or "ledger",
                subject=form.typed["subject"] or None,
                actor=form.typed["actor"] or None,
                kind=form.typed["kind"] or None,
                since=_midnight(since) if since else None,
                before=_midnight(until + timedelta(days=1)) if until else None,
                outcome=form.typed["outcome"] or None,
                purpose=form.typed["purpose"] or None,
                reason=form.typed["reason"] or None,
            )
        except BadFilter as error:
            form._add(error.faults)
            return form
        form.which = None if form.errors else which
        return form

    @property
    def more(self) -> bool:
        """Whether one of the conditions that few need is in use."""
        used = {name for name in ("subject", "actor", *_CODES) if self.typed[name]}
        return bool(used) or self.typed["log"] not in ("", "ledger")

    def _day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.typed[name]) if self.typed[name] else None
        except ValueError:
            self.errors[name] = _NOT_A_DAY
            return None

    def _add(self, faults: tuple[Fault, ...]) -> None:
        for fault in faults:
            name = "until" if fault.field == "before" else fault.field
            self.errors.setdefault(name, _sentence(fault.detail))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone()).astimezone(UTC)


def _sentence(detail: str) -> str:
    return detail[:1].upper() + detail[1:]


@blueprint.get("")
@requires(Permission.LOG_READ)
def search_page() -> ResponseReturnValue:
    """Search the trail; what was searched for is recorded."""
    return _searched(search, mine=False)


@blueprint.get("/mine")
@requires(Permission.LOG_RECEIPT)
def own_page() -> ResponseReturnValue:
    """Search what concerns oneself or one's organisation; that is recorded too."""
    return _searched(search_own, mine=True)


def _searched(find: Callable[..., Page], *, mine: bool) -> ResponseReturnValue:
    form = Form.of(request.args)
    if form.which is None:
        return _search_page(form, mine=mine), 422
    after = cursors.after(of="trail-page", shape=(int,))
    with unit_of_work(current_actor()) as work:
        before = after[0] if after else None
        page = find(work, which=form.which, limit=PAGE_ROWS, before_position=before)
    names = Names(db.session(), page.entries)
    end = (page.entries[-1].position,) if page.more else None
    return _search_page(
        form,
        rows=[row(view, names) for view in page.entries],
        older=cursors.page_href(end, of="trail-page") if end else None,
        searched=True,
        mine=mine,
    )


@blueprint.get("/<uuid:entry_id>")
@requires(Permission.LOG_RECEIPT)
def show(entry_id: UUID) -> str:
    """Open one entry in plain words; that it was opened is recorded."""
    actor = current_actor()
    with unit_of_work(actor) as work:
        view = open_entry(work, entry_id)
    searches = authority.permits(authority.in_force(), actor, Permission.LOG_READ, Resource())
    page = opened(view, Names(db.session(), [view]), searches=searches)
    signed = view.index is not None
    return render_template(
        "trail/entry.jinja",
        entry=page,
        entry_id=entry_id,
        signed=signed,
        searches=searches,
        again=again.may_be(db.session(), actor, view),
    )


@blueprint.get("/<uuid:entry_id>/receipt")
@requires(Permission.LOG_RECEIPT)
def receipt(entry_id: UUID) -> Response:
    """Download the receipt of an entry."""
    return downloads.send_receipt(entry_id)


@blueprint.get("/<uuid:entry_id>/bytes")
@requires(Permission.LOG_RECEIPT)
def entry_bytes(entry_id: UUID) -> Response:
    """Download the exact bytes of an entry, which its receipt is for."""
    return downloads.send_entry(entry_id)


@blueprint.post("/bundle")
@requires(Permission.LOG_EXPORT)
def bundle() -> ResponseReturnValue:
    """Take the entries that a search finds away, as a bundle."""
    form = Form.of(request.form)
    recipient = request.form.get("recipient", "")
    # It only chooses which page shows what is wrong; who may take what is decided elsewhere.
    mine = request.form.get("of") == "mine"
    if form.which is None:
        return _search_page(form, mine=mine), 422
    try:
        return downloads.send_export(form.which, _goes(request.form), from_form=True)
    except Invalid as error:
        form.errors.update({fault.field: _sentence(fault.detail) for fault in error.faults})
        if not error.faults:
            raise
        return _search_page(form, recipient=recipient, mine=mine), 422


def _goes(sent: Mapping[str, str]) -> downloads.For:
    form = sent.get("form", "")
    known = Format(form) if form in {*Format} else Format.BUNDLE
    return downloads.For(recipient=sent.get("recipient", ""), form=known)


def _chains_of(actor: Actor) -> list[tuple[str, str]]:
    """Return the subjects whose whole chain *actor* may take away, with words for each."""
    patients = [(actor.patient_id, "You")] if actor.patient_id else []
    patients += [(one, "Somebody whom you act for") for one in sorted(actor.proxy_for)]
    chains = [
        (subject, words if subject == f"patient:{one}" else f"{words}: another record", on)
        for one, words in patients
        for on in (Resource(patient_id=one),)
        for subject in together.subjects(db.session(), one)
    ]
    if (own := actor.organisation_id) is not None:
        on = Resource(organisation_ids=frozenset({own}))
        chains.append((f"organisation:{own}", "Your organisation", on))
    policy = authority.in_force()
    return [
        (subject, words)
        for subject, words, on in chains
        if authority.permits(policy, actor, Permission.LOG_EXPORT, on)
    ]


def _heading(actor: Actor) -> str:
    of_patients = actor.patient_id or actor.proxy_for
    return "What was recorded about you" if of_patients else "What your organisation recorded"


def _search_page(form: Form, *, mine: bool, **shown: object) -> str:
    values = {"rows": [], "older": None, "recipient": "", "searched": False, **shown}
    return render_template(
        "trail/search.jinja",
        mine=mine,
        heading=_heading(current_actor()) if mine else "The trail",
        chains=_chains_of(current_actor()) if mine else [],
        typed=form.typed,
        errors=form.errors,
        kinds=kind_choices(),
        more=form.more,
        **values,
    )
