"""Suspending, leaving and ending: what days they may name, and what remains to be done."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.agreements.rules.terms import Terms
from ledger.core.errors import Conflict, Invalid

_PARTIES_MIN: Final = 2
SUSPENSION_DAYS_MAX: Final = 92
"""A suspension that must last longer is renewed, with its reason given again."""


class Ground(StrEnum):
    """Why flows are suspended or an agreement is ended. The words beside it are private."""

    BREACH = "data-breach"
    UNLAWFUL = "sharing-unlawful"
    BROKEN = "agreement-broken"
    DISPUTE = "dispute"
    REVIEW = "under-review"
    AGREED = "by-mutual-consent"


class Disposal(StrEnum):
    """What became of what an organisation had received. The value is stored and logged."""

    DESTROYED = "destroyed"
    RETURNED = "returned"


class NoticeTooShort(Invalid):
    """A party that leaves earlier than its notice allows."""

    slug = "notice-too-short"
    title = "The notice is too short"


class BadSuspension(Invalid):
    """A suspension without an end, or with one too far away."""

    slug = "suspension-not-acceptable"
    title = "The suspension needs another last day"


class AlreadyLeaving(Conflict):
    """A party gives notice once."""

    slug = "already-leaving"
    title = "This party has already given notice"


def check_suspension(*, to: date, today: date) -> None:
    """Check the last day of a suspension that starts now. Raises `BadSuspension`."""
    if to < today:
        raise BadSuspension("its last day is in the past")
    if (to - today).days > SUSPENSION_DAYS_MAX:
        raise BadSuspension(f"it may last {SUSPENSION_DAYS_MAX} days: after that, renew it")


def check_notice(
    terms: Terms, *, organisation_id: UUID, leaves_on: date, today: date, gone: Mapping[UUID, date]
) -> None:
    """Check that a party may leave on that day: its first day outside the agreement.

    Raises:
        AlreadyLeaving: it has given notice before.
        NoticeTooShort: the day is sooner than the notice that was agreed.
    """
    if organisation_id in gone:
        raise AlreadyLeaving(f"it leaves on {gone[organisation_id]}")
    soonest = today + timedelta(days=terms.notice_days)
    if leaves_on < soonest:
        raise NoticeTooShort(f"the earliest day is {soonest}: {terms.notice_days} days from today")


def ends_with(terms: Terms, *, gone: Mapping[UUID, date]) -> date:
    """Return the agreement's last day, given when each leaving party is *gone*.

    It goes on while two parties remain and the leading one is among them.
    """
    last = terms.ends_on
    for day in sorted(set(gone.values())):
        left = {one for one in terms.party_ids if one not in gone or gone[one] > day}
        if len(left) < _PARTIES_MIN or terms.lead_id not in left:
            return min(last, day - timedelta(days=1))
    return last


def ends_by_leaving(terms: Terms, *, last_day: date, gone: Mapping[UUID, date]) -> bool:
    """Say whether it is because of who left that *last_day* is the last."""
    return last_day < terms.ends_on and last_day == ends_with(terms, gone=gone)


def receivers(terms: Terms) -> frozenset[UUID]:
    """Return the parties that get anything from another, and so owe its destruction or return."""
    return frozenset(flow.to_party for flow in terms.flows)


def return_due_on(terms: Terms, *, ended_on: date) -> date:
    """Return the day by which what was received is destroyed or returned, and certified."""
    return ended_on + timedelta(days=terms.return_days)
