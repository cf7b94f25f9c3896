"""The life of a consent: what may happen to it, and what it is then.

Expiry is not here: it follows from the period, and needs no job that must have run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.core.errors import Conflict


class Event(StrEnum):
    """What happens to a consent. The value is stored and logged: never rename one."""

    REQUESTED = "requested"
    OFFERED = "offered"
    GRANTED = "granted"
    REFUSED = "refused"
    NARROWED = "narrowed"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    ENTERED_IN_ERROR = "entered-in-error"
    PROXY_FROZEN = "proxy-frozen"
    RE_VALIDATED = "re-validated"
    LAPSED = "lapsed"


class Status(StrEnum):
    """Where a consent is in its life. Only `ACTIVE` ever answers a request."""

    REQUESTED = "requested"
    OFFERED = "offered"
    ACTIVE = "active"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    ENTERED_IN_ERROR = "entered-in-error"
    PROXY_FROZEN = "proxy-frozen"
    UNANSWERED = "unanswered"
    """Asked, and the last day for an answer is over. Nobody said no, and nothing is shared."""


class Reason(StrEnum):
    """Why something happened to a consent, as a code; a person's own words are kept apart."""

    NOT_SAID = "not-said"
    ASKED = "asked"
    CHANGED_MIND = "changed-mind"
    NO_LONGER_NEEDED = "no-longer-needed"
    WORRIED_ABOUT_PRIVACY = "worried-about-privacy"
    DID_NOT_UNDERSTAND = "did-not-understand"
    UNDER_PRESSURE = "under-pressure"
    MOVED_AWAY = "moved-away"
    WRONG_PATIENT = "wrong-patient"
    DUPLICATE = "duplicate"
    NEW_VERSION = "new-version"
    CAME_OF_AGE = "came-of-age"
    POWER_ENDED = "power-ended"
    CAPACITY_CHANGED = "capacity-changed"
    AGREEMENT_ENDED = "agreement-ended"
    RECORDED_ELSEWHERE = "recorded-elsewhere"
    NO_ANSWER = "no-answer"
    DISAGREEMENT_SETTLED = "disagreement-settled"


class IllegalTransition(Conflict):
    """Something that cannot happen to a consent where it is."""

    slug = "consent-transition-not-possible"
    title = "This cannot be done to the consent as it is now"


class AlreadyWithdrawn(IllegalTransition):
    """A consent is withdrawn at most once."""

    slug = "consent-already-withdrawn"
    title = "This consent has already been withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """Something that happened to a consent, in the order of the log.

    Attributes:
        at: From when it counts.
        by_patient: The patient took up as their own what somebody had said for them.
    """

    event: Event
    at: datetime
    by_patient: bool = False


_VOID: Final = {
    Event.INVALIDATED: Status.INVALIDATED,
    Event.ENTERED_IN_ERROR: Status.ENTERED_IN_ERROR,
}
NEVER_VALID: Final = frozenset(_VOID.values())
"""What is here never counted, for no moment."""

_STOP: Final = {Event.WITHDRAWN: Status.WITHDRAWN, Event.SUPERSEDED: Status.SUPERSEDED, **_VOID}
_ANSWER: Final = {Event.GRANTED: Status.ACTIVE, Event.REFUSED: Status.REFUSED}
_ASKED: Final = {**_ANSWER, Event.LAPSED: Status.UNANSWERED, **_VOID}

TRANSITIONS: Final[Mapping[Status | None, Mapping[Event, Status]]] = MappingProxyType(
    {
        None: {Event.REQUESTED: Status.REQUESTED, Event.OFFERED: Status.OFFERED, **_ANSWER},
        Status.REQUESTED: {Event.OFFERED: Status.OFFERED, **_ASKED},
        Status.OFFERED: {Event.OFFERED: Status.OFFERED, **_ASKED},
        Status.ACTIVE: {
            Event.NARROWED: Status.ACTIVE,
            Event.SUSPENDED: Status.SUSPENDED,
            Event.PROXY_FROZEN: Status.PROXY_FROZEN,
            **_STOP,
        },
        Status.SUSPENDED: {Event.RE_VALIDATED: Status.ACTIVE, **_STOP},
        Status.PROXY_FROZEN: {Event.RE_VALIDATED: Status.ACTIVE, **_STOP},
        Status.REFUSED: _VOID,
        Status.UNANSWERED: _VOID,
        Status.WITHDRAWN: _VOID,
        Status.SUPERSEDED: _VOID,
        Status.INVALIDATED: {},
        Status.ENTERED_IN_ERROR: {},
    }
)
"""What may happen at each status, and what the status is then. `None` is before it exists."""


def after(status: Status | None, event: Event) -> Status:
    """Return the status that *event* leads to.

    Raises:
        AlreadyWithdrawn: it was withdrawn, and is to be withdrawn again.
        IllegalTransition: anything else that cannot happen to it now.
    """
    following = TRANSITIONS[status].get(event)
    if following is None:
        if status is Status.WITHDRAWN and event is Event.WITHDRAWN:
            raise AlreadyWithdrawn("it was withdrawn before; nothing more is to be done")
        now = "not there yet" if status is None else status.value
        raise IllegalTransition(f"it is {now}, and so cannot be {event.value}")
    return following


def status_at(events: Iterable[StatusEvent], t: datetime) -> Status | None:
    """Return the status at *t* of a consent with these events, oldest first.

    Invalidated and entered in error say that it never was valid: they count for every *t*.
    """
    status: Status | None = None
    for happened in events:
        if happened.event in _VOID:
            return _VOID[happened.event]
        if happened.at <= t:
            status = TRANSITIONS[status].get(happened.event)
    return status
