"""Where those who speak for a patient say yes and no about the same: for a person to settle."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from ledger.consent.rules.lifecycle import Status, status_at
from ledger.consent.rules.model import Capacity, Effect, Version
from ledger.consent.rules.speaking import Circumstances, made_own, who_counts


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is said yes and no to, by the consents that say it, oldest first."""

    purposes: tuple[str, ...]
    yes: tuple[UUID, ...]
    no: tuple[UUID, ...]


def disagreements(
    versions: Iterable[Version], t: datetime, circumstances: Circumstances
) -> list[Disagreement]:
    """Return where proxies say yes and no at *t*, for each set of purposes that a yes is for.

    What the patient has decided themselves is not among them. Which no meets which yes in a
    single request hangs on the request; this errs on the side of asking somebody.
    """
    said: dict[str, list[Version]] = defaultdict(list)
    for version in sorted(versions, key=lambda each: each.order):
        live = status_at(version.events, t) is Status.ACTIVE and version.terms.period.covers(t)
        if live:
            own = made_own(version, t)
            said[own.grantor.key].append(own)
    speaking, _ = who_counts(said, t, circumstances)
    heard = list(chain.from_iterable(speaking.values()))
    found = []
    for yes in (v for v in heard if v.terms.base is Effect.PERMIT):
        same = [v for v in heard if _about_the_same(v, yes)]
        decided = any(v.grantor.capacity is Capacity.PATIENT for v in same)
        against = [v for v in same if v.terms.base is Effect.DENY]
        others = tuple(v.consent_id for v in against if v.grantor.key != yes.grantor.key)
        if others and not (decided and circumstances.decides_at(t)):
            about = tuple(sorted(yes.terms.scope.purposes))
            found.append(Disagreement(about, (yes.consent_id,), others))
    return found


def _about_the_same(one: Version, other: Version) -> bool:
    mine, theirs = one.terms.scope.purposes, other.terms.scope.purposes
    return not mine or not theirs or bool(mine & theirs)
