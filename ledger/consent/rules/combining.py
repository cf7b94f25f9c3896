"""Several consents, one request: which of them count, and what they say together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from uuid import UUID

from ledger.consent.rules import evaluation
from ledger.consent.rules.evaluation import Answer, Outcome, answer
from ledger.consent.rules.lifecycle import NEVER_VALID, Event, Status, status_at
from ledger.consent.rules.model import (
    Capacity,
    Data,
    Effect,
    Grantor,
    Kind,
    Period,
    Request,
    Version,
)
from ledger.vocabulary import purposes
from ledger.vocabulary.purposes import Family


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


DECIDES = Circumstances()


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """What all of a patient's consents say to one request.

    Attributes:
        answers: Those that bear on it, whichever way.
        permits_otherwise: For a residual: some consent permits whatever the data is.
    """

    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    permits_otherwise: bool = False

    @property
    def may_permit(self) -> bool:
        """Say whether any of them permits anything, for some data. A no to part does not."""
        return any(
            a.outcome is Outcome.PERMIT
            or (a.residual is not None and evaluation.may_permit(a.residual))
            for a in self.answers
        )


def evaluate(
    versions: Iterable[Version], request: Request, circumstances: Circumstances = DECIDES
) -> Combined:
    """Return what *versions* say to *request*. Their order does not matter."""
    found: list[Answer] = []
    for matter in _by_matter(versions, request.at).values():
        found += _settle_matter(matter, request, circumstances)
    return combine(dict.fromkeys(found))  # What was said in two records counts once.


def combine(answers: Iterable[Answer]) -> Combined:
    """Deny overrides; then what cannot be known; then a permit with all that restricts it."""
    bearing = tuple(a for a in answers if a.outcome is not Outcome.NOT_APPLICABLE)
    outcomes = {a.outcome for a in bearing}
    outcome = next((o for o in _ORDER if o in outcomes), Outcome.NOT_APPLICABLE)
    return Combined(outcome=outcome, answers=bearing, permits_otherwise=Outcome.PERMIT in outcomes)


def enforce(combined: Combined, data: Data) -> Outcome:
    """Return what is said of *data*, now that all is known of it that will be."""
    outcomes = {
        a.outcome if a.residual is None else evaluation.enforce(a.residual, data)
        for a in combined.answers
    }
    return next((o for o in _ORDER if o in outcomes), Outcome.NOT_APPLICABLE)


def governing(versions: Iterable[Version], t: datetime) -> list[Version]:
    """Return, of one grantor's versions on one matter, those that count at *t*.

    The newest that has begun counts. A permit older than it never revives, even when the
    newer one has ended; older denies that were never withdrawn still stand then. And they
    stand beside a newer deny, which may be for less: who may say no may not lift a no by it.
    """
    begun = [v for v in versions if _has_begun(v, t)]
    if not begun:
        return []
    begun.sort(key=_log_order)
    newest = begun.pop()
    if _is_live(newest, t) and newest.terms.base is Effect.PERMIT:
        return [newest]
    return [newest, *(v for v in begun if v.terms.base is Effect.DENY and _is_live(v, t))]


def governing_ids(versions: Iterable[Version], t: datetime) -> frozenset[UUID]:
    """Return the consents that no newer one on their matter has replaced at *t*."""
    return frozenset(
        version.consent_id
        for by_grantor in _by_matter(versions, t).values()
        for theirs in by_grantor.values()
        for version in governing(theirs, t)
    )


def is_replaced(consent_id: UUID, versions: Iterable[Version]) -> bool:
    """Say whether the same person has said something newer on the matter of a consent.

    What begins later counts too, and what was taken back: only what never was valid does not.
    """
    for by_grantor in _by_matter(versions).values():
        for theirs in by_grantor.values():
            order = next((v.order for v in theirs if v.consent_id == consent_id), None)
            if order is not None and any(v.order > order and _was_said(v) for v in theirs):
                return True
    return False


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Those who speak for a patient say yes and no on one matter."""

    category: str
    agreement_id: UUID | None
    yes: tuple[UUID, ...]
    no: tuple[UUID, ...]


def disagreements(
    versions: Iterable[Version], t: datetime, circumstances: Circumstances
) -> list[Disagreement]:
    """Return where proxies say yes and no at *t*, and the patient has not decided it."""
    found = []
    for (_, _, _, category), by_grantor in _by_matter(_as_one_kind(versions), t).items():
        speaking, _ = _who_counts(by_grantor, t, circumstances)
        live = [v for v in chain.from_iterable(speaking.values()) if _is_live(v, t)]
        own = any(v.grantor.capacity is Capacity.PATIENT for v in live)
        if own and circumstances.decides_at(t):
            continue
        yes = tuple(v.consent_id for v in live if v.terms.base is Effect.PERMIT)
        no = tuple(v.consent_id for v in live if v.terms.base is Effect.DENY)
        if yes and no:
            found.append(Disagreement(category, live[0].agreement_id, yes, no))
    return found


def decided_before_a_no(decided_at: datetime, versions: Iterable[Version]) -> bool:
    """Say whether a yes of that moment is older than a no that already stands.

    An old paper form scanned late, or a file from elsewhere, must not undo what the
    patient has said since: somebody asks them first.
    """
    return any(said_at > decided_at for version in versions for said_at in _noes(version))


_ORDER = (
    Outcome.DENY,
    Outcome.CONFLICT,
    Outcome.INDETERMINATE,
    Outcome.RESIDUAL,
    Outcome.PERMIT,
)
"""Which outcome counts where there are several.

A conflict and what cannot be known both withhold; the conflict is named, so that somebody settles
it, and because a rule about what cannot be known must never let through what people contest.
"""

_NEED_LACK = {Capacity.ATTORNEY, Capacity.DEPUTY}
PATIENT = Grantor(key="patient")
"""The patient, as a grantor."""

_UNANSWERED = {Status.REQUESTED, Status.OFFERED, Status.UNANSWERED, None}

Matter = tuple[UUID, Kind, UUID | str | None, str]


def _by_matter(
    versions: Iterable[Version], t: datetime | None = None
) -> dict[Matter, dict[str, list[Version]]]:
    """Group by subject, kind, agreement or controller and category; then by whose it is at *t*."""
    newest: dict[UUID, Version] = {}
    for version in versions:
        known = newest.get(version.consent_id)
        if known is None or version.number > known.number:
            newest[version.consent_id] = version
    matters: dict[Matter, dict[str, list[Version]]] = defaultdict(lambda: defaultdict(list))
    for v in newest.values():
        for record in v.records or (v.subject,):
            matter = (record, v.kind, v.agreement_id or v.controller, v.category)
            own = _made_own(v, t) if t is not None else v
        matters[matter][own.grantor.key].append(own)
    return matters


def _settle_matter(
    by_grantor: dict[str, list[Version]], request: Request, circumstances: Circumstances
) -> list[Answer]:
    """Settle between the persons who have spoken on one matter."""
    t = request.at
    speaking, lingering = _who_counts(by_grantor, t, circumstances)
    answers = {key: [answer(v, request) for v in theirs] for key, theirs in speaking.items()}
    own = [key for key, v in speaking.items() if v[0].grantor.capacity is Capacity.PATIENT]
    mine = list(chain.from_iterable(answers[key] for key in own))
    everything = list(chain.from_iterable(answers.values()))
    outcomes = {a.outcome for a in everything}
    if not _bears(everything):
        return [answer(v, request) for v in lingering]
    if circumstances.decides_at(t) and _bears(mine):
        # What hangs on the data may turn out not to be about it: then the others' words
        # count after all. Until that is known all of them restrict what is permitted.
        hangs = any(a.outcome is Outcome.RESIDUAL for a in mine)
        return everything if hangs else mine
    if len(speaking) > 1 and {Outcome.PERMIT, Outcome.DENY} <= outcomes:
        return [_conflict(a) for a in everything if a.outcome in {Outcome.PERMIT, Outcome.DENY}]
    return everything


def _who_counts(
    by_grantor: dict[str, list[Version]], t: datetime, circumstances: Circumstances
) -> tuple[dict[str, list[Version]], list[Version]]:
    """Return who speaks at *t*; and the noes of those who spoke once and may not any more.

    Such a no lingers until somebody who may speak has said something on the matter: that a
    power ends by its date must not of itself share what was not shared before. Nothing of a
    power that is suspended, or never was one, lingers.
    """
    speaking: dict[str, list[Version]] = {}
    lingering: list[Version] = []
    for key, theirs in by_grantor.items():
        said = governing(theirs, t)
        if said and _may_speak(said[0], t, circumstances):
            counted = [v for v in said if not _beyond_own(v, circumstances)]
            if counted:
                speaking[key] = counted
            continue
        lingering += [v for v in said if _lingers(v, t, circumstances)]
    return speaking, lingering


def _may_speak(version: Version, t: datetime, circumstances: Circumstances) -> bool:
    grantor = version.grantor
    if grantor.capacity is Capacity.PATIENT:
        return True
    alive = circumstances.died_at is None or t < circumstances.died_at
    needed = grantor.capacity not in _NEED_LACK or not circumstances.decides_at(t)
    return alive and needed and any(power.covers(t) for power in grantor.powers)


def _beyond_own(version: Version, circumstances: Circumstances) -> bool:
    """Say whether it is a yes that the patient gave while they could not decide.

    Their no counts always, beside what those say who speak for them.
    """
    mine = version.grantor.capacity is Capacity.PATIENT
    permits = version.terms.base is Effect.PERMIT
    return mine and permits and not circumstances.decides_at(version.decided_at)


def _lingers(version: Version, t: datetime, circumstances: Circumstances) -> bool:
    grantor = version.grantor
    if version.terms.base is not Effect.DENY or any(one.covers(t) for one in grantor.stilled):
        return False
    said_at = next((e.at for e in version.events if e.event is Event.GRANTED), version.decided_at)
    return _may_speak(version, said_at, circumstances)


def _made_own(version: Version, t: datetime) -> Version:
    """Return a version as the patient's own, if they have taken it up by *t*."""
    own = any(e.event is Event.RE_VALIDATED and e.by_patient and e.at <= t for e in version.events)
    return replace(version, grantor=PATIENT) if own else version


def _conflict(a: Answer) -> Answer:
    return Answer(
        outcome=Outcome.CONFLICT,
        consent_id=a.consent_id,
        number=a.number,
        why=f"proxies-disagree-{a.outcome}",
        path=a.path,
    )


def _bears(answers: Sequence[Answer]) -> bool:
    return any(a.outcome is not Outcome.NOT_APPLICABLE for a in answers)


def _has_begun(version: Version, t: datetime) -> bool:
    status = status_at(version.events, t)
    if status in _UNANSWERED or status in NEVER_VALID:
        return False
    return Period(version.terms.period.starts_at).covers(t)


def _was_said(version: Version) -> bool:
    forever = datetime.max.replace(tzinfo=version.decided_at.tzinfo)
    status = status_at(version.events, forever)
    return status not in _UNANSWERED and status not in NEVER_VALID


def _is_live(version: Version, t: datetime) -> bool:
    return status_at(version.events, t) is Status.ACTIVE and version.terms.period.covers(t)


def _log_order(version: Version) -> int:
    return version.order


def said_no(version: Version) -> bool:
    """Say whether the patient said no by this consent: by its terms, by refusing, withdrawing."""
    return bool(_noes(version))


def _noes(version: Version) -> list[datetime]:
    """When the patient said no by this consent: by its terms, by refusing, by withdrawing."""
    status = status_at(version.events, datetime.max.replace(tzinfo=version.decided_at.tzinfo))
    if status in NEVER_VALID or status is Status.SUPERSEDED:
        return []
    said = [e.at for e in version.events if e.event in {Event.REFUSED, Event.WITHDRAWN}]
    if version.terms.base is Effect.DENY and status is Status.ACTIVE:
        said.append(version.decided_at)
    return said
