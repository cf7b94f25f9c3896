"""A thing sent twice is done once: ``Idempotency-Key`` for JSON, a one-time token for forms.

    with unit_of_work(current_actor()) as work:
        body = once(work, lambda: Out().dump(service.grant(work, ...)))     # an API command
        once_form(work)                                                     # a form

The row is written in the command's own transaction, so an answer is kept exactly if its
command was carried out; a refused request may be mended and sent again under its key. Answers
may name people, so they are encrypted under the client's key, of which we keep a digest only:
nobody reads them again who does not know it. Keys are good for a day.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from flask import current_app, json, request
from joserfc import jwe
from joserfc.jwk import OctKey
from sqlalchemy import LargeBinary, String, Text, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core.db import Operational
from ledger.core.errors import Conflict, Fault, Invalid
from ledger.core.work import UnitOfWork
from ledger.edge.headers import add_header

GOOD_FOR: Final = timedelta(days=1)
_KEY_LENGTH_MAX: Final = 255
_ENTRIES: Final = "(entries)"  # Kept with an answer: what was recorded for it.


class KeyReused(Invalid):
    """One ``Idempotency-Key``, two different requests."""

    slug = "idempotency-key-reused"
    title = "This Idempotency-Key was used for another request"


class InProgress(Conflict):
    """The first request under this key has not been answered yet."""

    slug = "request-in-progress"
    title = "A request with this Idempotency-Key is being carried out"


class AlreadySent(Conflict):
    """The same page was sent twice."""

    slug = "already-sent"
    title = "You have already sent this"


class IdempotencyKey(Operational):
    """What an actor asked under a key, and what they were answered.

    Attributes:
        key_digest: SHA-256 of the key; the key itself opens the answer.
        answer: A compact JWE; None until the command was carried out, and for forms.
    """

    __tablename__ = "idempotency_keys"

    actor_ref: Mapped[str] = mapped_column(String(80), primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    request_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    answer: Mapped[str | None] = mapped_column(Text)


def once(work: UnitOfWork, carry_out: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Carry out a command, or answer again what the same request was answered before.

    Raises:
        KeyReused: the key was used for a request of another body or address.
        InProgress: the first request under the key is still being carried out.
        Invalid: the key is empty, too long, or holds other than visible ASCII.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return carry_out()
    if not (0 < len(key) <= _KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        fault = Fault("Idempotency-Key", f"use 1 to {_KEY_LENGTH_MAX} visible ASCII characters")
        raise Invalid("the Idempotency-Key cannot be used", [fault])
    row = _claim(work, key, request.get_data(cache=True))
    if row.answer is None:
        before = len(work.recorded)
        body = carry_out()
        row.answer = _sealed(key, {**body, _ENTRIES: [*map(str, work.recorded[before:])]})
        return body
    add_header("Idempotency-Replayed", "true")
    body = _opened(key, row.answer)
    work.recorded.extend(map(UUID, body.pop(_ENTRIES, [])))  # Whoever waits, waits for these.
    return body


def once_done(
    work: UnitOfWork, command: Callable[..., object], *given: object, **named: object
) -> None:
    """Carry out a command that has nothing to answer but that it is done: see `once`."""

    def carry_out() -> dict[str, Any]:
        command(work, *given, **named)
        return {}

    once(work, carry_out)


def once_token() -> str:
    """Return a fresh token for a form's hidden field ``once``."""
    return secrets.token_urlsafe(16)


def once_form(work: UnitOfWork) -> None:
    """Take the form's one-time token, so that a second copy of it changes nothing.

    Raises:
        AlreadySent: this very form was sent, and carried out, before.
        Invalid: the form has no token.
    """
    token = request.form.get("once", "")
    if not 0 < len(token) <= _KEY_LENGTH_MAX:
        raise Invalid("this form has lost its token; open the page again and send it from there")
    try:
        row = _claim(work, f"form:{token}", b"")
    except InProgress as error:
        raise AlreadySent("it is being recorded now; look at the page it leads to") from error
    if row.answer is not None:
        raise AlreadySent("it was recorded the first time, and nothing was done twice")
    row.answer = ""


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete keys older than a day; return how many. Every few hundredth command does this."""
    old = delete(IdempotencyKey).where(IdempotencyKey.at < now - GOOD_FOR)
    return session.connection().execute(old).rowcount


def _claim(work: UnitOfWork, key: str, body: bytes) -> IdempotencyKey:
    """Return the row of *key*: this request's own, or that of the same request before."""
    asked = f"{request.method} {request.full_path}\n".encode()
    digest = sha256(asked + sha256(body).digest()).digest()
    # A program's key is one key for each person it acts for, who must not get another's answer.
    whose = f"{work.actor.on_behalf_of or ''}\n{key}"
    primary = (work.actor.ref, sha256(whose.encode()).digest())
    row = work.session.get(IdempotencyKey, primary)
    if row is not None and row.at < work.now - GOOD_FOR:
        work.session.delete(row)
        work.session.flush()
        row = None
    if row is not None:
        if row.request_digest != digest:
            raise KeyReused("send another key with another request")
        if row.answer is None:
            raise InProgress("wait a moment, then ask again with the same key")
        return row
    row = IdempotencyKey(
        actor_ref=primary[0], key_digest=primary[1], at=work.now, request_digest=digest
    )
    if primary[1][0] == 0:  # One key in 256 sweeps for all.
        forget_old(work.session, now=work.now)
    work.session.add(row)
    try:
        work.session.flush()  # Before the command: a second one waits here, and is refused.
    except IntegrityError as error:
        raise InProgress("wait a moment, then ask again with the same key") from error
    return row


def _key(key: str) -> OctKey:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return OctKey.import_key(sha256(b"idempotency-answer\n" + secret + key.encode()).digest())


def _sealed(key: str, body: dict[str, Any]) -> str:
    header = {"alg": "dir", "enc": "A256GCM"}
    return jwe.encrypt_compact(header, json.dumps(body).encode(), _key(key))


def _opened(key: str, answer: str) -> dict[str, Any]:
    plain = jwe.decrypt_compact(answer, _key(key)).plaintext
    body: dict[str, Any] = json.loads(plain or b"{}")
    return body
