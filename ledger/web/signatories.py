"""Pages about authority to sign: who has it for an organisation, and one's own."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.agreements import queries, service
from ledger.agreements.rules.authority import Authority, BadAuthority
from ledger.agreements.rules.terms import Kind
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.agreement_forms import Reading
from ledger.web.agreement_words import KIND_WORDS, Status
from ledger.web.shell import day

blueprint = Blueprint("signatories_pages", __name__, url_prefix="/signatories")


@dataclass(frozen=True, slots=True)
class AuthorityCard:
    """An authority in words."""

    id: UUID
    name: str
    position: str
    kinds: str
    days: str
    delegated: bool
    status: Status
    can_end: bool
    can_delegate: bool

    @classmethod
    def of(cls, held: Authority, *, name: str | None, today: date, mine: bool) -> "AuthorityCard":
        """Present an authority as it is *today*, to a steward or to whose it is."""
        if held.ended_on is not None:
            status = Status("Taken away", "red")
        elif held.holds_on(today):
            status = Status("Holds today", "green")
        else:
            status = Status("Begins later" if today < held.first_day else "Over", "grey")
        until = f"to {day(held.last_day)}" if held.last_day else "without an end"
        delegated = held.from_authority_id is not None
        return cls(
            held.id,
            name or "Name erased",
            held.position,
            ", ".join(KIND_WORDS[kind] for kind in sorted(held.kinds)) or "Any agreement",
            f"From {day(held.first_day)} {until}",
            delegated,
            status,
            can_end=held.ended_on is None and not (mine and not delegated),
            can_delegate=mine and not delegated and held.holds_on(today),
        )


@blueprint.get("")
@requires(Permission.SIGNATORY_APPOINT)
def show() -> ResponseReturnValue:
    """Show a steward who may sign for their organisation, and a signatory their own authority."""
    actor = current_actor()
    return render_template(
        "agreements/signatories.jinja", cards=_cards(actor), steward=Role.STEWARD in actor.roles
    )


@blueprint.get("/new")
@requires(Permission.SIGNATORY_APPOINT)
def begin() -> ResponseReturnValue:
    """Ask who should sign, as what, and for how long."""
    return _new_page({})


@blueprint.post("/new")
@requires(Permission.SIGNATORY_APPOINT)
def appoint() -> ResponseReturnValue:
    """Give authority, or pass on one's own."""
    actor, read = current_actor(), Reading(request.form)
    behind = request.args.get("behind", type=UUID)
    person_id = read.read("person", UUID, "Choose a person")
    position = read.text("position", "Enter their position", at_most=120)
    first_day = read.day("first_day")
    last_day = read.day("last_day") if behind or request.form.get("last_day") else None
    kind = read.optional("kind", Kind)
    if read.errors or person_id is None:
        return _new_page(read.errors), 422
    kinds = frozenset({kind}) if kind else frozenset[Kind]()
    try:
        with unit_of_work(actor) as work:
            once_form(work)
            if behind is not None and last_day is not None:
                service.delegate(
                    work,
                    behind,
                    person_id=person_id,
                    position=position,
                    first_day=first_day,
                    last_day=last_day,
                    kinds=kinds,
                )
            else:
                service.appoint(
                    work,
                    person_id=person_id,
                    organisation_id=_own(actor),
                    position=position,
                    first_day=first_day,
                    last_day=last_day,
                    kinds=kinds,
                )
    except BadAuthority as refused:
        return _new_page({"person": f"{refused.detail[0].upper()}{refused.detail[1:]}"}), 422
    flash("They may sign from the first day on.")
    return redirect(url_for(".show"), 303)


@blueprint.post("/<uuid:authority_id>/end")
@requires(Permission.SIGNATORY_APPOINT)
def end(authority_id: UUID) -> ResponseReturnValue:
    """Take authority away, from today on."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.end_authority(work, authority_id)
    flash("Taken away from today on. What was signed stays signed.")
    return redirect(url_for(".show"), 303)


def _cards(actor: Actor) -> list[AuthorityCard]:
    session, today = db.session(), clock.today()
    steward = Role.STEWARD in actor.roles
    if steward:
        held = queries.authorities(session, _own(actor))
    else:
        held = queries.my_authorities(session, actor.id)
    names = directory.person_names(session, {one.person_id for one in held})
    return [
        AuthorityCard.of(
            one,
            name=names.get(one.person_id),
            today=today,
            mine=not steward and one.person_id == actor.id,
        )
        for one in held
    ]


def _new_page(errors: dict[str, str]) -> str:
    actor, behind = current_actor(), request.args.get("behind", type=UUID)
    staff, today = directory.staff(db.session(), _own(actor)), clock.today()
    chosen = request.form.get("person", "")
    people = [
        {"value": str(one.person_id), "text": one.name, "selected": str(one.person_id) == chosen}
        for one in staff
        if one.name and one.person_id != actor.id and _is_signatory(one, today)
    ]
    kinds = [
        {"value": kind.value, "text": text, "selected": kind == request.form.get("kind")}
        for kind, text in KIND_WORDS.items()
    ]
    return render_template(
        "agreements/signatory.jinja",
        errors=errors,
        given=request.form,
        behind=behind,
        people=[{"value": "", "text": "Choose one"}, *people],
        kinds=[{"value": "", "text": "Any agreement"}, *kinds],
    )


def _is_signatory(one: directory.StaffMember, today: date) -> bool:
    """Say whether authority would be of use to them: only who is a signatory can sign at all."""
    ends = [held.period.until_on for held in one.roles if held.role is Role.SIGNATORY]
    return any(last_day is None or last_day >= today for last_day in ends)


def _own(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise Invalid("act for an organisation to see who may sign for it")
    return actor.organisation_id
