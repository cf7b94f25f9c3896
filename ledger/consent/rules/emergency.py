"""Which refusals stand when the glass is broken: those a patient made with capacity. Pure.

That a refusal names emergencies outright is `matching`'s to see. Whoever is sixteen is presumed
to have capacity (Mental Capacity Act 2005 s.1(2)) until the contrary is recorded; a child is not,
until found competent. Nobody else can refuse what an emergency needs for the patient.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from ledger.consent.rules.lifecycle import Event
from ledger.consent.rules.model import Capacity, Conditions, Effect, Version
from ledger.consent.rules.speaking import Circumstances, made_own

_NOTHING: Final = Conditions(actors=frozenset({"nobody"}))
"""Matches no request: whoever asks is known by a word with a colon."""


def without_refusals(version: Version, t: datetime, circumstances: Circumstances) -> Version:
    """Return *version* without what it refuses, unless that was said by a patient with capacity.

    What it permits stays, and its place: what it replaced stays replaced.
    """
    if stands(version, t, circumstances):
        return version
    terms = version.terms
    if terms.base is Effect.PERMIT:
        return replace(version, terms=replace(terms, exceptions=(), closed=False))
    nothing = replace(terms, scope=_NOTHING, exceptions=(), closed=False)
    return replace(version, terms=nothing)  # Still a no: older ones stand beside it.


def stands(version: Version, t: datetime, circumstances: Circumstances) -> bool:
    """Say whether what is refused by *version* was decided by a patient who had capacity then."""
    own = made_own(version, t)
    if own.grantor.capacity is not Capacity.PATIENT:
        return False
    if version.grantor.capacity is Capacity.PATIENT:
        return circumstances.decides_at(version.decided_at)
    taken_up = [e.at for e in version.events if e.event is Event.RE_VALIDATED and e.by_patient]
    return any(circumstances.decides_at(at) for at in taken_up if at <= t)
