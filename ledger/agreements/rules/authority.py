"""Who may sign for an organisation: authority as data, with its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ledger.agreements.rules.terms import Kind
from ledger.core.errors import Forbidden, Invalid


class NoAuthority(Forbidden):
    """Nobody gave this person authority to sign this for this organisation."""

    slug = "no-authority-to-sign"
    title = "You have no authority to sign this"


class AuthorityEnded(Forbidden):
    """There was authority, or there will be; not today."""

    slug = "authority-not-current"
    title = "Your authority to sign is not current"


class AuthorityTooSmall(Forbidden):
    """The authority is limited to less money than the text binds the organisation to."""

    slug = "authority-limit-exceeded"
    title = "Your authority is for less money than this"


class BadAuthority(Invalid):
    """Authority as it may not be given."""

    slug = "authority-not-acceptable"
    title = "Authority cannot be given like that"


CHAIN_MAX: Final = 3
"""Original authority, a delegate, and a delegate's delegate: nobody is further from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """That a person may sign for an organisation. Days are inclusive.

    Attributes:
        position: In what capacity: "Chief executive". No name.
        kinds: What may be signed; empty for all kinds.
        limit_minor: The most money of one signature, in minor units; None for any amount.
        from_authority_id: The authority it was delegated from; None if it is original.
        ended_on: The first day on which it no longer counted; None if nobody ended it.
    """

    id: UUID
    person_id: UUID
    organisation_id: UUID
    position: str
    first_day: date
    last_day: date | None = None
    kinds: frozenset[Kind] = frozenset()
    limit_minor: int | None = None
    from_authority_id: UUID | None = None
    ended_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Say whether it counts on *day*, as far as its own days tell."""
        started = self.first_day <= day
        over = self.last_day is not None and day > self.last_day
        return started and not over and (self.ended_on is None or day < self.ended_on)

    def is_for(self, organisation_id: UUID, kind: Kind) -> bool:
        return self.organisation_id == organisation_id and (not self.kinds or kind in self.kinds)

    def reaches(self, amount_minor: int) -> bool:
        """Say whether its limit, if any, lets *amount_minor* be signed."""
        return self.limit_minor is None or amount_minor <= self.limit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercised:
    """The authority a signature uses, and the one behind it if it was delegated."""

    authority: Authority
    behind: Authority | None = None


def choose_authority(
    held: Sequence[Authority],
    *,
    behind: Mapping[UUID, Authority],
    organisation_id: UUID,
    kind: Kind,
    today: date,
    amount_minor: int = 0,
) -> Exercised:
    """Return which of the authority *held* a person signs by: original before delegated.

    What any of it was delegated from, and that from, is found in *behind*, by its id: where
    one link has ended, all after it have.

    Raises:
        NoAuthority: none of it is for this organisation and kind.
        AuthorityEnded: some was, or will be.
        AuthorityTooSmall: what holds today is for less than *amount_minor*.
    """
    fitting = [one for one in held if one.is_for(organisation_id, kind)]
    if not fitting:
        raise NoAuthority(f"ask your organisation's steward for authority to sign {kind} texts")
    chains = [
        found for one in sorted(fitting, key=_nearest) if (found := _chain(one, behind)) is not None
    ]
    holding = [found for found in chains if all(link.holds_on(today) for link in found)]
    if not holding:
        raise AuthorityEnded("your authority is not valid today: ask your organisation's steward")
    for found in holding:
        if all(link.reaches(amount_minor) for link in found):
            return Exercised(authority=found[0], behind=found[1] if len(found) > 1 else None)
    raise AuthorityTooSmall("somebody with authority for a larger amount must sign this")


def _nearest(one: Authority) -> tuple[bool, UUID]:
    return one.from_authority_id is not None, one.id


def _chain(one: Authority, behind: Mapping[UUID, Authority]) -> tuple[Authority, ...] | None:
    """Return an authority and all behind it, down to the original; None if that is not there."""
    found = [one]
    while (source_id := found[-1].from_authority_id) is not None:
        source = behind.get(source_id)
        if source is None or len(found) == CHAIN_MAX:
            return None
        found.append(source)
    return tuple(found)


def check_delegation(authority: Authority, *, behind: Authority, depth: int = 1) -> None:
    """Check that *authority* may be delegated from *behind*, which is at *depth* (1: original).

    Raises:
        BadAuthority: it is wider, longer, for more money, for another organisation, or too
            far from the original.
    """
    if depth >= CHAIN_MAX:
        raise BadAuthority("this was delegated twice already: it cannot be delegated again")
    if authority.organisation_id != behind.organisation_id:
        raise BadAuthority("authority is delegated inside one organisation")
    if authority.person_id == behind.person_id:
        raise BadAuthority("nobody delegates to themselves")
    if behind.kinds and not (authority.kinds and authority.kinds <= behind.kinds):
        raise BadAuthority("it would be for more kinds than the authority behind it")
    if behind.limit_minor is not None and not (
        authority.limit_minor is not None and authority.limit_minor <= behind.limit_minor
    ):
        raise BadAuthority("it would be for more money than the authority behind it")
    if authority.first_day < behind.first_day or (
        behind.last_day and (authority.last_day is None or authority.last_day > behind.last_day)
    ):
        raise BadAuthority("it would last longer than the authority behind it")


def check_days(authority: Authority) -> None:
    """Check that an authority ends after it starts. Raises `BadAuthority` if not."""
    if authority.limit_minor is not None and authority.limit_minor < 0:
        raise BadAuthority("its limit is an amount of money, or none")
    if authority.last_day is not None and authority.last_day < authority.first_day:
        raise BadAuthority("it would end before it starts")
