"""Several consents, one request: which of them count, and what they say together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from ledger.consent.rules import evaluation
from ledger.consent.rules.evaluation import Answer, Outcome, answer
from ledger.consent.rules.lifecycle import NEVER_VALID, Event, Status, status_at
from ledger.consent.rules.model import Capacity, Data, Effect, Kind, Period, Request, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is recorded of a patient that bears on who may speak for them.

    Attributes:
        decides: They decide for themselves: an adult with capacity, or a minor found
            competent. Only while they do not, an attorney or deputy may act.
        died_at: Every proxy's power ends then.
    """

    decides: bool = True
    died_at: datetime | None = None


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
    for matter in _by_matter(versions).values():
        found += _settle_matter(matter, request, circumstances)
    return combine(found)


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
        for by_grantor in _by_matter(versions).values()
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
            if order is not None:
                return any(v.order > order and _was_said(v) for v in theirs)
    return False


def decided_before_a_no(decided_at: datetime, versions: Iterable[Version]) -> bool:
    """Say whether a yes of that moment is older than a no that already stands.

    An old paper form scanned late, or a file from elsewhere, must not undo what the
    patient has said since: somebody asks them first.
    """
    return any(said_at > decided_at for version in versions for said_at in _noes(version))


_ORDER = (
    Outcome.DENY,
    Outcome.INDETERMINATE,
    Outcome.CONFLICT,
    Outcome.RESIDUAL,
    Outcome.PERMIT,
)
"""Which outcome counts where there are several."""

_UNANSWERED = {Status.REQUESTED, Status.OFFERED, Status.UNANSWERED, None}

Matter = tuple[UUID, Kind, UUID | str | None, str]


def _by_matter(versions: Iterable[Version]) -> dict[Matter, dict[str, list[Version]]]:
    """Group by subject, kind, agreement or controller and category; then by grantor."""
    newest: dict[UUID, Version] = {}
    for version in versions:
        known = newest.get(version.consent_id)
        if known is None or version.number > known.number:
            newest[version.consent_id] = version
    matters: dict[Matter, dict[str, list[Version]]] = defaultdict(lambda: defaultdict(list))
    for v in newest.values():
        matter = (v.subject, v.kind, v.agreement_id or v.controller, v.category)
        matters[matter][v.grantor.key].append(v)
    return matters


def _settle_matter(
    by_grantor: dict[str, list[Version]], request: Request, circumstances: Circumstances
) -> list[Answer]:
    """Settle between the persons who have spoken on one matter."""
    said = {key: governing(theirs, request.at) for key, theirs in by_grantor.items()}
    speaking = {
        key: v for key, v in said.items() if v and _may_speak(v[0], request.at, circumstances)
    }
    answers = {key: [answer(v, request) for v in theirs] for key, theirs in speaking.items()}
    own = [key for key, v in speaking.items() if v[0].grantor.capacity is Capacity.PATIENT]
    mine = list(chain.from_iterable(answers[key] for key in own))
    everything = list(chain.from_iterable(answers.values()))
    outcomes = {a.outcome for a in everything}
    if circumstances.decides and _bears(mine):
        # What hangs on the data may turn out not to be about it: then the others' words
        # count after all. Until that is known all of them restrict what is permitted.
        hangs = any(a.outcome is Outcome.RESIDUAL for a in mine)
        return everything if hangs else mine
    if len(speaking) > 1 and {Outcome.PERMIT, Outcome.DENY} <= outcomes:
        return [_conflict(a) for a in everything if a.outcome in {Outcome.PERMIT, Outcome.DENY}]
    return everything


def _may_speak(version: Version, t: datetime, circumstances: Circumstances) -> bool:
    grantor = version.grantor
    if grantor.capacity is Capacity.PATIENT:
        return True
    alive = circumstances.died_at is None or t < circumstances.died_at
    needed = grantor.capacity is Capacity.PARENT or not circumstances.decides
    return alive and needed and grantor.power.covers(t)


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


def _noes(version: Version) -> list[datetime]:
    """When the patient said no by this consent: by its terms, by refusing, by withdrawing."""
    status = status_at(version.events, datetime.max.replace(tzinfo=version.decided_at.tzinfo))
    if status in NEVER_VALID or status is Status.SUPERSEDED:
        return []
    said = [e.at for e in version.events if e.event in {Event.REFUSED, Event.WITHDRAWN}]
    if version.terms.base is Effect.DENY and status is Status.ACTIVE:
        said.append(version.decided_at)
    return said
