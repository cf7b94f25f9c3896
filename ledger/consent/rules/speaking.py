"""Who may speak for a patient at a moment, and what counts of what they said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ledger.consent.rules.lifecycle import Event
from ledger.consent.rules.model import Capacity, Effect, Grantor, Version

NEED_LACK: Final = frozenset({Capacity.ATTORNEY, Capacity.DEPUTY})
"""These speak only while the patient does not decide."""

PATIENT: Final = Grantor(key="patient")
"""The patient, as a grantor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is recorded of a patient that bears on who may speak for them.

    Attributes:
        decides: Whether they decide for themselves, before the first of *turns*: an adult with
            capacity, or a minor found competent. Only while not, an attorney or deputy may act.
        turns: When that changed and to what, oldest first: findings, and the 16th birthday.
        died_at: Every proxy's power ends then.
    """

    decides: bool = True
    turns: tuple[tuple[datetime, bool], ...] = ()
    died_at: datetime | None = None

    def decides_at(self, t: datetime) -> bool:
        """Say whether they decide for themselves at *t*."""
        found = self.decides
        for at, decides in self.turns:
            if at <= t:
                found = decides
        return found


DECIDES: Final = Circumstances()


def who_counts(
    said: Mapping[str, Sequence[Version]], t: datetime, circumstances: Circumstances
) -> tuple[dict[str, list[Version]], list[Version]]:
    """Return who speaks at *t*; and the noes of those who spoke once and may not any more.

    Such a no lingers until somebody who may speak has said something about the same: that a
    power ends by its date must not of itself share what was not shared before. Nothing of a
    power that is suspended, or never was one, lingers.
    """
    speaking: dict[str, list[Version]] = {}
    lingering: list[Version] = []
    for key, theirs in said.items():
        if theirs and may_speak(theirs[0].grantor, t, circumstances):
            counted = [v for v in theirs if not _beyond_own(v, circumstances)]
            if counted:
                speaking[key] = counted
        else:
            lingering += [v for v in theirs if _lingers(v, t, circumstances)]
    return speaking, lingering


def may_speak(grantor: Grantor, t: datetime, circumstances: Circumstances) -> bool:
    """Say whether somebody's word counts at *t*. The patient's always does."""
    if grantor.capacity is Capacity.PATIENT:
        return True
    alive = circumstances.died_at is None or t < circumstances.died_at
    needed = grantor.capacity not in NEED_LACK or not circumstances.decides_at(t)
    return alive and needed and any(power.covers(t) for power in grantor.powers)


def made_own(version: Version, t: datetime | None) -> Version:
    """Return a version as the patient's own, if they have taken it up by *t*."""
    if t is None or version.grantor.capacity is Capacity.PATIENT:
        return version
    return replace(version, grantor=PATIENT) if _taken_up(version, t) else version


def _taken_up(version: Version, t: datetime) -> bool:
    happened: Iterable[Event] = (each.event for each in version.events)
    frozen = Event.PROXY_FROZEN in happened
    return frozen and any(
        each.event is Event.RE_VALIDATED and each.by_patient and each.at <= t
        for each in version.events
    )


def _beyond_own(version: Version, circumstances: Circumstances) -> bool:
    """Say whether it is a yes that the patient gave while they could not decide.

    Their no counts always, beside what those say who speak for them.
    """
    mine = version.grantor.capacity is Capacity.PATIENT
    said_at = _said_at(version)
    return mine and version.terms.base is Effect.PERMIT and not circumstances.decides_at(said_at)


def _lingers(version: Version, t: datetime, circumstances: Circumstances) -> bool:
    grantor = version.grantor
    if version.terms.base is not Effect.DENY or any(one.covers(t) for one in grantor.stilled):
        return False
    return may_speak(grantor, _said_at(version), circumstances)


def _said_at(version: Version) -> datetime:
    """Return when it was said: what the patient took up, they said when they took it up."""
    own = [each.at for each in version.events if each.by_patient]
    return own[-1] if own else version.decided_at
