"""Local accounts: a name and a password, for demonstrations and small deployments.

What signs in is a person; what they may do is the directory's business. A name is kept as a
keyed digest, a password as Argon2id. An account is opened by a one-time invitation: whoever
holds it chooses the password, and nobody else ever knows it. To a wrong name and to a wrong
password the answer is the same, in words and in time. A setting turns all of this off.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from threading import BoundedSemaphore
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask import current_app
from sqlalchemy import LargeBinary, String, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core import clock, privacy
from ledger.core.db import Operational
from ledger.core.errors import Conflict, Forbidden, Invalid, NotAuthenticated, NotFound
from ledger.edge import throttle
from ledger.edge.operational import changing, reading
from ledger.edge.throttle import Counted

PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 256
_NAME_LENGTH_MAX: Final = 128
_DIFFERENT_MIN: Final = 5
_INVITED_FOR: Final = timedelta(days=3)

# OWASP's second choice for Argon2id. Each hash holds 46 MiB for about 50 ms of one core,
# so few run at once: a flood of guesses must not take the memory of everything else.
_hasher: Final = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_few_at_once: Final = BoundedSemaphore(4)
_NOBODYS: Final = _hasher.hash(token_urlsafe(32))


class WrongCredentials(NotAuthenticated):
    """The name or the password is wrong. Never says which."""

    slug = "wrong-credentials"
    title = "That name and password do not match"


class AccountsTurnedOff(Forbidden):
    """This deployment has no local accounts."""

    slug = "accounts-turned-off"
    title = "There are no local accounts here"


class NameTaken(Conflict):
    """Another person signs in by that name."""

    slug = "name-taken"
    title = "Somebody else signs in by that name"


class WeakPassword(Invalid):
    """The password would be guessed."""

    slug = "weak-password"
    title = "Choose a stronger password"


class SpentInvitation(NotFound):
    """The invitation was used, has run out, or never was."""

    slug = "spent-invitation"
    title = "That invitation cannot be used"

    def __init__(self) -> None:
        super().__init__("it has been used or has run out; ask whoever invited you for another")


class LocalAccount(Operational):
    """How one person signs in here. No name in clear: the directory knows what they are called."""

    __tablename__ = "local_accounts"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    set_at: Mapped[datetime]


class Invitation(Operational):
    """Leave to choose a password (or to link another provider's account), once."""

    __tablename__ = "invitations"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    name_key: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[datetime]


def invite(person_id: UUID, username: str) -> str:
    """Return a one-time token by which a person may choose a password; see `set_password`.

    An earlier invitation of the same person stops working. The account they may have goes on
    as it is until the new password is chosen.

    Raises:
        Invalid: the name is empty or too long.
        NameTaken: another person signs in by that name.
    """
    key, token, now = _name_key(username), token_urlsafe(32), clock.now()
    with changing() as work:
        owner = work.scalar(select(LocalAccount.person_id).where(LocalAccount.name_key == key))
        if owner not in (None, person_id):
            raise NameTaken("choose another name to sign in by")
        work.execute(delete(Invitation).where(Invitation.person_id == person_id))
        digest, ends_at = _digest(token), now + _INVITED_FOR
        work.add(Invitation(digest=digest, person_id=person_id, name_key=key, ends_at=ends_at))
    return token


def invited(token: str) -> UUID:
    """Return whom an invitation is for, without using it.

    Raises:
        SpentInvitation: it cannot be used.
    """
    with reading() as work:
        found = work.get(Invitation, _digest(token))
    if found is None or found.ends_at <= clock.now():
        raise SpentInvitation
    return found.person_id


def set_password(token: str, password: str) -> UUID:
    """Use an invitation to choose a password. Returns whose account it is.

    Raises:
        AccountsTurnedOff, NameTaken, SpentInvitation, WeakPassword: nothing was changed.
    """
    invited(token)
    password_hash = hashed(password)
    now = clock.now()
    try:
        with changing() as work:
            found = work.get(Invitation, _digest(token), with_for_update=True)
            if found is None:
                raise SpentInvitation
            account = work.get(LocalAccount, found.person_id) or LocalAccount(
                person_id=found.person_id
            )
            account.name_key, account.password_hash = found.name_key, password_hash
            account.set_at = now
            work.add(account)
            work.delete(found)
            return found.person_id
    except IntegrityError as error:
        raise NameTaken("choose another name to sign in by; ask for a new invitation") from error


def hashed(password: str) -> str:
    """Return what is kept of a password that somebody chooses.

    Raises:
        AccountsTurnedOff, WeakPassword: it is not kept.
    """
    _turned_on()
    _strong(password)
    with _few_at_once:
        return _hasher.hash(password)


def replace_password(work: Session, person_id: UUID, password_hash: str) -> bool:
    """Give a person's account another password, in the caller's transaction; False without one."""
    account = work.get(LocalAccount, person_id, with_for_update=True)
    if account is None:
        return False
    account.password_hash, account.set_at = password_hash, clock.now()
    return True


def has_account(person_id: UUID) -> bool:
    """Say whether a person has a password here."""
    with reading() as work:
        return work.get(LocalAccount, person_id) is not None


def chosen_at(person_id: UUID) -> datetime | None:
    """Return when a person chose the password they have here; None if they have none."""
    with reading() as work:
        account = work.get(LocalAccount, person_id)
    return account.set_at if account else None


def person_named(username: str) -> UUID | None:
    """Return who signs in by a name. Never to answer a stranger."""
    key = privacy.lookup_hmac("username", folded(username))
    with reading() as work:
        return work.scalar(select(LocalAccount.person_id).where(LocalAccount.name_key == key))


def use_up(token: str) -> UUID:
    """Use an invitation for something else than a password. Returns whom it was for.

    Raises:
        SpentInvitation: it cannot be used.
    """
    invited(token)
    with changing() as work:
        found = work.get(Invitation, _digest(token), with_for_update=True)
        if found is None:
            raise SpentInvitation
        work.delete(found)
        return found.person_id


def check(username: str, password: str, *, address: str) -> UUID:
    """Return whose name and password these are.

    Raises:
        AccountsTurnedOff: see the setting ``local_accounts``.
        TooManyAttempts: this name, or this address, has failed too often.
        WrongCredentials: they are nobody's.
    """
    _turned_on()
    name = folded(username)[:_NAME_LENGTH_MAX]
    account, source = Counted("account", name, free=5), Counted("address", address, free=50)
    throttle.attempt([account, source])
    with reading() as work:
        key = privacy.lookup_hmac("username", name)
        row = work.scalar(select(LocalAccount).where(LocalAccount.name_key == key))
    try:
        with _few_at_once:
            _hasher.verify(row.password_hash if row else _NOBODYS, password[:PASSWORD_LENGTH_MAX])
    except VerificationError as error:
        raise WrongCredentials("check the name and the password, then try again") from error
    if row is None:  # Somebody has guessed 256 random bits; it opens nothing.
        raise WrongCredentials("check the name and the password, then try again")
    throttle.succeeded(account, source)
    if _hasher.check_needs_rehash(row.password_hash):
        _rehash(row.person_id, password)
    return row.person_id


def close(person_id: UUID) -> None:
    """Take a person's local account and invitations away. Their sessions are ended apart."""
    with changing() as work:
        work.execute(delete(LocalAccount).where(LocalAccount.person_id == person_id))
        work.execute(delete(Invitation).where(Invitation.person_id == person_id))


def _rehash(person_id: UUID, password: str) -> None:
    with _few_at_once:
        password_hash = _hasher.hash(password)
    with changing() as work:
        same = update(LocalAccount).where(LocalAccount.person_id == person_id)
        work.execute(same.values(password_hash=password_hash))


def _strong(password: str) -> None:
    if len(password) < PASSWORD_LENGTH_MIN:
        raise WeakPassword(f"use {PASSWORD_LENGTH_MIN} characters or more; a few words will do")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise WeakPassword(f"use {PASSWORD_LENGTH_MAX} characters or fewer")
    if len(set(password.casefold())) < _DIFFERENT_MIN:
        raise WeakPassword(f"use {_DIFFERENT_MIN} different characters or more")


def _turned_on() -> None:
    if not current_app.extensions["settings"].local_accounts:
        raise AccountsTurnedOff("sign in through your organisation's provider")


def _name_key(username: str) -> bytes:
    name = folded(username)
    if not 1 <= len(name) <= _NAME_LENGTH_MAX:
        raise Invalid(f"a name to sign in by has 1 to {_NAME_LENGTH_MAX} characters")
    return privacy.lookup_hmac("username", name)


def folded(username: str) -> str:
    """Return a name to sign in by as it is compared."""
    return username.strip().casefold()


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
