"""Getting back into a local account: by a code one has kept, or a link one was given.

Ten codes of sixty random bits, each good for one recovery, kept as keyed digests; and links
that a steward has made out (`issue`; whatever sends mail may call it too), good for a day. To
a wrong name and to a wrong code the answer is the same, and failures make the next one wait.
A recovery changes the password and uses up every other code and link of the account.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import choice, token_urlsafe
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock, privacy
from ledger.core.db import Operational
from ledger.core.errors import Conflict, NotAuthenticated, NotFound
from ledger.core.ids import new_id
from ledger.directory.recovering import RecoveryMeans
from ledger.edge import accounts, throttle
from ledger.edge.operational import changing, reading
from ledger.edge.throttle import Counted
from ledger.messages.service import recovering
from ledger.settings import Settings

CODES: Final = 10
LINK_LASTS: Final = timedelta(days=1)
_AFTER_CODE: Final = timedelta(minutes=15)
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o or u.
_LENGTH: Final = 12
_NAME_LENGTH_MAX: Final = 128


class WrongRecoveryCode(NotAuthenticated):
    """The name or the code is wrong, or the code was used. Never says which."""

    slug = "wrong-recovery-code"
    title = "That name and code do not match"


class NoPassword(Conflict):
    """The person signs in by a provider, and has nothing here to give back."""

    slug = "no-password"
    title = "They have no password here"


class SpentRecovery(NotFound):
    """The link was used, has run out, or never was."""

    slug = "spent-recovery"
    title = "That link cannot be used"

    def __init__(self) -> None:
        super().__init__("it has been used or has run out; ask for another")


class RecoveryCode(Operational):
    """A code that nobody has used yet."""

    __tablename__ = "recovery_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    made_at: Mapped[datetime]


class Recovery(Operational):
    """Leave to choose a new password, once."""

    __tablename__ = "recoveries"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    means: Mapped[str] = mapped_column(String(32))
    ends_at: Mapped[datetime]


def make_codes(person_id: UUID) -> tuple[str, ...]:
    """Return new codes of a person, shown once. Earlier ones are good for nothing."""
    codes = tuple("".join(choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(CODES))
    with changing() as work:
        work.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
        for code in codes:
            digest = _code_digest(person_id, code)
            work.add(RecoveryCode(digest=digest, person_id=person_id, made_at=clock.now()))
    return tuple("-".join((code[:4], code[4:8], code[8:])) for code in codes)


def codes_left(person_id: UUID) -> int:
    """Return how many codes a person could still use."""
    mine = select(func.count()).where(RecoveryCode.person_id == person_id)
    with reading() as work:
        return work.scalar(mine) or 0


def use_code(username: str, code: str, *, address: str) -> str:
    """Use a code up. Returns the token of a recovery that is good for a quarter of an hour.

    Raises:
        TooManyAttempts: this name, or this address, has failed too often.
        WrongRecoveryCode: they do not belong together.
    """
    name = accounts.folded(username)[:_NAME_LENGTH_MAX]
    account, source = Counted("recovery", name, free=5), Counted("address", address, free=50)
    throttle.attempt([account, source])
    person_id = accounts.person_named(name)
    digest = _code_digest(person_id or new_id(), code)
    with changing() as work:
        row = work.get(RecoveryCode, digest, with_for_update=True)
        if row is not None:
            work.delete(row)
    if person_id is None or row is None:
        raise WrongRecoveryCode("check the name and the code, then try again; each works once")
    throttle.succeeded(account, source)
    return _begin(person_id, RecoveryMeans.CODE, _AFTER_CODE)


def issue(person_id: UUID) -> str:
    """Return the token of a link by which a person may choose a password anew.

    An earlier one stops working. The account goes on as it is until the link is used.

    Raises:
        NoPassword: they have none here.
    """
    must_have_password(person_id)
    return _begin(person_id, RecoveryMeans.LINK, LINK_LASTS)


def link(person_id: UUID) -> str | None:
    """Return the address of a link as `issue` makes one; None if they have no password here."""
    settings: Settings = current_app.extensions["settings"]
    if not settings.local_accounts or not accounts.has_account(person_id):
        return None
    return f"{settings.public_url}/recover/{issue(person_id)}"


def ask_by_mail(username: str, *, address: str) -> None:
    """Have a link sent to whoever signs in by that name, if there is anybody.

    Raises:
        TooManyAttempts: it was asked for too often, for this name or from this address.
    """
    name = accounts.folded(username)[:_NAME_LENGTH_MAX]
    asked = [Counted("recovery-mail", name, free=3), Counted("recovery-mails", address, free=30)]
    throttle.attempt(asked)
    person_id = accounts.person_named(name)
    with changing() as work:
        recovering.ask(work, person_id)


def must_have_password(person_id: UUID) -> None:
    """Raise `NoPassword` unless a person signs in by a password that is kept here."""
    if not accounts.has_account(person_id):
        raise NoPassword("the provider that they sign in with can help them")


def find(token: str) -> UUID:
    """Return whose recovery this is, without using it. Raises `SpentRecovery`."""
    with reading() as work:
        found = work.get(Recovery, _digest(token))
    if found is None or found.ends_at <= clock.now():
        raise SpentRecovery
    return found.person_id


def set_password(token: str, password: str) -> tuple[UUID, RecoveryMeans]:
    """Use a recovery to choose a password. Returns whose, and by what means they came.

    Raises:
        AccountsTurnedOff, WeakPassword: nothing was changed.
        SpentRecovery: it cannot be used.
    """
    find(token)
    password_hash = accounts.hashed(password)
    with changing() as work:
        found = work.get(Recovery, _digest(token), with_for_update=True)
        if found is None or not accounts.replace_password(work, found.person_id, password_hash):
            raise SpentRecovery
        for table in (Recovery, RecoveryCode):
            work.execute(delete(table).where(table.person_id == found.person_id))
        return found.person_id, RecoveryMeans(found.means)


def forget(person_id: UUID) -> None:
    """Take a person's codes and links away."""
    with changing() as work:
        for table in (Recovery, RecoveryCode):
            work.execute(delete(table).where(table.person_id == person_id))


def _begin(person_id: UUID, means: RecoveryMeans, lasts: timedelta) -> str:
    token, ends_at = token_urlsafe(32), clock.now() + lasts
    with changing() as work:
        work.execute(delete(Recovery).where(Recovery.person_id == person_id))
        work.add(Recovery(digest=_digest(token), person_id=person_id, means=means, ends_at=ends_at))
    return token


def _code_digest(person_id: UUID, code: str) -> bytes:
    plain = "".join(one for one in code.lower() if one.isalnum())[: 2 * _LENGTH]
    return privacy.lookup_hmac("recovery-code", f"{person_id}\n{plain}")


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
