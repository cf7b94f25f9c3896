"""A decision of the past, as the log has it: what was asked, and by which rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias, TypeVar, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.entries import AccessDecided, AccessDecidedV1, AccessDecidedV2
from ledger.access.question import Question
from ledger.access.ruleset import Ruleset, of
from ledger.core import authority, policy, rulesets
from ledger.core.actor import Role
from ledger.core.entries import PolicyActivated
from ledger.core.errors import NotFound
from ledger.core.trail import LogEntry

Decided: TypeAlias = AccessDecided | AccessDecidedV2 | AccessDecidedV1
KINDS: Final = (AccessDecided, AccessDecidedV2, AccessDecidedV1)
_PROGRAM: Final = "client:"
_AT_ONCE: Final = 1000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Past:
    """One decision of the log."""

    entry_id: UUID
    position: int
    at: datetime
    actor: str
    on_behalf_of: str | None
    ruleset: str
    entry: Decided

    @property
    def successions(self) -> int:
        """Return which count of successions it saw; none were there before they were named."""
        return getattr(self.entry.saw, "successions", 0)

    @property
    def register(self) -> int:
        """Return which copy of the opt-out register it saw; 0 for none."""
        return getattr(self.entry.saw, "register", 0)

    @property
    def standing(self) -> int:
        """Return which count of changes of standing it saw."""
        return getattr(self.entry.saw, "standing", 0)

    def questions(self) -> tuple[Question, ...]:
        """Return what was asked: the likelier first, where the entry leaves two possible.

        An entry names no person whom the directory did not know, and a program that asks for
        itself names none either. The role that programs alone have tells them apart, unless
        nobody had any.
        """
        asked = self._asked(None)
        program = self.actor.startswith(_PROGRAM) and self.on_behalf_of is None
        if self.entry.person_id is not None or not program:
            return (asked,)
        itself = self._asked(UUID(self.actor.removeprefix(_PROGRAM)))
        return (itself,) if Role.SERVICE in self.entry.roles else (asked, itself)

    def _asked(self, client_id: UUID | None) -> Question:
        entry = self.entry
        return Question(
            person_id=entry.person_id,
            client_id=client_id,
            organisation_id=entry.organisation_id,
            role=entry.role,
            action=entry.action,
            patient_id=entry.patient_id,
            category=entry.category,
            holder_id=entry.holder_id,
            labelled=entry.sensitivities is not None,
            confidentiality=entry.confidentiality,
            sensitivities=entry.sensitivities or frozenset(),
            purpose=entry.purpose,
            others=frozenset(getattr(entry, "others", ())),
        )


class RulesGone(Exception):
    """The ruleset of that digest is not kept, or this program reads it no more. Says which."""


def decided(session: Session, entry_id: UUID) -> Past:
    """Return one decision.

    Raises:
        NotFound: no entry of that id is a decision about access.
    """
    row = session.execute(
        select(LogEntry.position, LogEntry.body).where(
            LogEntry.id == entry_id, LogEntry.kind == AccessDecided.kind
        )
    ).one_or_none()
    if row is None:
        raise NotFound("no such decision")
    return _past(row.position, row.body)


def newest(session: Session, last: int) -> Iterator[list[Past]]:
    """Yield the *last* decisions, the newest first, some at a time."""
    before: int | None = None
    while last > 0:
        rows = select(LogEntry.position, LogEntry.body).where(LogEntry.kind == AccessDecided.kind)
        if before is not None:
            rows = rows.where(LogEntry.position < before)
        rows = rows.order_by(LogEntry.position.desc()).limit(min(last, _AT_ONCE))
        found = [_past(position, body) for position, body in session.execute(rows)]
        if not found:
            return
        yield found
        last, before = last - len(found), found[-1].position


def rules_of(session: Session, digest: str) -> Ruleset:
    """Return the ruleset of a digest, from its text in the log.

    Raises:
        RulesGone: there is no such text, or this program cannot read it.
    """
    current = authority.in_force()
    if current.digest == digest:
        return of(current)
    activated = select(LogEntry.body).where(LogEntry.kind == PolicyActivated.kind)
    for body in session.scalars(activated.order_by(LogEntry.position.desc())):
        entry = cast(PolicyActivated, Record.from_bytes(body).entry)
        if entry.digest == digest:
            return _load(rulesets.text_of(session, entry), digest)
    raise RulesGone(f"the text of the ruleset {digest[:12]} was never put in the log")


def in_lots(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield *items* as lists of at most *size*."""
    source = iter(items)
    while some := list(islice(source, size)):
        yield some


def _load(texts: dict[str, bytes], digest: str) -> Ruleset:
    with TemporaryDirectory() as name:
        for file, text in texts.items():
            (Path(name) / file).write_bytes(text)
        try:
            return of(policy.load(Path(name)))
        except policy.BadPolicy as error:
            raise RulesGone(f"this program cannot read the ruleset {digest[:12]}") from error


def _past(position: int, body: bytes) -> Past:
    record = Record.from_bytes(body)
    assert isinstance(record.entry, KINDS)
    return Past(
        entry_id=record.id,
        position=position,
        at=record.at,
        actor=record.actor,
        on_behalf_of=record.on_behalf_of,
        ruleset=record.policy,
        entry=record.entry,
    )
