"""What stops a command, in a sentence for who typed it."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from ledger.core.checkpoint_store import StoreUnavailable
from ledger.core.errors import LedgerError
from ledger.core.keys import WrongKey
from ledger.core.policy import BadPolicy
from ledger.core.privacy import Tampered
from ledger.core.standing import MustNotSign
from ledger.settings import BadSettings


def in_words(error: Exception) -> str | None:
    """Return what *error* means to an operator; None if it is a fault of the program."""
    if isinstance(error, LedgerError):
        faults = [f"  {fault.field}: {fault.detail}" for fault in error.faults]
        return "\n".join([error.detail, *faults])
    if isinstance(error, BadPolicy | BadSettings | WrongKey | MustNotSign | StoreUnavailable):
        return str(error)
    if isinstance(error, Tampered):
        return f"{error}. If LEDGER_MASTER_KEY was changed, give the one this database began with."
    return _about_database(error) if isinstance(error, DBAPIError) else None


def _about_database(error: DBAPIError) -> str:
    said = str(error.orig).strip().splitlines()[0]
    if isinstance(error.orig, sqlite3.OperationalError) and "full" in said:
        return f"the disk is full ({said}): free some space; nothing was half-written"
    if isinstance(error.orig, sqlite3.OperationalError) and "I/O" in said:
        return f"the disk is full or failing ({said}): free some space; nothing was half-written"
    if "no such table" in said or "does not exist" in said:
        return f"the database is not at this program's revision ({said}): run `ledger migrate`"
    return f"the database refused: {said}. LEDGER_DATABASE_URL says which one it is."
