"""The part of messages in another master key: what signs each endpoint's messages."""

from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.db import table_of
from ledger.core.master_key import MasterKey
from ledger.core.rewrapping import Done, reseal, rewraps
from ledger.messages.models import Endpoint


@rewraps("secrets of endpoints")
def secrets(session: Session, old: MasterKey, new: MasterKey, _after: str, _limit: int) -> Done:
    """Encrypt the secrets of endpoints under the new master key."""
    keys = (old.derive("derived webhook-secrets"), new.derive("derived webhook-secrets"))
    return reseal(
        session,
        table_of(Endpoint),
        ["sealed_secret", "sealed_before"],
        keys=keys,
        about=lambda endpoint_id: UUID(str(endpoint_id)).bytes,
    )
