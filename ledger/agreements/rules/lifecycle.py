"""The life of a version, as one table: what may be done in which state, and what comes of it.

`docs/reference/agreement.md` is generated from here.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.core.errors import Conflict


class State(StrEnum):
    """Where a version is in its life. The value is stored and shown: never rename one."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SIGNING = "signing"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    SUPERSEDED = "superseded"
    DECLINED = "declined"


class Command(StrEnum):
    """What may be asked of a version."""

    REDRAFT = "redraft"
    PROPOSE = "propose"
    SIGN = "sign"
    DECLINE = "decline"
    ACTIVATE = "activate"
    """Follows by itself when the last signature that the mode asks for is given."""
    ACCEDE = "accede"
    """A party signs a version that is in force between others already: pairwise and hub."""
    SUSPEND = "suspend"
    """Of a version that is suspended: until another day."""
    RESUME = "resume"
    WITHDRAW = "withdraw"
    """One party leaves; the version goes on, perhaps with an earlier end."""
    TERMINATE = "terminate"
    SUPERSEDE = "supersede"
    """Follows by itself when a later version is activated."""
    EXPIRE = "expire"
    """Brought by time, after the last day."""
    DISSOLVE = "dissolve"
    """Brought by time, when too few parties remain, or the leading one has left."""


TABLE: Final[Mapping[tuple[State, Command], State]] = MappingProxyType(
    {
        (State.DRAFT, Command.REDRAFT): State.DRAFT,
        (State.DRAFT, Command.PROPOSE): State.PROPOSED,
        (State.PROPOSED, Command.SIGN): State.SIGNING,
        (State.PROPOSED, Command.DECLINE): State.DECLINED,
        (State.SIGNING, Command.SIGN): State.SIGNING,
        (State.SIGNING, Command.DECLINE): State.DECLINED,
        (State.SIGNING, Command.ACTIVATE): State.ACTIVE,
        (State.ACTIVE, Command.ACCEDE): State.ACTIVE,
        (State.ACTIVE, Command.SUSPEND): State.SUSPENDED,
        (State.ACTIVE, Command.WITHDRAW): State.ACTIVE,
        (State.ACTIVE, Command.TERMINATE): State.TERMINATED,
        (State.ACTIVE, Command.SUPERSEDE): State.SUPERSEDED,
        (State.ACTIVE, Command.EXPIRE): State.EXPIRED,
        (State.ACTIVE, Command.DISSOLVE): State.TERMINATED,
        (State.SUSPENDED, Command.ACCEDE): State.SUSPENDED,
        (State.SUSPENDED, Command.SUSPEND): State.SUSPENDED,
        (State.SUSPENDED, Command.RESUME): State.ACTIVE,
        (State.SUSPENDED, Command.WITHDRAW): State.SUSPENDED,
        (State.SUSPENDED, Command.TERMINATE): State.TERMINATED,
        (State.SUSPENDED, Command.EXPIRE): State.EXPIRED,
        (State.SUSPENDED, Command.DISSOLVE): State.TERMINATED,
    }
)
"""(state, command) → the state after it. What is not here is refused."""

OPEN: Final = frozenset({State.DRAFT, State.PROPOSED, State.SIGNING})
"""Being negotiated: an agreement has one such version at most."""

STANDING: Final = frozenset({State.ACTIVE, State.SUSPENDED})
"""Signed and not ended."""


class NotInThisState(Conflict):
    """A command that the version's state does not allow."""

    slug = "agreement-not-in-this-state"
    title = "The agreement is past that, or not there yet"


def after(state: State, command: Command) -> State:
    """Return the state that *command* leads to.

    Raises:
        NotInThisState: the table has no such line.
    """
    try:
        return TABLE[state, command]
    except KeyError:
        allowed = ", ".join(each for each in Command if (state, each) in TABLE) or "nothing"
        raise NotInThisState(
            f"this version is {state}, so it cannot {command}; possible: {allowed}"
        ) from None
