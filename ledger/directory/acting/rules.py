"""Who may act for a patient at a moment: pure, with everything that counts as a value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeAlias
from uuid import UUID

from ledger.core.errors import Conflict, Invalid

WORDS_MAX: Final = 2000
REVIEW_MAX: Final = timedelta(days=366)
"""A finding about capacity is looked at again within a year."""


class PowerKind(StrEnum):
    """By what right somebody acts. The value is stored and logged: never rename one."""

    PARENT = "parent"
    ATTORNEY = "attorney"
    DEPUTY = "deputy"
    OTHER = "other"
    HELPER = "helper"
    """Somebody whom the patient asked to help: an advocate, a friend. They may only say no."""


class Scope(StrEnum):
    """What somebody may do for the patient. To say no needs none of these."""

    READ = "read"
    DECIDE = "decide"
    LOOKS = "looks"


class PowerEnd(StrEnum):
    """Why a power ended. Never rename one."""

    REVOKED = "revoked"
    DISCLAIMED = "disclaimed"
    COURT = "court"
    PATIENT_ASKED = "patient-asked"
    NO_LONGER_NEEDED = "no-longer-needed"
    MISTAKE = "mistake"


class SuspendReason(StrEnum):
    """Why a power does not hold for the time being. Never rename one."""

    DISPUTE = "dispute"
    SAFEGUARDING = "safeguarding"
    EVIDENCE_DOUBTED = "evidence-doubted"


class Step(StrEnum):
    """What happened to a power. Never rename one."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    ENDED = "ended"
    VOIDED = "voided"
    """It never was one: a mistake."""


NEEDS_VERIFYING: Final = frozenset({PowerKind.ATTORNEY, PowerKind.DEPUTY})
NEEDS_LACK: Final = NEEDS_VERIFYING
"""These act only while lacking capacity is recorded: Mental Capacity Act 2005 s.9 and s.16."""


class BadPower(Invalid):
    """A power that the law does not know, or days that make no period."""

    slug = "power-not-possible"
    title = "This power cannot be recorded"


class HelperOnlySaysNo(Invalid):
    """A helper gets no power to agree to anything."""

    slug = "helper-only-says-no"
    title = "A helper may see choices and say no, and nothing more"


class PowerAlreadyHeld(Conflict):
    """One person has one power over a patient at a time."""

    slug = "power-already-held"
    title = "This person already has a power over this patient"


class PowerStateWrong(Conflict):
    """A power that cannot be verified, suspended, resumed or ended as it is now."""

    slug = "power-not-in-that-state"
    title = "This cannot be done to the power as it is now"


class VerifiedByRecorder(Conflict):
    """Two different people look at the evidence of an attorney or deputy."""

    slug = "power-verified-by-recorder"
    title = "Somebody else must verify this power"


class OverOneself(Invalid):
    """Nobody acts for themselves by a power, and staff record none for themselves."""

    slug = "power-over-oneself"
    title = "Nobody records a power for themselves"


class NoActing(Conflict):
    """A power that does not hold now: ended, suspended, or the patient decides."""

    slug = "power-does-not-hold"
    title = "You cannot act for this person now"


class BadFinding(Invalid):
    """A finding about capacity without its words, or with days that cannot be."""

    slug = "capacity-finding-not-possible"
    title = "This finding cannot be recorded"


class PatientDied(Conflict):
    """The patient's death is recorded: nothing about acting for them changes any more."""

    slug = "patient-died"
    title = "This patient has died"


@dataclass(frozen=True, slots=True)
class Finding:
    """From *at* on: whether the patient was found to decide for themselves."""

    at: datetime
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What of a patient's life bears on who speaks for them.

    Attributes:
        presumed_from: When capacity is presumed: the 16th birthday. None: always was.
        adult_from: The 18th birthday. None: always was.
        died_at: None while they live.
        findings: Oldest first, in the order of the log.
    """

    presumed_from: datetime | None = None
    adult_from: datetime | None = None
    died_at: datetime | None = None
    findings: tuple[Finding, ...] = ()

    def alive(self, t: datetime) -> bool:
        """Say whether they live at *t*."""
        return self.died_at is None or t < self.died_at

    def decides(self, t: datetime) -> bool:
        """Say whether they decide for themselves at *t*.

        A finding about a child does not outlive childhood: at the 16th birthday the
        presumption begins, and lacking capacity must then be found anew.
        """
        presumed = self.presumed_from is None or t >= self.presumed_from
        found = presumed
        for finding in self.findings:
            as_child = self.presumed_from is not None and finding.at < self.presumed_from
            if finding.at <= t and not (as_child and presumed):
                found = finding.decides
        return found

    def moments(self) -> tuple[datetime, ...]:
        """Return every moment at which the answer of who may speak may change."""
        once = (self.presumed_from, self.adult_from, self.died_at)
        return (*(m for m in once if m is not None), *(f.at for f in self.findings))


Steps: TypeAlias = tuple[tuple[Step, datetime], ...]
"""What happened to a power and when, in the order of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A power, with everything that happened to it.

    Attributes:
        starts_at, ends_at: Its days, as instants; the end is the midnight after the last day.
        steps: (what, when), in the order of the log.
        others: The same of each other power of this person over this patient.
    """

    id: UUID
    person_id: UUID
    kind: PowerKind
    scope: frozenset[Scope]
    starts_at: datetime
    ends_at: datetime | None
    steps: Steps
    others: tuple[Steps, ...] = ()

    def stands(self, t: datetime) -> bool:
        """Say whether it is in order at *t*, whatever the patient's life says."""
        if not self.starts_at <= t or (self.ends_at is not None and t >= self.ends_at):
            return False
        needed = Step.VERIFIED if self.kind in NEEDS_VERIFYING else Step.RECORDED
        return self._done(needed, t) and not self._done(Step.ENDED, t) and not self.stilled(t)

    def stilled(self, t: datetime) -> bool:
        """Say whether at *t* nothing counts that was ever said by it: suspended, or a mistake."""
        feared = any(_suspended(steps, t) for steps in self.others)
        return self.suspended(t) or self._done(Step.VOIDED, t) or feared

    def moments(self) -> tuple[datetime, ...]:
        """Return every moment at which it may change whether it stands."""
        happened = (at for steps in (self.steps, *self.others) for _, at in steps)
        ends = () if self.ends_at is None else (self.ends_at,)
        return (self.starts_at, *ends, *happened)

    def _done(self, step: Step, t: datetime) -> bool:
        return any(each is step and at <= t for each, at in self.steps)

    def suspended(self, t: datetime) -> bool:
        """Say whether it is suspended at *t*."""
        return _suspended(self.steps, t)


def speaks(power: Power, life: Life, t: datetime) -> bool:
    """Say whether what was said by a power counts at *t*.

    A parent's word for a competent child counts until the child has spoken: see
    `ledger.consent.rules.combining`.
    """
    if not (power.stands(t) and life.alive(t)):
        return False
    if power.kind in NEEDS_LACK:
        return not life.decides(t)
    if power.kind is not PowerKind.PARENT:
        return True
    if life.presumed_from is not None and t < life.presumed_from:
        return True
    return life.adult_from is not None and t < life.adult_from and not life.decides(t)


def may_act(power: Power, life: Life, t: datetime) -> bool:
    """Say whether somebody may act by a power at *t*: see, and say something new.

    For a competent child a parent does neither: what the child decides is theirs to tell.
    """
    return speaks(power, life, t) and not (power.kind is PowerKind.PARENT and life.decides(t))


Window: TypeAlias = tuple[datetime, datetime | None]
"""A stretch of time: its start is in it, its end is not; None is open."""


def windows(power: Power, life: Life) -> tuple[Window, ...]:
    """Return the stretches of time in which what was said by a power counts."""
    return _stretches(power, life, lambda t: speaks(power, life, t))


def stilled(power: Power, life: Life) -> tuple[Window, ...]:
    """Return the stretches of time in which not even a no counts that was said by it."""
    return _stretches(power, life, power.stilled)


def _suspended(steps: Steps, t: datetime) -> bool:
    paused = False
    for step, at in steps:
        if at <= t and step in {Step.SUSPENDED, Step.RESUMED}:
            paused = step is Step.SUSPENDED
    return paused


def _stretches(power: Power, life: Life, holds: Callable[[datetime], bool]) -> tuple[Window, ...]:
    edges = sorted({*power.moments(), *life.moments()})
    found: list[Window] = []
    for start, end in (*pairwise(edges), (edges[-1], None)):
        if not holds(start):
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)
