"""The keys that sign tokens: made once, kept encrypted, published, replaced with an overlap.

A new key is published an hour before it signs, so that nobody meets a signature whose key
they have not seen; an old one is published for a day after the last token it can have
signed. Parsing a key costs more than checking a signature, so each process keeps them parsed
and looks at the table once a minute, or when it meets a key it does not know.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from threading import Lock
from typing import Any, Final

import orjson
from flask import Flask, current_app
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from sqlalchemy import select

from ledger.core import clock, privacy
from ledger.edge.oauth.models import SigningKey
from ledger.edge.operational import changing, reading

ALGORITHM: Final = "RS256"  # The one every OpenID client knows, and the quickest to verify.
FAPI_ALGORITHM: Final = "PS256"  # Where FAPI allows no RS256; the keys are the same.
ALGORITHMS: Final = (ALGORITHM, FAPI_ALGORITHM)
PUBLISHED_BEFORE: Final = timedelta(hours=1)
PUBLISHED_AFTER: Final = timedelta(days=1)
_KEY_BITS: Final = 2048
_LOOK_EVERY: Final = timedelta(minutes=1)
_LOOK_AGAIN_AFTER: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one moment, parsed."""

    signing: RSAKey
    verifying: KeySet
    kids: frozenset[str]
    seen_at: datetime
    verified: dict[bytes, Any] = field(default_factory=dict, compare=False, repr=False)
    """What tokens of these keys say, by their digest: as good as the keys, and gone with them."""

    def published(self) -> dict[str, Any]:
        """Return the JWK set: public halves only."""
        return dict(self.verifying.as_dict(private=False))


class Keyrings:
    """Gives the keyring as of now. One for each application."""

    def __init__(self) -> None:
        self._ring: Keyring | None = None
        self._one_look_at_a_time = Lock()

    def now(self, *, unknown: bool = False) -> Keyring:
        """Return the keyring; look at the table if it is old, or holds a key *unknown*."""
        ring, now = self._ring, clock.now()
        patience = _LOOK_AGAIN_AFTER if unknown else _LOOK_EVERY
        if ring is not None and now - ring.seen_at < patience:
            return ring
        with self._one_look_at_a_time:
            if self._ring is ring:
                self._ring = _look(now)
            return self._ring or _look(now)

    def rotate(self) -> str:
        """Publish a new key, which signs an hour from now. Returns its name."""
        now = clock.now()
        kid = _make(now, begins_at=now + PUBLISHED_BEFORE)
        self._ring = None
        return kid


def init_app(app: Flask) -> None:
    """Give *app* a keyring; nothing is read or made before it is needed."""
    app.extensions["oauth_keys"] = Keyrings()


def keyrings() -> Keyrings:
    """Return the keyrings of the current application."""
    found: Keyrings = current_app.extensions["oauth_keys"]
    return found


def current(rows: Sequence[tuple[str, datetime]], now: datetime) -> tuple[str, list[str]]:
    """Return which of (kid, begins at) signs at *now*, and which are published.

    Oldest first. With none that has begun, the first signs: it is a new installation.
    """
    ordered = sorted(rows, key=lambda row: (row[1], row[0]))
    begun = [kid for kid, begins_at in ordered if begins_at <= now]
    signing = begun[-1] if begun else ordered[0][0]
    ends = [begins_at for _, begins_at in ordered[1:]]
    published = [
        kid
        for position, (kid, _) in enumerate(ordered)
        if position >= len(ends) or ends[position] + PUBLISHED_AFTER > now
    ]
    return signing, published


def _look(now: datetime) -> Keyring:
    rows = _rows()
    if not rows:
        _make(now, begins_at=now)
        rows = _rows()
    signing, published = current([(row.kid, row.begins_at) for row in rows], now)
    keys = {row.kid: _opened(row) for row in rows if row.kid in published}
    others = (key for kid, key in keys.items() if kid != signing)
    ordered: list[OctKey | RSAKey | ECKey | OKPKey] = [keys[signing], *others]
    return Keyring(keys[signing], KeySet(ordered), frozenset(keys), now)


def _rows() -> list[SigningKey]:
    with reading() as work:
        return list(work.scalars(select(SigningKey)))


def _make(now: datetime, *, begins_at: datetime) -> str:
    kid = f"{now:%Y-%m}-{token_urlsafe(6)}"
    key = RSAKey.generate_key(_KEY_BITS, parameters={"kid": kid, "use": "sig"}, private=True)
    plain = orjson.dumps(key.as_dict(private=True))
    sealed = privacy.encrypt(privacy.derived_key("oauth-keys"), plain, about=kid.encode())
    with changing() as work:
        work.add(SigningKey(kid=kid, begins_at=begins_at, sealed=sealed))
    return kid


def _opened(row: SigningKey) -> RSAKey:
    key = privacy.derived_key("oauth-keys")
    return RSAKey.import_key(
        orjson.loads(privacy.decrypt(key, row.sealed, about=row.kid.encode())),
        parameters={"kid": row.kid, "use": "sig"},
    )
