"""Sharing less under a yes: take away who and what, see what will change, confirm."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ledger.consent import service
from ledger.consent.queries import ConsentView
from ledger.consent.rules.choices import Choice
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.vocabulary import categories
from ledger.vocabulary.categories import Category
from ledger.web import patient_gains
from ledger.web.patient import names_of, own, own_capacity
from ledger.web.patient_words import ConsentCard, can_be_less

blueprint = Blueprint("less", __name__, url_prefix="/my/choices/<uuid:consent_id>/less")

_KEPT: Final = "less"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is still shared, as the boxes that stay ticked say it."""

    who: frozenset[UUID]
    which: frozenset[Category]

    @classmethod
    def of(cls, view: ConsentView, who: Iterable[str], which: Iterable[str]) -> Self:
        """Read the boxes; what the choice did not share is not among them."""
        scope = view.terms.scope.categories if view.terms else frozenset[Category]()
        sent, named = set(who), set(which)
        return cls(
            frozenset(one for one in view.party_ids if str(one) in sent),
            frozenset(one for one in scope if one.value in named),
        )

    def named(self) -> list[str]:
        """Return the boxes that stay ticked, as a session keeps them."""
        return [*map(str, self.who), *(one.value for one in self.which)]


@blueprint.get("")
@requires(Permission.CONSENT_WITHDRAW)
def ask(consent_id: UUID) -> str:
    """Ask what may still be shared: everything that is, to begin with."""
    view = _plain(consent_id)
    return _ask_page(view, _kept(view) or _all(view), {})


@blueprint.post("")
@requires(Permission.CONSENT_WITHDRAW)
def take(consent_id: UUID) -> ResponseReturnValue:
    """Take the boxes, and go on to what that changes."""
    view = _plain(consent_id)
    kept = Kept.of(view, request.form.getlist("who"), request.form.getlist("which"))
    errors = {}
    if not kept.who:
        errors["who"] = "Keep at least one organisation, or take the whole of it back"
    if not kept.which:
        errors["which"] = "Keep at least one sort of information, or take the whole of it back"
    if not errors and kept == _all(view):
        errors["which"] = "Untick what they may not have any more"
    if errors:
        return _ask_page(view, kept, errors), 422
    session[_KEPT] = [str(view.id), *kept.named()]  # What is shared is never in an address.
    return redirect(url_for(".check", consent_id=consent_id), 303)


@blueprint.get("/check")
@requires(Permission.CONSENT_WITHDRAW)
def check(consent_id: UUID) -> ResponseReturnValue:
    """Show what will change before anything does."""
    view = _plain(consent_id)
    kept = _kept(view)
    if kept is None:
        return redirect(url_for(".ask", consent_id=consent_id))
    return _check_page(view, kept)


@blueprint.post("/check")
@requires(Permission.CONSENT_WITHDRAW)
def send(consent_id: UUID) -> ResponseReturnValue:
    """Share less from now on."""
    view = _plain(consent_id)
    kept = _kept(view)
    if kept is None:
        return redirect(url_for(".ask", consent_id=consent_id), 303)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        _narrow(work, view, kept)
    session.pop(_KEPT, None)
    return redirect(url_for("my.done", consent_id=consent_id), 303)


def _kept(view: ConsentView) -> Kept | None:
    """Return what was ticked for this choice; None if nothing was."""
    found = session.get(_KEPT)
    if not isinstance(found, list) or found[0] != str(view.id):
        return None
    return Kept.of(view, found[1:], found[1:])


def _plain(consent_id: UUID) -> ConsentView:
    view = own(consent_id)
    if not can_be_less(view, clock.now()):
        raise NotFound("this choice cannot be changed in parts; you can take it back whole")
    return view


def _all(view: ConsentView) -> Kept:
    scope = view.terms.scope.categories if view.terms else frozenset[Category]()
    return Kept(frozenset(view.party_ids), scope)


def _narrow(work: UnitOfWork, view: ConsentView, kept: Kept) -> object:
    """Narrow to what is kept; days stay as they are."""
    first = clock.civil_date(view.starts_at) if view.starts_at else None
    last = clock.civil_date(view.ends_at - timedelta(microseconds=1)) if view.ends_at else None
    return service.narrow(
        work,
        view.id,
        choice=Choice(
            purposes=frozenset(view.purposes),
            categories=kept.which,
            organisation_ids=kept.who,
            first_day=first,
            last_day=last,
        ),
        reason=Reason.NOT_SAID,
        said=Said(capacity=own_capacity(view.patient_id)),
    )


def _ask_page(view: ConsentView, kept: Kept, errors: dict[str, str]) -> str:
    names, everything = names_of([view]), _all(view)
    parties = sorted(everything.who, key=lambda one: names.get(one, ""))
    listed = [one for one in Category if one in everything.which]
    return render_template(
        "patient/less.jinja",
        card=ConsentCard.of(view, names, clock.now()),
        who=[
            {"value": str(i), "text": names.get(i, "No longer listed"), "checked": i in kept.who}
            for i in parties
        ],
        which=[
            {"value": one.value, "text": categories.words(one), "checked": one in kept.which}
            for one in listed
        ],
        errors=errors,
    )


def _check_page(view: ConsentView, kept: Kept) -> str:
    names = names_of([view])
    back = url_for(".ask", consent_id=view.id)
    stays = ", ".join(categories.words(one) for one in Category if one in kept.which)
    who = ", ".join(sorted(names.get(one, "") for one in kept.who))
    return render_template(
        "patient/less_check.jinja",
        card=ConsentCard.of(view, names, clock.now()),
        rows=[
            {"key": "Who still has it", "value": who, "href": back},
            {"key": "What they still have", "value": stays, "href": back},
        ],
        gains=patient_gains.preview(view.patient_id, lambda work: _narrow(work, view, kept)),
        back=back,
    )
