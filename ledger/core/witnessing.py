"""The witnesses of our checkpoints: all are asked at once, and as many as answer count.

Whoever does not answer is asked again later, after a pause that doubles each time. A witness
that is still thinking is not asked anything else; if its answer fits the checkpoint that is
wanted then, it counts. Only publication waits here, and no longer than one time-out.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import BigInteger, Engine, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.policy import Policy, PolicyError
from audit.proofs import consistency_proof
from ledger.core import clock, receipts
from ledger.core.db import TO_WRITE, Operational
from ledger.core.witness_call import Partner, Question, Refused, ask

log_lines: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.witnesses")

PAUSE_FIRST_S: Final = 2.0
PAUSE_MAX_S: Final = 300.0
_GRACE_S: Final = 0.5  # With a quorum: how much longer for those who are nearly done.
_NAME_CHARS_MAX: Final = 255


class WitnessState(Operational):
    """How a witness does with one of our trees.

    Attributes:
        size: The tree that it cosigned last, as it says or as we have seen: a hint.
        outcome: ``cosigned``, or in a few words why not.
    """

    __tablename__ = "witnesses"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    witness: Mapped[str] = mapped_column(String(255), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    asked_at: Mapped[datetime]
    cosigned_at: Mapped[datetime | None]
    took_ms: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(BigInteger)
    failures_in_a_row: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking.

    Attributes:
        line: The signature line; None if there is none that counts.
        size: Where the witness stands now, as far as we know.
        asked_at: When it was asked.
    """

    log: str
    witness: str
    text: str
    line: str | None
    size: int
    outcome: str
    asked_at: datetime
    took_ms: int


@dataclass(slots=True)
class _Stand:
    """What the publisher knows of a witness and a tree, beside the table."""

    size: int = 0
    thinks_of: str | None = None
    failures: int = 0
    not_before_s: float = 0.0


@dataclass(slots=True)
class _Collected:
    """The lines for one checkpoint so far."""

    text: str = ""
    lines: dict[str, str] = field(default_factory=dict)


def partners(policy: Policy) -> list[Partner]:
    """Return the witnesses of *policy* that have an address.

    Raises:
        PolicyError: one cannot be asked, or too few can for the quorum.
    """
    found = []
    for witness in policy.witnesses:
        if witness.url is None:
            continue
        where = urlsplit(witness.url)
        if where.scheme not in ("http", "https") or not where.hostname or where.query:
            raise PolicyError(f"the address of {witness.name} must begin with https:// or http://")
        if len(witness.name) > _NAME_CHARS_MAX or not witness.name.isprintable():
            raise PolicyError(f"a witness's name has {_NAME_CHARS_MAX} characters at most")
        found.append(Partner(witness.name, witness.verifier, witness.url.rstrip("/")))
    if not policy.satisfied(partner.name for partner in found):
        raise PolicyError("too few witnesses have an address: nothing could ever be published")
    return found


class Witnesses:
    """Gets checkpoints cosigned. Used by one thread, the publisher's.

    Args:
        engine: The database, for proofs, and for what is known of each witness.
        policy: Who counts, and how many.
        timeout_s: How long one witness may take, and so how long a round takes.
    """

    def __init__(self, engine: Engine, policy: Policy, *, timeout_s: float) -> None:
        self._engine: Final = engine
        self._policy: Final = policy
        self._timeout_s: Final = timeout_s
        self._partners: Final = partners(policy)
        self._answers: Final[SimpleQueue[Answer]] = SimpleQueue()
        self._stands: Final[dict[tuple[str, str], _Stand]] = {}
        self._collected: Final[dict[str, _Collected]] = {}

    def cosign(self, log: str, note: str) -> str | None:
        """Return *note* with the cosignatures that came; None if they are no quorum."""
        question = Question.of(note, self._prover(log, note))
        self._collected[log] = _Collected(question.text)
        self._take_late()
        for partner in self._partners:
            stand = self._stand(log, partner.name)
            if stand.thinks_of is None and monotonic() >= stand.not_before_s:
                stand.thinks_of = question.text
                work = (log, partner, question, stand.size)
                Thread(target=self._ask, args=work, name="witness", daemon=True).start()
        self._collect(log)
        lines = self._collected[log].lines
        if not self._policy.satisfied(lines):
            log_lines.warning(
                "no quorum of witnesses", log=log, size=question.size, cosigned=sorted(lines)
            )
            return None
        in_order = [lines[one.name] for one in self._partners if one.name in lines]
        return note + "".join(in_order)

    def _prover(self, log: str, note: str) -> Callable[[int], Sequence[bytes]]:
        def prove(old: int) -> Sequence[bytes]:
            if old in (0, size):
                return []
            with Session(self._engine) as session:
                return consistency_proof(old, size, receipts.nodes(session, log, size=size))

        size = Question.of(note, prove).size
        return prove

    def _ask(self, log: str, partner: Partner, question: Question, old: int) -> None:
        """Ask one witness, in a thread of its own, and put the answer where it is collected."""
        asked_at, began_s = clock.now(), monotonic()
        line, size, outcome = None, old, "cosigned"
        try:
            line = ask(
                partner,
                question,
                old=old,
                now_s=int(asked_at.timestamp()),
                timeout_s=self._timeout_s,
            )
            size = question.size
        except Refused as refused:
            outcome, size = str(refused), old if refused.size is None else refused.size
        except Exception as error:  # noqa: BLE001  (or it would seem to think for ever)
            outcome = f"could not be asked: {type(error).__name__}"
        took_ms = round((monotonic() - began_s) * 1000)
        self._answers.put(
            Answer(log, partner.name, question.text, line, size, outcome, asked_at, took_ms)
        )

    def _take_late(self) -> None:
        """Take the answers that came since the last round."""
        with suppress(Empty):
            while True:
                self._take(self._answers.get_nowait())

    def _collect(self, log: str) -> None:
        """Take answers until all are there, or a quorum is and the grace is over, or it is late."""
        collected = self._collected[log]
        end_s = monotonic() + self._timeout_s
        while self._awaited(log, collected.text):
            if self._policy.satisfied(collected.lines):
                end_s = min(end_s, monotonic() + _GRACE_S)
            try:
                answer = self._answers.get(timeout=max(0.0, end_s - monotonic()))
            except Empty:
                return
            self._take(answer)

    def _awaited(self, log: str, text: str) -> bool:
        return any(self._stand(log, one.name).thinks_of == text for one in self._partners)

    def _take(self, answer: Answer) -> None:
        stand = self._stand(answer.log, answer.witness)
        stand.thinks_of, stand.size = None, answer.size
        if answer.line is None:
            stand.size = 0  # What it said may be false. Asked from 0, it is bound to say more.
            stand.failures += 1
            pause_s = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2 ** min(stand.failures - 1, 20))
            stand.not_before_s = monotonic() + pause_s * random.uniform(0.8, 1.2)  # noqa: S311
        else:
            stand.failures, stand.not_before_s = 0, 0.0
            collected = self._collected.get(answer.log)
            if collected is not None and collected.text == answer.text:
                collected.lines[answer.witness] = answer.line
        self._note(answer, stand)

    def _note(self, answer: Answer, stand: _Stand) -> None:
        say = log_lines.info if answer.line else log_lines.warning
        say(
            "witness asked",
            witness=answer.witness,
            log=answer.log,
            outcome=answer.outcome,
            size=answer.size,
            took_ms=answer.took_ms,
            failures_in_a_row=stand.failures,
        )
        with (
            self._engine.connect().execution_options(**TO_WRITE) as connection,
            Session(connection) as session,
            session.begin(),
        ):
            row = session.get(WitnessState, (answer.log, answer.witness))
            if row is None:
                row = WitnessState(log=answer.log, witness=answer.witness, failures=0)
                session.add(row)
            row.size, row.asked_at, row.took_ms = answer.size, answer.asked_at, answer.took_ms
            row.outcome, row.failures_in_a_row = answer.outcome, stand.failures
            if answer.line:
                row.cosigned_at = answer.asked_at
            else:
                row.failures += 1

    def _stand(self, log: str, witness: str) -> _Stand:
        stand = self._stands.get((log, witness))
        if stand is None:
            with Session(self._engine) as session:
                row = session.get(WitnessState, (log, witness))
                stand = _Stand(size=row.size) if row else _Stand()
            self._stands[log, witness] = stand
        return stand


def policy_of(setting: str) -> Policy | None:
    """Return the policy that *setting* is, or is the path of; None if it is empty.

    Raises:
        PolicyError: it cannot be read, is no policy, or could never be fulfilled.
    """
    if not setting:
        return None
    text: str | bytes = setting
    if "\n" not in setting:
        try:
            text = Path(setting).read_bytes()
        except OSError as error:
            raise PolicyError(f"cannot be read: {error.strerror}") from error
    policy = Policy.parse(text)
    partners(policy)
    return policy


def witness_lines(policy: Policy) -> str:
    """Return what *policy* says of witnesses, as a policy file does: all but its logs."""
    lines = [
        f"witness {one.name} {one.verifier}{f' {one.url}' if one.url else ''}"
        for one in policy.witnesses
    ]
    lines += [f"group {one.name} {one.threshold} {' '.join(one.members)}" for one in policy.groups]
    return "\n".join([*lines, f"quorum {policy.quorum or 'none'}", ""])


def states(session: Session) -> list[WitnessState]:
    """Return how each witness does, by tree and name."""
    return list(
        session.scalars(select(WitnessState).order_by(WitnessState.log, WitnessState.witness))
    )
