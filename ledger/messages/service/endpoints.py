"""Commands on endpoints: where a party's programs are told of changes, and what signs it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select, update

from ledger.core.errors import NotFound
from ledger.core.followers import Cursor
from ledger.core.ids import new_id
from ledger.core.permissions import Permission
from ledger.core.trail import LogFrontier
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.messages import secrets
from ledger.messages.entries import (
    EndpointChanged,
    EndpointClosed,
    EndpointPaused,
    EndpointRegistered,
    EndpointResumed,
    SecretRotated,
    Why,
)
from ledger.messages.models import Delivery, Endpoint
from ledger.messages.queue import LOG, cursor_of
from ledger.messages.rules import endpoints as rules

OVERLAP: Final = timedelta(days=1)
"""How long the secret before signs too, so that a receiver need not change at one moment."""


def register(
    work: UnitOfWork, *, organisation_id: UUID, url: str, kinds: Sequence[str] = (), private: bool
) -> tuple[UUID, str]:
    """Have a program of an organisation told of what happens from now on.

    Args:
        work: The steward's unit of work.
        organisation_id: Whose program.
        url: Where messages go.
        kinds: What it is told of; see `rules.endpoints.wants`.
        private: Whether addresses that are not public may be used here.

    Returns:
        The endpoint's id, and the secret that signs its messages, which is shown this once.

    Raises:
        NotFound: there is no such organisation.
        BadEndpoint: the address or a kind cannot be used.
    """
    directory.organisation(work.session, organisation_id)
    work.authorise(Permission.ENDPOINT_KEEP, on=directory.resource(work.session, organisation_id))
    rules.check(url, kinds, private=private)
    endpoint_id, secret = new_id(), secrets.new()
    work.record(
        EndpointRegistered(
            endpoint_id=endpoint_id,
            organisation_id=organisation_id,
            host=_host(url),
            kinds=tuple(sorted(kinds)),
        )
    )
    size = work.session.scalars(select(LogFrontier.size).where(LogFrontier.log == LOG)).one()
    work.session.add_all(
        (
            Endpoint(
                id=endpoint_id,
                organisation_id=organisation_id,
                url=url,
                kinds=sorted(kinds),
                sealed_secret=secrets.seal(secret, endpoint_id),
                registered_at=work.now,
            ),
            Cursor(follower=cursor_of(endpoint_id), next_index=size),
        )
    )
    return endpoint_id, secret


def change(
    work: UnitOfWork, *, endpoint_id: UUID, url: str, kinds: Sequence[str], private: bool
) -> None:
    """Give an endpoint another address, or have it told of other kinds.

    Raises:
        NotFound: there is no such endpoint of the actor's organisation.
        BadEndpoint: the address or a kind cannot be used.
    """
    row = load(work, endpoint_id)
    rules.check(url, kinds, private=private)
    work.record(
        EndpointChanged(
            endpoint_id=endpoint_id,
            organisation_id=row.organisation_id,
            host=_host(url),
            kinds=tuple(sorted(kinds)),
        )
    )
    row.url, row.kinds = url, sorted(kinds)


def close(work: UnitOfWork, *, endpoint_id: UUID) -> None:
    """Tell an endpoint nothing any more. What waited for it is dropped."""
    row = load(work, endpoint_id)
    work.record(EndpointClosed(endpoint_id=endpoint_id, organisation_id=row.organisation_id))
    row.closed_at = work.now
    waiting = update(Delivery).where(Delivery.endpoint_id == endpoint_id)
    work.session.execute(waiting.where(Delivery.due_at.is_not(None)).values(due_at=None))


def pause(work: UnitOfWork, *, endpoint_id: UUID, why: Why = Why.ASKED) -> None:
    """Tell an endpoint nothing for now. What happens meanwhile waits in the log.

    Raises:
        NotInThatState: it is paused.
    """
    row = load(work, endpoint_id)
    if row.paused is not None:
        raise rules.NotInThatState("it is paused already")
    work.record(
        EndpointPaused(endpoint_id=endpoint_id, organisation_id=row.organisation_id, why=why)
    )
    row.paused = why


def resume(work: UnitOfWork, *, endpoint_id: UUID) -> None:
    """Tell an endpoint again, from where it was.

    Raises:
        NotInThatState: it is not paused.
    """
    row = load(work, endpoint_id)
    if row.paused is None:
        raise rules.NotInThatState("it is not paused")
    work.record(EndpointResumed(endpoint_id=endpoint_id, organisation_id=row.organisation_id))
    row.paused = row.failing_since = None
    again = update(Delivery).where(Delivery.endpoint_id == endpoint_id)
    work.session.execute(
        again.where(Delivery.delivered_at.is_(None)).values(due_at=work.now, attempts=0)
    )


def rotate_secret(work: UnitOfWork, *, endpoint_id: UUID) -> str:
    """Give an endpoint a new secret, and return it. The old one signs too for `OVERLAP`."""
    row, secret = load(work, endpoint_id), secrets.new()
    work.record(SecretRotated(endpoint_id=endpoint_id, organisation_id=row.organisation_id))
    row.sealed_before, row.before_ends_at = row.sealed_secret, work.now + OVERLAP
    row.sealed_secret = secrets.seal(secret, endpoint_id)
    return secret


def load(work: UnitOfWork, endpoint_id: UUID) -> Endpoint:
    """Return an endpoint, locked, once the actor may keep it. To others it does not exist.

    Raises:
        NotFound: there is no such endpoint, it is closed, or it is not the actor's to keep.
    """
    row = work.session.get(Endpoint, endpoint_id, with_for_update=True, populate_existing=True)
    if row is None or row.closed_at is not None:
        raise NotFound("no such endpoint")
    resource = directory.resource(work.session, row.organisation_id)
    if not work.may(Permission.ENDPOINT_KEEP, on=resource):
        raise NotFound("no such endpoint")
    work.authorise(Permission.ENDPOINT_KEEP, on=resource)
    return row


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
