"""Who may sign for an organisation: authority as data, with its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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


class BadAuthority(Invalid):
    """Authority as it may not be given."""

    slug = "authority-not-acceptable"
    title = "Authority cannot be given like that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """That a person may sign for an organisation. Days are inclusive.

    Attributes:
        position: In what capacity: "Chief executive". No name.
        kinds: What may be signed; empty for all kinds.
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
    from_authority_id: UUID | None = None
    ended_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Say whether it counts on *day*, as far as its own days tell."""
        started = self.first_day <= day
        over = self.last_day is not None and day > self.last_day
        return started and not over and (self.ended_on is None or day < self.ended_on)

    def is_for(self, organisation_id: UUID, kind: Kind) -> bool:
        return self.organisation_id == organisation_id and (not self.kinds or kind in self.kinds)


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
) -> Exercised:
    """Return which of the authority *held* a person signs by: original before delegated.

    What any of it was delegated from is found in *behind*, by its id.

    Raises:
        NoAuthority: none of it is for this organisation and kind.
        AuthorityEnded: some was, or will be.
    """
    fitting = [one for one in held if one.is_for(organisation_id, kind)]
    if not fitting:
        raise NoAuthority(f"ask your organisation's steward for authority to sign {kind} texts")
    for one in sorted(fitting, key=lambda each: (each.from_authority_id is not None, each.id)):
        if not one.holds_on(today):
            continue
        if one.from_authority_id is None:
            return Exercised(authority=one)
        source = behind.get(one.from_authority_id)
        if source is not None and source.holds_on(today):
            return Exercised(authority=one, behind=source)
    raise AuthorityEnded("your authority is not valid today: ask your organisation's steward")


def check_delegation(authority: Authority, *, behind: Authority) -> None:
    """Check that *authority* may be delegated from *behind*.

    Raises:
        BadAuthority: it is wider, longer, for another organisation, or from a delegate.
    """
    if behind.from_authority_id is not None:
        raise BadAuthority("delegated authority cannot be delegated again")
    if authority.organisation_id != behind.organisation_id:
        raise BadAuthority("authority is delegated inside one organisation")
    if authority.person_id == behind.person_id:
        raise BadAuthority("nobody delegates to themselves")
    if behind.kinds and not (authority.kinds and authority.kinds <= behind.kinds):
        raise BadAuthority("it would be for more kinds than the authority behind it")
    if authority.first_day < behind.first_day or (
        behind.last_day and (authority.last_day is None or authority.last_day > behind.last_day)
    ):
        raise BadAuthority("it would last longer than the authority behind it")


def check_days(authority: Authority) -> None:
    """Check that an authority ends after it starts. Raises `BadAuthority` if not."""
    if authority.last_day is not None and authority.last_day < authority.first_day:
        raise BadAuthority("it would end before it starts")
