"""The ruleset in the log: which policy was in force when, word for word.

Entries name a ruleset by its digest; ``policy.activated`` keeps the text behind that name.
The files in ``policies/`` are the seed of a new installation and the form of a change:
they count once they are activated, and a service whose files differ does not start.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import authority, blobs
from ledger.core.authority import Resource
from ledger.core.entries import PolicyActivated
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork


class AlreadyActive(Conflict):
    """The ruleset is the one in force."""

    slug = "ruleset-already-active"
    title = "This ruleset is already in force"


EPOCH: Final = select(func.coalesce(func.max(LogEntry.position), 0).label("n")).where(
    LogEntry.kind == PolicyActivated.kind
)
"""The place of the newest activation; part of the statement by which decisions ask what moved."""


def newest(session: Session) -> PolicyActivated | None:
    """Return what the log says is in force; None before the first activation."""
    newest_first = select(LogEntry.body).where(LogEntry.kind == PolicyActivated.kind)
    body = session.scalar(newest_first.order_by(LogEntry.position.desc()).limit(1))
    if body is None:
        return None
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, PolicyActivated)
    return entry


def activate(work: UnitOfWork) -> PolicyActivated:
    """Record that the ruleset this process has loaded is in force from now on.

    Raises:
        Forbidden: the actor may not.
        AlreadyActive: it is already.
    """
    work.authorise(Permission.POLICY_ACTIVATE, on=Resource())
    before = newest(work.session)
    if before is not None and before.digest == work.policy.digest:
        raise AlreadyActive(f"the ruleset {work.policy.digest[:12]} is already in force")
    files: list[str] = []
    for name, text in sorted(work.policy.texts.items()):
        files += [name, blobs.keep(work.session, text, "text/plain")]
    entry = PolicyActivated(digest=work.policy.digest, files=tuple(files))
    work.record(entry)
    return entry


def text_of(session: Session, entry: PolicyActivated) -> dict[str, bytes]:
    """Return the files of an activated ruleset, by name."""
    names, digests = entry.files[::2], entry.files[1::2]
    return {name: blobs.read(session, digest) for name, digest in zip(names, digests, strict=True)}


def follow(session: Session) -> None:
    """Put in force here what the log says is in force, whoever activated it.

    Raises:
        BadPolicy: this program cannot read it. It then goes by nothing older.
    """
    active = newest(session)
    if active is None or active.digest == authority.in_force().digest:
        return
    with TemporaryDirectory() as name:
        for file, content in text_of(session, active).items():
            (Path(name) / file).write_bytes(content)
        authority.reload(Path(name))
