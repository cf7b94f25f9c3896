"""Stop everything: five things one by one, what each changes, check, and done with receipts."""

from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from ledger.consent.queries.stopping import Stop, what_stops
from ledger.consent.rules.model import Kind
from ledger.consent.service import Said
from ledger.consent.service.stopping import Stopped, stop_everything
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web import patient_gains
from ledger.web.patient import own_capacity, own_patient_id
from ledger.web.patient_gains import Gains

blueprint = Blueprint("stop", __name__, url_prefix="/my/stop")

_KEPT: Final = "stop"
_DONE: Final = "stopped"
YES: Final = "yes"

TITLES: Final = {
    Kind.CONSENT: "What you agreed to, beyond your care",
    Kind.CONFIDENTIALITY: "What you agreed to be passed on for your care",
    Kind.DISSENT: "Sharing for your care",
    Kind.OBJECTION: "Marketing and training",
    Kind.OPT_OUT: "Planning and research",
}
DOES: Final = {
    Kind.DISSENT: "You say no to sharing between organisations for your care. People who look "
    "after you may have to ask you again. They can see that something is kept back.",
    Kind.OBJECTION: "You object to use for marketing, and for training staff.",
    Kind.OPT_OUT: "You opt out of research, and of planning, checking and running services. Your "
    "own care goes on as before.",
}
"""What each no does, in words: a test says which purposes they were written for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCard:
    """One of the five, by its own name, and what stopping it changes."""

    kind: Kind
    title: str
    does: str

    @classmethod
    def of(cls, view: Stop) -> Self:
        """Present it."""
        return cls(kind=view.kind, title=TITLES[view.kind], does=_does(view))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be stopped, and whether what an emergency needs is kept."""

    kinds: tuple[Kind, ...] = ()
    keep: str = ""

    @classmethod
    def kept(cls) -> Self:
        """Return what the session keeps."""
        found = session.get(_KEPT)
        if not isinstance(found, dict):
            return cls()
        return cls(tuple(map(Kind, found["kinds"])), found["keep"])

    @property
    def asks_to_keep(self) -> bool:
        """Say whether there is anything that an emergency might need."""
        return Kind.DISSENT in self.kinds

    @property
    def next_page(self) -> str:
        """Return the page that comes next."""
        if not self.kinds:
            return url_for("stop.show")
        waits = self.asks_to_keep and not self.keep
        return url_for("stop.ask_to_keep") if waits else url_for("stop.check")

    def keeping(self) -> None:
        """Have the session keep it."""
        session[_KEPT] = {"kinds": [one.value for one in self.kinds], "keep": self.keep}


@blueprint.get("")
@requires(Permission.CONSENT_READ)
def show() -> str:
    """Show the five one by one, and what stopping each changes."""
    return _show_page(Chosen.kept(), {})


@blueprint.post("")
@requires(Permission.CONSENT_WITHDRAW)
def take() -> ResponseReturnValue:
    """Take what is to be stopped."""
    sent = set(request.form.getlist("kinds"))
    kinds = tuple(kind for kind in Kind if kind.value in sent)
    if not kinds:
        return _show_page(Chosen(), {"kinds": "Choose at least one thing to stop"}), 422
    chosen = Chosen(kinds, Chosen.kept().keep)
    chosen.keeping()
    return redirect(chosen.next_page, 303)


@blueprint.get("/emergency")
@requires(Permission.CONSENT_WITHDRAW)
def ask_to_keep() -> str:
    """Offer to keep what an emergency needs."""
    return _keep_page(Chosen.kept(), {})


@blueprint.post("/emergency")
@requires(Permission.CONSENT_WITHDRAW)
def take_keep() -> ResponseReturnValue:
    """Take whether it is kept."""
    keep = request.form.get("keep", "")
    if keep not in {YES, "no"}:
        return _keep_page(Chosen.kept(), {"keep": "Choose yes or no"}), 422
    chosen = Chosen(Chosen.kept().kinds, keep)
    chosen.keeping()
    return redirect(chosen.next_page, 303)


@blueprint.get("/check")
@requires(Permission.CONSENT_WITHDRAW)
def check() -> ResponseReturnValue:
    """Show all of it, and who gains and loses, before anything is stopped."""
    chosen = Chosen.kept()
    if chosen.next_page != url_for(".check"):
        return redirect(chosen.next_page)
    gains: Gains = patient_gains.preview(own_patient_id(), lambda work: _stop(work, chosen))
    cards = [card for card in _cards() if card.kind in chosen.kinds]
    return render_template(
        "patient/stop_check.jinja",
        cards=cards,
        asks=chosen.asks_to_keep,
        keeps=chosen.keep == YES,
        gains=gains,
    )


@blueprint.post("/check")
@requires(Permission.CONSENT_WITHDRAW)
def send() -> ResponseReturnValue:
    """Stop it all, in one piece."""
    chosen = Chosen.kept()
    if chosen.next_page != url_for(".check"):
        return redirect(chosen.next_page, 303)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        stopped = _stop(work, chosen)
    session.pop(_KEPT, None)
    session[_DONE] = {kind.value: list(map(str, ids)) for kind, ids in stopped.entry_ids.items()}
    return redirect(url_for(".done"), 303)


@blueprint.get("/done")
@requires(Permission.CONSENT_READ)
def done() -> ResponseReturnValue:
    """Confirm what was stopped, with a receipt for each."""
    found = session.get(_DONE)
    if not isinstance(found, dict):
        return redirect(url_for("my.choices"))
    rows = [(TITLES[Kind(kind)], tuple(map(UUID, ids))) for kind, ids in found.items()]
    return render_template("patient/stopped.jinja", rows=rows)


def _stop(work: UnitOfWork, chosen: Chosen) -> Stopped:
    patient_id = own_patient_id()
    return stop_everything(
        work,
        patient_id=patient_id,
        kinds=chosen.kinds,
        keep_emergency=chosen.keep == YES,
        said=Said(capacity=own_capacity(patient_id)),
    )


def _cards() -> list[StopCard]:
    found = what_stops(db.session(), current_actor(), own_patient_id(), now=clock.now())
    return [StopCard.of(one) for one in found]


def _does(view: Stop) -> str:
    if view.kind in DOES:
        return DOES[view.kind]
    if not view.withdraws:
        return "You have agreed to nothing of this sort. There is nothing to take back."
    one = view.withdraws == 1
    return "One yes of yours is taken back." if one else f"{view.withdraws} are taken back."


def _show_page(chosen: Chosen, errors: dict[str, str]) -> str:
    items: list[dict[str, Any]] = [
        {
            "value": card.kind.value,
            "text": card.title,
            "hint": {"text": card.does},
            "checked": card.kind in chosen.kinds,
        }
        for card in _cards()
    ]
    return render_template("patient/stop.jinja", items=items, errors=errors)


def _keep_page(chosen: Chosen, errors: dict[str, str]) -> str:
    items = [
        {
            "value": YES,
            "text": "Yes, keep my medicines and allergies for an emergency",
            "checked": chosen.keep == YES,
        },
        {
            "value": "no",
            "text": "No, keep those back as well",
            "hint": {
                "text": "Somebody may still look in an emergency if they must. They have to say "
                "why, you are told, and somebody else checks it."
            },
            "checked": chosen.keep == "no",
        },
    ]
    return render_template("patient/stop_keep.jinja", items=items, errors=errors)
