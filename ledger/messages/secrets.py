"""What signs an endpoint's messages: made here, shown once, kept encrypted."""

from base64 import b64encode
from secrets import token_bytes
from typing import Final
from uuid import UUID

from ledger.core import privacy

_PURPOSE: Final = "webhook-secrets"
_PREFIX: Final = "whsec_"  # https://www.standardwebhooks.com spells them like that.
_BYTES: Final = 32


def new() -> str:
    """Return a new secret, as it is given to whoever runs the endpoint."""
    return _PREFIX + b64encode(token_bytes(_BYTES)).decode()


def seal(secret: str, endpoint_id: UUID) -> bytes:
    """Return *secret* encrypted, as it is kept."""
    return privacy.encrypt(privacy.derived_key(_PURPOSE), secret.encode(), about=endpoint_id.bytes)


def opened(sealed: bytes, endpoint_id: UUID) -> str:
    """Return what `seal` was given."""
    return privacy.decrypt(privacy.derived_key(_PURPOSE), sealed, about=endpoint_id.bytes).decode()
