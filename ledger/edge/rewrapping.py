"""The edge's part in another master key, and which of its digests cannot be made anew."""

from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.core.db import table_of
from ledger.core.master_key import MasterKey
from ledger.core.rewrapping import Done, reseal, rewraps
from ledger.edge.oauth.models import SigningKey

for _what in ("username", "provider-account", "recovery-code"):
    privacy.pin(_what)  # Nobody keeps the name, the account or the code itself.


@rewraps("keys that sign tokens")
def token_keys(session: Session, old: MasterKey, new: MasterKey, _after: str, _limit: int) -> Done:
    """Encrypt the keys that sign tokens under the new master key."""
    keys = (old.derive("derived oauth-keys"), new.derive("derived oauth-keys"))
    return reseal(
        session,
        table_of(SigningKey),
        ["sealed"],
        keys=keys,
        about=lambda kid: str(kid).encode(),
    )
