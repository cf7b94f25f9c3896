"""Members of staff and their roles, in words. Templates get these, never rows."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger.directory.queries import StaffMember
from ledger.directory.rules.memberships import STAFF_ROLES
from ledger.web.navigation import role_words
from ledger.web.shell import day as in_words


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role of a member of staff, in words."""

    membership_id: UUID
    role: str
    days: str
    holds: bool
    """Whether it can still be ended."""


@dataclass(frozen=True, slots=True)
class StaffCard:
    """A member of staff in words. Templates get these, never rows."""

    person_id: UUID
    name: str
    email: str
    status: str
    colour: str
    roles: tuple[RoleLine, ...]

    @classmethod
    def of(cls, member: StaffMember, *, today: date) -> "StaffCard":
        """Present somebody as they stand *today*."""
        roles = tuple(
            RoleLine(
                each.membership_id,
                role_words(each.role),
                days_words(each.period.from_on, each.period.until_on, today=today),
                each.period.until_on is None or each.period.until_on >= today,
            )
            for each in member.roles
        )
        if not any(line.holds for line in roles):
            status, colour = "Left", "grey"
        elif member.accepted:
            status, colour = "Signs in", "green"
        else:
            status, colour = "Invited", "blue"
        name = member.name or "Name erased"
        return cls(member.person_id, name, member.email or "", status, colour, roles)

    @property
    def roles_now(self) -> str:
        """The roles that still hold, on one line."""
        return ", ".join(line.role for line in self.roles if line.holds) or "None"


def days_words(from_on: date, until_on: date | None, *, today: date) -> str:
    """Say a period in words, as seen from *today*."""
    if until_on is not None and until_on < from_on:
        return "Taken back before it began"
    if until_on is None:
        return f"{'Since' if from_on <= today else 'From'} {in_words(from_on)}"
    return f"{in_words(from_on)} to {in_words(until_on)}"


def role_options(chosen: str = "") -> list[dict[str, object]]:
    """Return the roles to choose from, as the select component takes them."""
    roles = sorted(STAFF_ROLES, key=role_words)
    options: list[dict[str, object]] = [{"value": "", "text": "Choose a role"}]
    options.extend(
        {"value": role.value, "text": role_words(role), "selected": role == chosen}
        for role in roles
    )
    return options
