"""The one question that access asks, and what other areas hold while they decide."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import stood, terms_of
from ledger.agreements.models import (
    Agreement,
    AgreementLine,
    AgreementParty,
    AgreementsEpoch,
)
from ledger.agreements.rules.cover import Cover, Line, NotCovered, counting, find
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Flow, Kind
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork
from ledger.directory.succession import queries as directory
from ledger.directory.succession.rules import Window
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """All that agreements say of one giver and one receiver, as of an epoch.

    Of an organisation and itself: all in which it gives or receives. Nothing need cover what it
    does by itself, but what a patient agreed to under an agreement counts while that does.

    Keep it in memory and ask it; it is right for as long as `epoch` returns the same, and so does
    `directory.successions_epoch`: *successions*.
    """

    epoch: int
    successions: int = 0
    lines: tuple[Line, ...]

    def covering(self, *, purpose: str, category: Category, on: date) -> Cover | NotCovered:
        """Say which agreement, version and clause covers it on that day, or why none does."""
        return find(self.lines, purpose=purpose, category=category, on=on)

    def counting(
        self, *, purpose: str, category: Category, on: date, suspended: bool = False
    ) -> frozenset[UUID]:
        """Return all agreements that cover it on that day; with *suspended*, those on hold too."""
        return counting(self.lines, purpose=purpose, category=category, on=on, suspended=suspended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An agreement that nobody can change until the unit of work ends.

    Attributes:
        version: The one that counts today; the last that did, if none does.
        party_ids: Who stands today in the place of each party that has not left.
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
    known = directory.successions(session)
    givers, takers = dict(known.windows(from_party)), dict(known.windows(to_party))
    rows = session.scalars(
        select(row).where(
            row.from_party.in_(givers),
            row.to_party.in_(takers),
            row.category == category.value,
            row.purpose.in_(purposes.lineage(purpose)),
        )
    )
    lines = _standing_in(rows, givers, takers, (from_party, to_party))
    return find(lines, purpose=purpose, category=category, on=on)


def between(session: Session, *, from_party: UUID, to_party: UUID) -> Between:
    """Return all that agreements say of two organisations, to be asked in memory."""
    n = epoch(session)  # First: lines that change after it make its number old, not wrong.
    known = directory.successions(session)
    givers, takers = dict(known.windows(from_party)), dict(known.windows(to_party))
    row = AgreementLine
    gives, takes = row.from_party.in_(givers), row.to_party.in_(takers)
    both = or_(gives, takes) if from_party == to_party else and_(gives, takes)
    query = select(row).where(both).execution_options(populate_existing=True)
    rows = session.scalars(query)
    lines = tuple(_standing_in(rows, givers, takers, (from_party, to_party)))
    return Between(epoch=n, successions=known.n, lines=lines)


EPOCH: Final = select(AgreementsEpoch.n)
"""Run past the ORM, or as part of another statement: every group of decisions asks."""


def epoch(session: Session) -> int:
    """Return the number of times that what agreements cover has changed."""
    return session.connection().execute(EPOCH).scalar_one()


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
    terms, known = terms_of(version), directory.hold_successions(work)
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
        party_ids=frozenset(
            known.current(one, work.today) for one in terms.party_ids.difference(gone)
        ),
        flows=tuple((clauses[flow.key], flow) for flow in terms.flows),
        first_day=version.first_day,
        last_day=version.last_day,
        suspended_to=suspended_to,
    )


def _standing_in(
    rows: Iterable[AgreementLine],
    givers: Mapping[UUID, Window],
    takers: Mapping[UUID, Window],
    asked: tuple[UUID, UUID],
) -> Iterator[Line]:
    """Yield lines with the days on which those who were asked about stand for their parties."""
    for row in rows:
        found = givers.get(row.from_party), takers.get(row.to_party)
        windows = [each for each in found if each is not None]
        first = max(filter(None, (row.first_day, *(each.first_day for each in windows))))
        last = min(filter(None, (row.last_day, *(each.last_day for each in windows))))
        named = tuple(sorted({row.from_party, row.to_party}.difference(asked)))
        if first <= last:
            yield replace(_line(row), first_day=first, last_day=last, stands_for=named)


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
