"""What if other rules held, or another agreement did: past decisions, judged again.

Each is judged twice by what it knew then (`history`): by the rules of then, and by those that
are tried. Nothing is decided for anybody. Memory is bounded: some thousands are judged at a time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access.answers import obligations
from ledger.access.deciding import Decision, Known, decide
from ledger.access.history import History, NotRebuilt
from ledger.access.index import parties
from ledger.access.past import Past, RulesGone, in_lots, newest, rules_of
from ledger.access.question import Question
from ledger.access.rebuilding import gather
from ledger.access.ruleset import Ruleset, of
from ledger.access.trying_entries import AccessTriedOtherwise
from ledger.agreements import queries as agreements
from ledger.agreements.queries.supposed import Supposed, supposed_lines
from ledger.agreements.rules.cover import Line
from ledger.core import authority, clock, policy
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import Invalid
from ledger.core.policy import BadPolicy, Permission, Policy
from ledger.core.work import UnitOfWork

CHUNK = 5_000


class NoRules(Invalid):
    """The files that were given are no ruleset."""

    slug = "not-a-ruleset"
    title = "These files cannot be used as rules"


class Flip(StrEnum):
    """How an answer would be another."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Rules to try, and an agreement to take as suspended throughout.

    Attributes:
        supposed: A version of an agreement to take as in force throughout, in place of all others
            of that agreement: its lines; see `suppose`.
        version: Which that is.
    """

    rules: Policy
    suspended: UUID | None = None
    supposed: tuple[Supposed, ...] = ()
    version: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A past decision that would be answered otherwise, or (no *flip*) cannot be judged."""

    entry_id: UUID
    at: datetime
    organisation_id: UUID
    holder_id: UUID
    roles: tuple[str, ...]
    purpose: str
    category: str
    was: str
    would_be: str
    reason: str
    flip: Flip | None


@dataclass(slots=True)
class Tally:
    """What came of it, counted."""

    decisions: int = 0
    unjudged: int = 0
    flips: Counter[Flip] = field(default_factory=Counter)
    by: Counter[tuple[str, str, Flip]] = field(default_factory=Counter)
    """(organisation, role, purpose or category; which; flip)"""

    def add(self, judged: Judged | None) -> None:
        """Count one decision; None is one that stays as it was."""
        self.decisions += 1
        if judged is None:
            return
        if judged.flip is None:
            self.unjudged += 1
            return
        self.flips[judged.flip] += 1
        for word, values in (
            ("organisation", (str(judged.organisation_id),)),
            ("role", judged.roles),
            ("purpose", (judged.purpose,)),
            ("category", (judged.category,)),
        ):
            for value in values:
                self.by[word, value, judged.flip] += 1


def rules_with(files: Mapping[str, bytes]) -> Policy:
    """Return the ruleset in force with some of its files replaced.

    Raises:
        NoRules: a file that is no part of a ruleset, or one that cannot be used.
    """
    texts = authority.in_force().texts
    if strange := sorted(files.keys() - texts.keys()):
        raise NoRules(f"{strange[0][:60]!r} is no file of a ruleset; known: {', '.join(texts)}")
    with TemporaryDirectory() as name:
        for file, text in {**texts, **files}.items():
            (Path(name) / file).write_bytes(text)
        try:
            return policy.load(Path(name))
        except BadPolicy as error:
            raise NoRules(str(error).replace(f"{name}/", "")) from error


def suppose(
    session: Session, actor: Actor, tried: Tried, *, agreement_id: UUID, number: int
) -> Tried:
    """Return *tried* with a version of an agreement taken as in force.

    Raises:
        NotFound: there is none that the actor may read.
    """
    agreements.version(session, actor, agreement_id, number)
    return supposing(session, tried, agreement_id, number)


def supposing(session: Session, tried: Tried, agreement_id: UUID, number: int) -> Tried:
    """Return the same, for an operator: asks nobody's leave.

    Raises:
        NotFound: there is no such version.
    """
    lines = supposed_lines(session, agreement_id, number)
    return replace(tried, supposed=lines, version=(agreement_id, number))


def judge(session: Session, tried: Tried, *, last: int) -> Iterator[Judged | None]:
    """Yield a value for each of the *last* decisions, newest first: None where nothing changes."""
    pasts = (past for some in newest(session, last) for past in some)
    for some in in_lots(pasts, CHUNK):
        yield from _judge(session, tried, some)


def record(work: UnitOfWork, tried: Tried, tally: Tally) -> None:
    """Record that this was tried, and what came of it.

    Raises:
        Forbidden: the actor may not.
    """
    work.authorise(Permission.ACCESS_WHAT_IF, on=Resource())
    work.record(
        AccessTriedOtherwise(
            ruleset=tried.rules.digest,
            agreement_id=tried.suspended,
            supposed_id=tried.version[0] if tried.version else None,
            supposed_version=tried.version[1] if tried.version else None,
            decisions=tally.decisions,
            gained=tally.flips[Flip.GAINED],
            lost=tally.flips[Flip.LOST],
            changed=tally.flips[Flip.CHANGED],
            unjudged=tally.unjudged,
        )
    )


def _judge(session: Session, tried: Tried, pasts: Sequence[Past]) -> Iterator[Judged | None]:
    history, other = gather(session, pasts), of(tried.rules)
    rules: dict[str, Ruleset | None] = {}
    for past in pasts:
        if past.ruleset not in rules:
            try:
                rules[past.ruleset] = rules_of(session, past.ruleset)
            except RulesGone:
                rules[past.ruleset] = None
        then = rules[past.ruleset]
        question = past.questions()[0]
        known = _rebuilt(history, past, question)
        was = None if then is None or known is None else decide(question, known, then, past.at)
        if was is None or known is None or was.verdict.outcome is not past.entry.outcome:
            yield _judged(past, None, None)
            continue
        yield _flipped(past, was, decide(question, _known(known, tried, past), other, past.at))


def _rebuilt(history: History, past: Past, question: Question) -> Known | None:
    try:
        return history.known(past, question)
    except NotRebuilt:
        return None


def _known(known: Known, tried: Tried, past: Past) -> Known:
    """Return what would have been known, had agreements been as is tried."""
    if known.between is None:
        return known
    lines = known.between.lines
    if tried.version is not None:
        others = (line for line in lines if line.agreement_id != tried.version[0])
        lines = (*others, *_supposed(known, tried, past))
    lines = tuple(
        replace(line, suspended_to=date.max) if line.agreement_id == tried.suspended else line
        for line in lines
    )
    return replace(known, between=replace(known.between, lines=lines))


def _supposed(known: Known, tried: Tried, past: Past) -> Iterator[Line]:
    """Yield what the supposed version says of those two, or of one who gives or gets."""
    on = clock.civil_date(past.at)
    asked = parties(past.questions()[0], known.successions, past.at)
    for giver, taker, line in tried.supposed:
        both = known.successions.current(giver, on), known.successions.current(taker, on)
        if both == asked or (asked[0] == asked[1] and asked[0] in both):
            named = tuple(sorted({giver, taker}.difference(asked)))
            yield replace(line, stands_for=named)


def _flipped(past: Past, was: Decision, would_be: Decision) -> Judged | None:
    if was.verdict.permits is not would_be.verdict.permits:
        flip = Flip.GAINED if would_be.verdict.permits else Flip.LOST
        return _judged(past, would_be, flip)
    same = not was.verdict.permits or obligations(was) == obligations(would_be)
    return None if same else _judged(past, would_be, Flip.CHANGED)


def _judged(past: Past, would_be: Decision | None, flip: Flip | None) -> Judged:
    entry = past.entry
    return Judged(
        entry_id=past.entry_id,
        at=past.at,
        organisation_id=entry.organisation_id,
        holder_id=entry.holder_id,
        roles=tuple(sorted(entry.roles)),
        purpose=entry.purpose,
        category=entry.category,
        was=entry.outcome,
        would_be="" if would_be is None else would_be.verdict.outcome,
        reason="" if would_be is None else would_be.verdict.reason,
        flip=flip,
    )
