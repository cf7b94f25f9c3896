"""The one question that access asks, and what other areas hold while they decide."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.lines import stood, terms_of
from ledger.agreements.models import (
    Agreement,
    AgreementLine,
    AgreementParty,
    AgreementsEpoch,
)
from ledger.agreements.rules.cover import Cover, Line, NotCovered, find
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Flow, Kind
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """All that agreements say of one giver and one receiver, as of an epoch.

    Keep it in memory and ask it; it is right for as long as `epoch` returns the same.
    """

    epoch: int
    lines: tuple[Line, ...]

    def covering(self, *, purpose: str, category: Category, on: date) -> Cover | NotCovered:
        """Say which agreement, version and clause covers it on that day, or why none does."""
        return find(self.lines, purpose=purpose, category=category, on=on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An agreement that nobody can change until the unit of work ends.

    Attributes:
        version: The one that counts today; the last that did, if none does.
        flows: Of that version, each with the number of its clause.
        last_day: Inclusive; sooner than was agreed if it ended before.
    """

    id: UUID
    kind: Kind
    title: str
    version: int
    state: State
    party_ids: frozenset[UUID]
    flows: tuple[tuple[str, Flow], ...]
    first_day: date
    last_day: date
    suspended_to: date | None

    def in_force(self, on: date) -> bool:
        """Say whether it counts on that day."""
        suspended = self.suspended_to is not None and on <= self.suspended_to
        return self.first_day <= on <= self.last_day and not suspended

    def for_patient(self, patient_id: UUID) -> Resource:
        """Return what a decision about a patient's part in this agreement depends on."""
        return Resource(patient_id=patient_id, organisation_ids=self.party_ids)


def covering(
    session: Session,
    *,
    from_party: UUID,
    to_party: UUID,
    purpose: str,
    category: Category,
    on: date,
) -> Cover | NotCovered:
    """Say which agreement, version and clause covers it on that day, or why none does."""
    row = AgreementLine
    rows = session.scalars(
        select(row).where(
            row.from_party == from_party,
            row.to_party == to_party,
            row.category == category.value,
            row.purpose.in_(purposes.lineage(purpose)),
        )
    )
    return find([_line(each) for each in rows], purpose=purpose, category=category, on=on)


def between(session: Session, *, from_party: UUID, to_party: UUID) -> Between:
    """Return all that agreements say of two organisations, to be asked in memory."""
    n = epoch(session)  # First: lines that change after it make its number old, not wrong.
    row = AgreementLine
    rows = session.scalars(
        select(row)
        .where(row.from_party == from_party, row.to_party == to_party)
        .execution_options(populate_existing=True)
    )
    return Between(epoch=n, lines=tuple(_line(each) for each in rows))


_EPOCH = select(AgreementsEpoch.n)  # Run past the ORM: every group of decisions asks.


def epoch(session: Session) -> int:
    """Return the number of times that what agreements cover has changed."""
    return session.connection().execute(_EPOCH).scalar_one()


def hold_epoch(work: UnitOfWork) -> int:
    """Return the same, and let nothing that agreements cover change until *work* ends."""
    return work.load(AgreementsEpoch, 1, to_change=False).n


def hold(work: UnitOfWork, agreement_id: UUID) -> Held:
    """Return an agreement, which nobody can change until *work* ends.

    Raises:
        NotFound: there is none, or it was never in force.
    """
    agreement = work.load(Agreement, agreement_id, to_change=False)
    found = stood(work.session, agreement_id, work.today)
    if found is None:
        raise NotFound("no such agreement")
    version, suspended_to = found
    terms = terms_of(version)
    clauses = {label["states"]: label["number"] for label in version.labels if label["states"]}
    party = AgreementParty
    gone = work.session.scalars(
        select(party.organisation_id).where(
            party.agreement_id == agreement_id, party.leaves_on <= work.today
        )
    )
    return Held(
        id=agreement.id,
        kind=terms.kind,
        title=terms.title,
        version=version.number,
        state=State(version.state),
        party_ids=terms.party_ids - frozenset(gone),
        flows=tuple((clauses[flow.key], flow) for flow in terms.flows),
        first_day=version.first_day,
        last_day=version.last_day,
        suspended_to=suspended_to,
    )


def _line(row: AgreementLine) -> Line:
    return Line(
        agreement_id=row.agreement_id,
        version=row.version,
        clause=row.clause,
        flow=row.flow,
        purpose=row.purpose,
        category=Category(row.category),
        first_day=row.first_day,
        last_day=row.last_day,
        suspended_to=row.suspended_to,
    )
