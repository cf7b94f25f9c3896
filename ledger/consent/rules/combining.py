"""Several consents, one request: which of them count, and what they say together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from ledger.consent.rules.speaking import DECIDES, Circumstances, made_own, who_counts


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
    found: dict[Grantor, list[Answer]] = defaultdict(list)
    once: list[Answer] = []
    for by_grantor in _by_matter(versions, request.at).values():
        said = {key: governing(theirs, request.at) for key, theirs in by_grantor.items()}
        speaking, lingering = who_counts(said, request.at, circumstances)
        for theirs in speaking.values():
            found[theirs[0].grantor] += [answer(v, request) for v in theirs]
        once += [answer(v, request) for v in lingering]
    settled = _settle(found, once, decides=circumstances.decides_at(request.at))
    return combine(dict.fromkeys(settled))  # What was said in two records counts once.


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


def decided_before_a_no(decided_at: datetime, versions: Iterable[Version]) -> bool:
    """Say whether a yes of that moment is older than a no that already stands.

    To share less than before, or to put a yes on hold, is a no to what went until then. An old
    paper form scanned late, or a file from elsewhere, must not undo what the patient has said
    since: somebody asks them first.
    """
    return any(
        said_at > decided_at
        for version in versions
        for said_at in (*_noes(version), *_said_less(version))
    )


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
            own = made_own(v, t)
            matters[matter][own.grantor.key].append(own)
    return matters


def _settle(
    found: Mapping[Grantor, Sequence[Answer]], once: Sequence[Answer], *, decides: bool
) -> Iterable[Answer]:
    """Settle between the persons whose words bear on one request.

    *once* is what those said who may not speak any more. What hangs on the data may turn out
    not to be about it: then the others' words count after all. Until that is known all of them
    restrict what is permitted.
    """
    everything = list(chain.from_iterable(found.values()))
    if not _bears(everything):
        return once
    hangs = any(a.outcome is Outcome.RESIDUAL for a in everything)
    mine = [a for who, each in found.items() if who.capacity is Capacity.PATIENT for a in each]
    if decides and _bears(mine):
        return mine if all(a.outcome is not Outcome.RESIDUAL for a in mine) else everything
    if _disagree(found):
        return [_conflict(a) for a in everything if a.outcome in {Outcome.PERMIT, Outcome.DENY}]
    return [*everything, *once] if hangs else everything


def _disagree(found: Mapping[Grantor, Sequence[Answer]]) -> bool:
    """Say whether one person says yes and another no."""
    yes = {who for who, each in found.items() if any(a.outcome is Outcome.PERMIT for a in each)}
    no = {who for who, each in found.items() if any(a.outcome is Outcome.DENY for a in each)}
    return bool(yes and no) and len(yes | no) > 1


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
    """Say whether the patient said no by this consent, and has not taken that no back."""
    no_more = version.terms.base is Effect.DENY and version.events[-1].event is Event.WITHDRAWN
    return bool(_noes(version)) and not no_more


def _noes(version: Version) -> list[datetime]:
    """When the patient said no by this consent: by its terms, by refusing, by withdrawing."""
    status = status_at(version.events, datetime.max.replace(tzinfo=version.decided_at.tzinfo))
    if status in NEVER_VALID or status is Status.SUPERSEDED:
        return []
    said = [e.at for e in version.events if e.event in {Event.REFUSED, Event.WITHDRAWN}]
    if version.terms.base is Effect.DENY and status is Status.ACTIVE:
        said.append(version.decided_at)
    return said


def _said_less(version: Version) -> list[datetime]:
    """When a yes was made to share less, or put on hold where it still is."""
    status = status_at(version.events, datetime.max.replace(tzinfo=version.decided_at.tzinfo))
    if version.terms.base is Effect.DENY or status in NEVER_VALID | {Status.SUPERSEDED}:
        return []
    held = {Event.SUSPENDED} if status is Status.SUSPENDED else set[Event]()
    return [e.at for e in version.events if e.event in {Event.NARROWED, *held}]
