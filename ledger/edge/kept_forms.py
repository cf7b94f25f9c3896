"""A form that was sent too early: kept while its sender signs in again, then sent once more.

It may say anything about anybody, so it lies encrypted in the session, for a quarter of an
hour, and opens for the person who wrote it and nobody else.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from flask import request, session

from ledger.core import clock, privacy
from ledger.core.privacy import Tampered

_KEPT: Final = "kept_form"
_FOR: Final = timedelta(minutes=15)
_BYTES_MAX: Final = 64 * 1024
_NOT_KEPT: Final = frozenset({"csrf_token"})


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was sent: where to, and its fields in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def keep(person_id: UUID) -> bool:
    """Keep the form of this request. Says whether it could be: files and long ones are not."""
    given = request.form.items(multi=True)
    form = {
        "path": request.full_path.rstrip("?"),
        "fields": [pair for pair in given if pair[0] not in _NOT_KEPT],
        "at": clock.now().isoformat(),
    }
    plain = orjson.dumps(form)
    if request.files or len(plain) > _BYTES_MAX:
        return False
    session[_KEPT] = b64encode(privacy.encrypt(_key(), plain, about=person_id.bytes)).decode()
    return True


def take(person_id: UUID) -> KeptForm | None:
    """Return the form that *person_id* sent, once; None if there is none, or it is too old."""
    sealed = session.pop(_KEPT, None)
    if sealed is None:
        return None
    try:
        plain = privacy.decrypt(_key(), b64decode(sealed), about=person_id.bytes)
    except Tampered:
        return None
    form = orjson.loads(plain)
    if clock.now() - datetime.fromisoformat(form["at"]) > _FOR:
        return None
    return KeptForm(form["path"], tuple((name, value) for name, value in form["fields"]))


def _key() -> bytes:
    return privacy.derived_key("kept-forms")
