"""Stop everything: five things, each by its own name, in one unit of work."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from ledger.consent import entries as facts
from ledger.consent.queries.stopping import NOES, live, standing_noes
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Choice, terms_of
from ledger.consent.rules.model import Conditions, Effect, Kind, Node, Terms
from ledger.consent.service.ending import withdraw
from ledger.consent.service.granting import ONLINE, Said, statement
from ledger.consent.service.held import hold, record, see
from ledger.core import clock
from ledger.core.errors import Fault, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.vocabulary.categories import Category

EMERGENCY: Final = frozenset({Category.MEDICINES, Category.ALLERGIES})
"""What an emergency needs first: offered to be kept."""


class NothingChosen(Invalid):
    """Nothing was named that is to be stopped."""

    slug = "consent-nothing-to-stop"
    title = "Choose what is to be stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What was recorded for each kind; no ids: there was no yes, or the same no stands."""

    entry_ids: dict[Kind, tuple[UUID, ...]]


def stop_everything(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    kinds: Collection[Kind] = tuple(Kind),
    keep_emergency: bool = True,
    said: Said = ONLINE,
) -> Stopped:
    """Take back every yes and say every no that *kinds* name, each by an entry of its own.

    With *keep_emergency* whoever treats the patient in an emergency goes on seeing medicines
    and allergies. Without it they must break the glass, which this never forbids: for that
    somebody refuses emergencies by name, with somebody who explains it.
    A no that stands the same is not said again.

    Raises:
        NotFound: there is no such patient.
        NothingChosen: *kinds* is empty.
        ChoiceNotPossible, Forbidden: see each.
    """
    on = hold(work, patient_id)
    see(work, on, Permission.CONSENT_WITHDRAW)
    work.authorise(Permission.CONSENT_WITHDRAW, on=on)
    if not kinds:
        raise NothingChosen("name at least one", [Fault("/kinds", "name at least one")])
    found: dict[Kind, tuple[UUID, ...]] = {}
    for kind in Kind:
        if kind not in kinds:
            continue
        if kind not in NOES:
            found[kind] = tuple(
                withdraw(work, one, said=said).entry_id
                for one in live(work.session, patient_id, kind)
            )
        else:
            work.authorise(Permission.CONSENT_WITHDRAW, on=on)
            keeps = keep_emergency and kind is Kind.DISSENT
            terms = _no(kind, keep_emergency=keeps)
            stands = terms in standing_noes(work.session, patient_id, kind, now=work.now)
            found[kind] = () if stands else (_say_no(work, patient_id, kind, terms, said),)
    return Stopped(entry_ids=found)


def _no(kind: Kind, *, keep_emergency: bool) -> Terms:
    terms = terms_of(Choice(purposes=NOES[kind]), Effect.DENY, clock.zone())
    return _but_emergencies(terms) if keep_emergency else terms


def _say_no(work: UnitOfWork, patient_id: UUID, kind: Kind, terms: Terms, said: Said) -> UUID:
    entry = facts.ConsentDissented(
        consent_id=new_id(),
        patient_id=patient_id,
        agreement_id=None,
        parties=(),
        statement=statement(work, patient_id, Choice(purposes=NOES[kind]), Effect.DENY, said),
        terms=spelling.dumps(terms),
        words=said.words,
        evidence=said.evidence,
    )
    return record(work, entry)


def _but_emergencies(terms: Terms) -> Terms:
    """Return *terms*, a no to care, but for what an emergency needs.

    The exception is a yes for ``ETREAT``. It does not break the glass: for that no yes is
    enough, and this no, which does not name emergencies, forbids it no more than before.
    """
    kept = Conditions(purposes=frozenset({"ETREAT"}), categories=EMERGENCY)
    return replace(terms, exceptions=(Node(kept),))
