"""What decisions know, kept in memory: one index for each database of this process.

Everything in it carries the version that it had. `Index.known` answers from memory and
reads what is missing; `Index.current` reads the versions as a transaction sees them, of
many questions in one statement, and `Index.known` given those reads anew what has moved.
So a change committed by any process is seen by every decision that starts after it.

Whoever reads outside a transaction sees each statement's own moment, and could see half of a
change. So the number is read first, which makes it too old at worst: a decision by that is made
again by the group commit. And only what has the same number when it has been read is kept, since
whatever changes the rest raises the number with it: nothing that is kept is half of anything.
"""

from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, Uuid, cast, literal_column, null, select, union_all
from sqlalchemy.orm import Session

from ledger.access.deciding import BREAK_GLASS, Known
from ledger.access.entries import SawEverything
from ledger.access.keeping import queries as keeping
from ledger.access.keeping.queries import OptOutCopy, Standings
from ledger.access.models import Override
from ledger.access.question import Question
from ledger.agreements import queries as agreements
from ledger.agreements.queries import Between
from ledger.agreements.queries.covering import EPOCH as AGREEMENTS_EPOCH
from ledger.consent import queries as consents
from ledger.consent.queries import PatientConsents, state_versions
from ledger.core import clock, rulesets
from ledger.directory import queries as directory
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.queries import versions as directory_versions
from ledger.directory.succession import queries as succession_queries
from ledger.directory.succession.queries import successions
from ledger.directory.succession.rules import Successions

PATIENTS_MAX: Final = 1_000_000
PEOPLE_MAX: Final = 100_000
PAIRS_MAX: Final = 10_000

_PARTS: Final[dict[str, Any]] = {
    "consents": state_versions.VERSIONS,
    "rosters": directory_versions.ROSTERS,
    "people": directory_versions.PEOPLE,
    "agreements": AGREEMENTS_EPOCH,
    "successions": succession_queries.EPOCH,
    "register": keeping.REGISTER_EPOCH,
    "standing": keeping.STANDING_EPOCH,
    "ruleset": rulesets.EPOCH,
}
"""What a decision hangs on; each part says (id, version), or one number for everybody."""


def _rows(name: str, part: Any) -> Select[Any]:
    *key, number = part.subquery().c
    of = key[0] if key else cast(null(), Uuid)
    return select(literal_column(f"'{name}'").label("part"), of.label("of"), number)


_VERSIONS: Final = union_all(*(_rows(name, part) for name, part in _PARTS.items()))

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Current:
    """The versions of what some questions hang on, as one transaction sees them."""

    consents: dict[UUID, int]
    rosters: dict[UUID, int]
    people: dict[UUID, int]
    agreements: int
    successions: Successions
    register: int
    standing: int
    ruleset: int
    """The place of the entry that put the newest ruleset in force; 0 if there is none."""

    def of(self, question: Question) -> SawEverything:
        """Return the versions that *question* hangs on."""
        return SawEverything(
            consents=self.consents.get(question.patient_id, 0) if question.patient_id else 0,
            roster=self.rosters.get(question.patient_id, 0) if question.patient_id else 0,
            person=self.people.get(question.person_id, 0) if question.person_id else 0,
            agreements=self.agreements,
            successions=self.successions.n,
            register=self.register,
            standing=self.standing,
        )

    def is_what(self, known: Known, question: Question) -> bool:
        """Say whether *known* is what there is for *question*, and nobody has come or gone.

        Version 0 alone does not tell who is not there, or erased, from who never changed.
        """
        people = question.person_id in self.people, question.patient_id in self.rosters
        there = known.person is not None, known.roster is not None
        return people == there and self.of(question) == saw(known)


class Index:
    """See the module. Any number of threads may use one; what they swap is immutable."""

    def __init__(self) -> None:
        self._choices: dict[UUID, PatientConsents] = {}
        self._rosters: dict[UUID, PatientRoster] = {}
        self._people: dict[UUID, PersonState] = {}
        self._between: dict[tuple[UUID, UUID], Between] = {}
        self._successions: Successions | None = None
        self._register: OptOutCopy | None = None
        self._standings: Standings | None = None

    def known(
        self, session: Session, question: Question, at: datetime, saw: SawEverything | None = None
    ) -> Known:
        """Return what is known for *question*; with *saw*, nothing of another version."""
        standing = self._standing(session, saw.successions if saw else None)
        between = parties(question, standing, at)
        override_id, seconded = open_override(session, question, at)
        return Known(
            choices=self._choices_of(session, question.patient_id, saw.consents if saw else None),
            roster=self._roster_of(session, question.patient_id, saw.roster if saw else None),
            person=self._person(session, question.person_id, saw.person if saw else None),
            between=self._agreements(session, between, standing.n, saw.agreements if saw else None),
            successions=standing,
            override_id=override_id,
            override_seconded=seconded,
            register=self._copy(session, saw.register if saw else None),
            standings=self._standings_of(session, saw.standing if saw else None),
        )

    def current(self, session: Session, questions: Iterable[Question]) -> Current:
        """Return the versions of all that *questions* hang on, in one statement."""
        asked = list(questions)
        ids = {
            "patient_ids": {q.patient_id for q in asked if q.patient_id is not None},
            "person_ids": {q.person_id for q in asked if q.person_id is not None},
        }
        found: dict[str, dict[Any, int]] = {part: {} for part in _PARTS}
        for part, of, number in session.connection().execute(_VERSIONS, ids):
            found[part][of] = number
        return Current(
            consents=found["consents"],
            rosters=found["rosters"],
            people=found["people"],
            agreements=found["agreements"][None],
            successions=self._standing(session, found["successions"][None]),
            register=found["register"].get(None, 0),
            standing=found["standing"].get(None, 0),
            ruleset=found["ruleset"].get(None, 0),
        )

    def _choices_of(
        self, session: Session, patient_id: UUID | None, version: int | None
    ) -> PatientConsents | None:
        if patient_id is None or version == 0:
            return None
        kept = self._choices.get(patient_id)
        if kept is not None and version in (None, kept.version):
            return kept
        choices = consents.standing(session, patient_id)
        if _is_still(session, "consents", choices.version, patient_id):
            _keep(self._choices, patient_id, choices, PATIENTS_MAX)
        return choices

    def _roster_of(
        self, session: Session, patient_id: UUID | None, version: int | None
    ) -> PatientRoster | None:
        if patient_id is None:
            return None
        if version == 0 and not directory.patient_exists(session, patient_id):
            return None  # Else nobody ever looked after them, which is a roster too.
        kept = self._rosters.get(patient_id)
        if kept is not None and version in (None, kept.version):
            return kept
        roster = directory.roster(session, patient_id)
        if roster is not None and _is_still(session, "rosters", roster.version, patient_id):
            _keep(self._rosters, patient_id, roster, PATIENTS_MAX)
        return roster

    def _person(
        self, session: Session, person_id: UUID | None, version: int | None
    ) -> PersonState | None:
        if person_id is None:
            return None
        if version == 0:  # Of whom was erased, an older state may be kept.
            return directory.person_state(session, person_id)
        kept = self._people.get(person_id)
        if kept is not None and version in (None, kept.version):
            return kept
        person = directory.person_state(session, person_id)
        if person is not None and _is_still(session, "people", person.version, person_id):
            _keep(self._people, person_id, person, PEOPLE_MAX)
        return person

    def _standing(self, session: Session, n: int | None) -> Successions:
        kept = self._successions
        if kept is None or n not in {None, kept.n}:
            kept = successions(session)
            if _is_still(session, "successions", kept.n):
                self._successions = kept
        return kept

    def _copy(self, session: Session, n: int | None) -> OptOutCopy | None:
        """Return the copy of the opt-out register that counts: numbered *n*, if that is known."""
        kept = self._register
        if n == 0:
            return None
        if kept is None or n not in {None, kept.n}:
            if n is None and kept is None and self._standings is not None:
                return None  # Looked for once; the group commit knows better.
            kept = keeping.register(session)
            if kept is not None and _is_still(session, "register", kept.n):
                self._register = kept
        return kept

    def _standings_of(self, session: Session, n: int | None) -> Standings:
        kept = self._standings
        if kept is None or n not in {None, kept.n}:
            kept = keeping.standings(session)
            if _is_still(session, "standing", kept.n):
                self._standings = kept
        return kept

    def _agreements(
        self, session: Session, parties: tuple[UUID, UUID], successions: int, epoch: int | None
    ) -> Between:
        kept = self._between.get(parties)
        if kept is not None and epoch in {None, kept.epoch} and kept.successions == successions:
            return kept
        between = agreements.between(session, from_party=parties[0], to_party=parties[1])
        if _is_still(session, "agreements", between.epoch):
            _keep(self._between, parties, between, PAIRS_MAX)
        return between


def parties(question: Question, known: Successions, at: datetime) -> tuple[UUID, UUID]:
    """Return who gives and who gets. What a predecessor held, its successor holds.

    Who asks for a predecessor is nobody: see `deciding`.
    """
    return known.current(question.holder_id, clock.civil_date(at)), question.organisation_id


def saw(known: Known) -> SawEverything:
    """Return the versions of what was known."""
    return SawEverything(
        consents=known.choices.version if known.choices else 0,
        roster=known.roster.version if known.roster else 0,
        person=known.person.version if known.person else 0,
        agreements=known.between.epoch if known.between else 0,
        successions=known.successions.n,
        register=known.register.n if known.register else 0,
        standing=known.standings.n,
    )


def open_override(session: Session, question: Question, at: datetime) -> tuple[UUID | None, bool]:
    """Return the override that is open for *question*, and whether a second person stands by it.

    It only ever concerns one purpose.
    """
    if question.purpose != BREAK_GLASS or question.patient_id is None:
        return None, False
    found = session.execute(
        select(Override.id, Override.seconded_at)
        .where(
            Override.patient_id.in_(directory.records_of(session, question.patient_id)),
            Override.person_id == question.person_id,
            Override.organisation_id == question.organisation_id,
            Override.ends_at > at,
            Override.justified.is_not(False),  # Found to be without cause: it is over.
        )
        .order_by(Override.seconded_at.is_(None), Override.ends_at.desc())
        .limit(1)
    ).first()
    return (None, False) if found is None else (found.id, found.seconded_at is not None)


def _is_still(session: Session, part: str, number: int, of: UUID | None = None) -> bool:
    """Say whether what has just been read is of this number, all of it."""
    ids = {"patient_ids": {of} - {None}, "person_ids": {of} - {None}}
    row = session.connection().execute(_PARTS[part], ids).first()
    return (row[-1] if row else 0) == number


def _keep(kept: MutableMapping[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keep *value*; when there are too many, the one that was kept first goes."""
    if len(kept) >= most:
        with suppress(KeyError, RuntimeError, StopIteration):  # Another thread made room.
            del kept[next(iter(kept))]
    kept[key] = value
