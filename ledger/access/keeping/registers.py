"""Importing a copy of the opt-out register."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ledger.access.keeping import queries
from ledger.access.keeping.entries import RegisterImported
from ledger.access.keeping.models import Epoch
from ledger.access.keeping.projection import REGISTER
from ledger.access.keeping.rules import Lists, check_checked, read
from ledger.consent.marks import service as marks
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did; see `RegisterImported`."""

    n: int
    listed: int
    unknown: int
    opted_out: int
    changed: int


def import_register(
    work: UnitOfWork,
    *,
    content: bytes,
    lists: Lists,
    checked_at: datetime,
    progress: Progress = lambda _done, _of: None,
) -> Imported:
    """Take in a new copy of the register, whole: it counts for every patient from its entry on.

    Numbers that nobody here has are counted and forgotten. Where the file names those *upheld*,
    every patient here whom it does not name has opted out.

    Raises:
        Forbidden: the actor may not.
        BadRegister, RegisterOlder: see each; nothing is imported.
    """
    on = Resource(host_id=directory.host(work.session))
    work.authorise(Permission.OPT_OUT_IMPORT, on=on)
    work.load(Epoch, REGISTER)  # One import at a time.
    before = queries.register(work.session)
    check_checked(checked_at, before=before.checked_at if before else None, now=work.now)
    numbers = read(content)
    found = directory.patients_by_nhs_numbers(work.session, numbers)
    named = frozenset(found.values())
    opted_out = named
    if lists is Lists.UPHELD:
        opted_out = directory.every_patient(work.session) - named
    n = before.n + 1 if before else 1
    changes = marks.changes(work, opted_out)
    work.authorise(Permission.OPT_OUT_IMPORT, on=on, records=len(changes) + 1)
    marks.note_opt_outs(work, changes, register=n, progress=progress)
    unknown = len(numbers) - len(found)
    work.record(
        RegisterImported(
            n=n,
            lists=lists,
            digest=sha256(content).hexdigest(),
            listed=len(numbers),
            unknown=unknown,
            opted_out=len(opted_out),
            changed=len(changes),
            checked_at=checked_at,
        )
    )
    return Imported(
        n=n, listed=len(numbers), unknown=unknown, opted_out=len(opted_out), changed=len(changes)
    )
