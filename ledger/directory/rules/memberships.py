"""Roles: which can be given, for how long, and when one is over."""

from datetime import date
from typing import Final

from ledger.core.actor import Role
from ledger.core.errors import Conflict, Invalid
from ledger.directory.rules.periods import BadPeriod, Period, check_period

STAFF_ROLES: Final = frozenset(Role) - {
    Role.PATIENT,
    Role.PROXY,
    Role.SERVICE,
    Role.BODY,
    Role.SYSTEM,
}
"""The roles that an organisation gives. One becomes a patient by a link to one's record,
a proxy by a power that the patient or the law gives, and a program is no member."""


class NotAStaffRole(Invalid):
    """A role that no organisation can give."""

    slug = "not-a-staff-role"
    title = "This role is not given by an organisation"


class RoleAlreadyHeld(Conflict):
    """The person has this role here on some of these days already."""

    slug = "role-already-held"
    title = "This person already has this role here"


class RoleAlreadyEnded(Conflict):
    """The membership was over before."""

    slug = "role-already-ended"
    title = "This role has already ended"


def check_role(role: Role, *, period: Period, held: tuple[Period, ...], today: date) -> None:
    """Check that a person may be given *role* for *period*.

    *held* are the periods of the same role that they have at this organisation.

    Raises:
        NotAStaffRole, BadPeriod, RoleAlreadyHeld: see each.
    """
    if role not in STAFF_ROLES:
        raise NotAStaffRole(f"{role} is not a role that an organisation can give")
    check_period(period, today=today)
    if period.until_on is not None and period.until_on < today:
        raise BadPeriod(f"the last day, {period.until_on}, is in the past")
    for other in held:
        if other.overlaps(period):
            until = "" if other.until_on is None else f" until {other.until_on}"
            raise RoleAlreadyHeld(f"it is held from {other.from_on}{until}: end that first")


def check_end(period: Period, *, until_on: date, today: date) -> None:
    """Check that a membership may end with *until_on*, its last day.

    A day that is past cannot be made one without the role: what was done on it was done.
    Yesterday is the last day of a role that ends at once: see `last_day`.

    Raises:
        RoleAlreadyEnded: it had ended before today.
        BadPeriod: the day is too early, or would make the membership longer.
    """
    if period.until_on is not None and period.until_on < today:
        raise RoleAlreadyEnded(f"its last day was {period.until_on}")
    if until_on < last_day(today):
        raise BadPeriod("a role cannot end in the past: choose today or a later day")
    if period.until_on is not None and until_on > period.until_on:
        raise BadPeriod(f"it already ends on {period.until_on}: give the role again to extend it")


def last_day(today: date) -> date:
    """Return the last day of what is ended at once: yesterday, as days are inclusive."""
    return date.fromordinal(today.toordinal() - 1)
