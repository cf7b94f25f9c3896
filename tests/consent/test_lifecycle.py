"""What may happen to a consent, and what it is then."""

from datetime import timedelta

import pytest

from ledger.consent.rules.lifecycle import (
    TRANSITIONS,
    AlreadyWithdrawn,
    Event,
    IllegalTransition,
    Status,
    StatusEvent,
    after,
    status_at,
)
from tests.consent.strategies import T0

DAY = timedelta(days=1)


def test_every_status_can_be_reached_and_says_what_may_follow() -> None:
    reached = {status for following in TRANSITIONS.values() for status in following.values()}
    assert reached == set(Status)
    assert set(TRANSITIONS) == {None, *Status}


def test_what_is_over_cannot_come_back() -> None:
    for status in (Status.REFUSED, Status.WITHDRAWN, Status.SUPERSEDED):
        assert set(TRANSITIONS[status].values()) == {Status.INVALIDATED, Status.ENTERED_IN_ERROR}
    assert not TRANSITIONS[Status.INVALIDATED]
    assert not TRANSITIONS[Status.ENTERED_IN_ERROR]


def test_wherever_it_was_granted_it_can_be_withdrawn() -> None:
    for status in (Status.ACTIVE, Status.SUSPENDED, Status.PROXY_FROZEN):
        assert after(status, Event.WITHDRAWN) is Status.WITHDRAWN


def test_an_illegal_transition_says_where_the_consent_is() -> None:
    with pytest.raises(AlreadyWithdrawn):
        after(Status.WITHDRAWN, Event.WITHDRAWN)
    with pytest.raises(IllegalTransition, match="it is refused, and so cannot be granted"):
        after(Status.REFUSED, Event.GRANTED)
    with pytest.raises(IllegalTransition, match="not there yet"):
        after(None, Event.WITHDRAWN)


def test_the_status_is_that_of_the_moment_asked_about() -> None:
    events = [
        StatusEvent(event=Event.GRANTED, at=T0),
        StatusEvent(event=Event.SUSPENDED, at=T0 + DAY),
        StatusEvent(event=Event.RE_VALIDATED, at=T0 + 2 * DAY),
        StatusEvent(event=Event.WITHDRAWN, at=T0 + 3 * DAY),
    ]
    expected = [None, Status.ACTIVE, Status.SUSPENDED, Status.ACTIVE, Status.WITHDRAWN]
    assert [status_at(events, T0 + n * DAY) for n in range(-1, 4)] == expected


def test_what_was_never_valid_was_not_valid_before_either() -> None:
    events = [
        StatusEvent(event=Event.GRANTED, at=T0),
        StatusEvent(event=Event.INVALIDATED, at=T0 + DAY),
    ]
    assert status_at(events, T0) is Status.INVALIDATED
