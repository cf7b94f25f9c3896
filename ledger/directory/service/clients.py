"""Programs that act for an organisation. Their secrets are kept where they are checked."""

from collections.abc import Iterable
from uuid import UUID

from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import ClientClosed, ClientRegistered
from ledger.directory.service.held import of_organisation


def register_client(
    work: UnitOfWork,
    *,
    client_id: UUID,
    organisation_id: UUID,
    name: str,
    scopes: Iterable[str],
    grants: Iterable[str],
    authentication: str,
) -> None:
    """Record that a program may act for an organisation; see `ledger.edge.oauth.clients`.

    Raises:
        NotFound: there is no such organisation.
    """
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.CLIENT_REGISTER, on=resource)
    work.record(
        ClientRegistered(
            client_id=client_id,
            organisation_id=organisation_id,
            name=name,
            scopes=tuple(sorted(scopes)),
            grants=tuple(sorted(grants)),
            authentication=authentication,
        )
    )


def may_register_clients(work: UnitOfWork, *, organisation_id: UUID) -> None:
    """Refuse whoever may not say which programs act for an organisation.

    Raises:
        NotFound: there is no such organisation.
    """
    work.authorise(Permission.CLIENT_REGISTER, on=of_organisation(work, organisation_id))


def close_client(work: UnitOfWork, *, client_id: UUID, organisation_id: UUID) -> None:
    """Record that a program's registration ends.

    Raises:
        NotFound: there is no such organisation.
    """
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.CLIENT_REGISTER, on=resource)
    work.record(ClientClosed(client_id=client_id, organisation_id=organisation_id))
