"""What past decisions knew, as values, by the versions that they name: see `rebuilding`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from audit import Entry, Record
from ledger.access.deciding import Known
from ledger.access.entries import AccessOverrideOpened
from ledger.access.index import parties
from ledger.access.keeping.queries import NOBODY, OptOutCopy, Standings
from ledger.access.past import Past
from ledger.access.question import Question
from ledger.access.rules.words import Relationship
from ledger.agreements.queries import Between
from ledger.consent.queries import PatientConsents
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.succession.rules import Successions

_AREAS: Final = ("directory.", "agreement.", "consent.", "access.")
"""Entries of these bear on decisions."""
_JOINED: Final = "directory.records-joined"
_PEOPLE: Final = ("patient:", "person:")
_STANDING: Final = ("access.recus", "access.suspen")
_NAMED_MAX: Final = 500
"""With more patients and people than this the whole log is read, and passed over in Python."""
_AT_ONCE: Final = 200


class NotRebuilt(Exception):
    """A version that a decision names could not be rebuilt. Says which."""


@dataclass(slots=True)
class History:
    """Versions of what decisions knew, as values. Made by `gather`.

    Attributes:
        erased: Patients some of whose choices can be read no more.
    """

    choices: dict[tuple[UUID, int], PatientConsents] = field(default_factory=dict)
    rosters: dict[tuple[UUID, int], PatientRoster] = field(default_factory=dict)
    people: dict[tuple[UUID, int], PersonState] = field(default_factory=dict)
    between: dict[tuple[UUID, UUID, int, int], Between] = field(default_factory=dict)
    successions: dict[int, Successions] = field(default_factory=lambda: {0: Successions()})
    overrides: dict[UUID, Record[AccessOverrideOpened]] = field(default_factory=dict)
    seconded: dict[UUID, datetime] = field(default_factory=dict)
    registers: dict[int, OptOutCopy] = field(default_factory=dict)
    standings: list[Standings] = field(default_factory=list)
    erased: set[UUID] = field(default_factory=set)

    def known(self, past: Past, question: Question) -> Known:
        """Return all that *past* knew.

        Raises:
            NotRebuilt: the log did not lead to a version that it names.
        """
        saw, entry = past.entry.saw, past.entry
        standing = self._at(self.successions, past.successions, "who stands for whom")
        giver, taker = parties(question, standing, past.at)
        choices = roster = person = between = None
        if entry.patient_id is not None:
            roster = self._at(self.rosters, (entry.patient_id, saw.roster), "the roster")
            if saw.consents:
                choices = self._at(self.choices, (entry.patient_id, saw.consents), "the choices")
        if entry.person_id is not None:
            person = self._at(self.people, (entry.person_id, saw.person), "the person")
        if giver != taker or saw.agreements:
            key = (giver, taker, saw.agreements, standing.n)
            between = self._at(self.between, key, "the agreements")
        override_id = self._override(past)
        return Known(
            choices=choices,
            roster=roster,
            person=person,
            between=between,
            successions=standing,
            override_id=override_id,
            override_seconded=past.entry.relationship is Relationship.OVERRIDE_SECONDED
            and override_id in self.seconded,
            register=self._at(self.registers, past.register, "the opt-out register")
            if past.register
            else None,
            standings=next((s for s in reversed(self.standings) if s.n <= past.standing), NOBODY),
        )

    @staticmethod
    def _at(kept: dict[Any, Any], key: Any, what: str) -> Any:
        found = kept.get(key)
        if found is None:
            raise NotRebuilt(f"{what}, as the decision saw it, cannot be rebuilt from the log")
        return found

    def _override(self, past: Past) -> UUID | None:
        """Return the override that it names, if the log has it, for these two and that moment."""
        found = self.overrides.get(past.entry.override_id) if past.entry.override_id else None
        if found is None:
            return None
        opened, asked = found.entry, past.entry
        fits = (opened.patient_id, opened.person_id, opened.organisation_id) == (
            asked.patient_id,
            asked.person_id,
            asked.organisation_id,
        )
        return opened.override_id if fits and past.at < opened.ends_at else None


class Wanted:
    """Which versions some decisions name."""

    def __init__(self, decisions: Iterable[Past]) -> None:
        self.choices: set[tuple[UUID, int]] = set()
        self.rosters: set[tuple[UUID, int]] = set()
        self.people: set[tuple[UUID, int]] = set()
        self.agreements: dict[tuple[int, int], list[Past]] = defaultdict(list)
        self.successions: set[int] = set()
        for past in decisions:
            entry, saw = past.entry, past.entry.saw
            if entry.patient_id is not None:
                self.choices.add((entry.patient_id, saw.consents))
                self.rosters.add((entry.patient_id, saw.roster))
            if entry.person_id is not None:
                self.people.add((entry.person_id, saw.person))
            self.agreements[saw.agreements, past.successions].append(past)
            self.successions.add(past.successions)
        self.others: set[str] = set()
        self.patient_ids: Final = {patient_id for patient_id, _ in self.rosters}
        self.person_ids: Final = {person_id for person_id, _ in self.people}
        self.subjects: set[str] = {
            *(f"patient:{each}" for each in self.patient_ids),
            *(f"person:{each}" for each in self.person_ids),
        }

    def joined(self, record: Record[Entry]) -> set[UUID]:
        """Return the wanted patients whose other records *record* may be about.

        What is said in one record counts for all that are joined with it.
        """
        return self.patient_ids if self.others.intersection(record.about) else set()

    def add_joined(self, live: Session) -> None:
        """Want the entries about records that were ever joined with those of the wanted, too."""
        row, joining = (
            aliased(EntrySubject),
            select(LogEntry.position).where(LogEntry.kind == _JOINED),
        )
        pairs = select(row.position, row.subject).where(row.position.in_(joining))
        together: dict[int, set[str]] = defaultdict(set)
        for position, subject in live.execute(pairs):
            if subject.startswith("patient:"):
                together[position].add(subject)
        grown = True
        while grown:
            grown = False
            for subjects in together.values():
                new = subjects - self.subjects
                if new and len(new) < len(subjects):
                    self.subjects |= new
                    self.others |= new
                    grown = True
