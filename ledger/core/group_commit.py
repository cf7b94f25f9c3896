"""Group commit: many requests of one process leave their entries in one transaction.

A commit costs a flush of the disk, however little it writes. So whoever finds nobody
committing takes everything that waits, settles it all in one transaction, commits once, and
hands on to the first of those who came meanwhile. No thread of its own: an idle service
commits at once, in the thread that asked.

    waiting = GroupCommit(settle)
    answer = waiting.submit(item)       # returns when the item's transaction has committed

*settle* is given a session in an open transaction and all the items, and returns an answer
for each. It runs in one thread at a time. If it fails for several, each is tried by itself,
so that one bad item is nobody else's failure. What fails because another process wrote the same
row is tried again, at a later moment; *settle* must bear that.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE
from ledger.core.errors import Bug

Item = TypeVar("Item")
Answer = TypeVar("Answer")

BATCH_MAX: Final = 256
_TRIES: Final = 4
_SERIALIZATION: Final = frozenset({"40001", "40P01"})


class _Ticket(Generic[Item, Answer]):
    """One item that waits, the answer it gets, and the lock its thread sleeps on."""

    __slots__ = ("answer", "error", "item", "leads", "settled", "woken")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.settled = False
        self.woken = Lock()
        self.woken.acquire()


class GroupCommit(Generic[Item, Answer]):
    """Settles items together; see the module. One for each engine and use."""

    def __init__(
        self, engine: Engine, settle: Callable[[Session, Sequence[Item]], Sequence[Answer]]
    ) -> None:
        self._engine: Final = engine.execution_options(
            **TO_WRITE,
            # One moment for all that is read: versions, and what they are versions of.
            **({"isolation_level": "REPEATABLE READ"} if engine.name == "postgresql" else {}),
        )
        self._settle: Final = settle
        self._waiting: deque[_Ticket[Item, Answer]] = deque()
        self._mutex: Final = Lock()
        self._busy = False

    def submit(self, item: Item) -> Answer:
        """Return the answer to *item* once it is committed; raise what settling it raised.

        The calling thread must hold no connection: all of them could, and wait for one.
        """
        ticket = _Ticket[Item, Answer](item)
        with self._mutex:
            self._waiting.append(ticket)
            leads = not self._busy
            self._busy = True
        if not leads:
            ticket.woken.acquire()
            leads = ticket.leads
        if leads:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        if not ticket.settled:
            raise Bug("a group commit ended without settling what it took")
        return ticket.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        with self._mutex:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
        try:
            self._commit(batch)
        except BaseException as error:  # noqa: BLE001  (it is raised where each item waits)
            for ticket in batch:
                if not ticket.settled and ticket.error is None:
                    ticket.error = error
        finally:
            with self._mutex:
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].woken.release()
                else:
                    self._busy = False
            for ticket in batch[1:]:  # The first is this thread's own.
                ticket.woken.release()

    def _commit(self, batch: Sequence[_Ticket[Item, Answer]]) -> None:
        try:
            self._together(batch)
        except Exception as error:  # noqa: BLE001  (likewise)
            if len(batch) == 1 and not _met_another(error):
                batch[0].error = error
                return
            for ticket in batch:
                self._alone(ticket)

    def _alone(self, ticket: _Ticket[Item, Answer]) -> None:
        """Settle one item by itself; again, where another process wrote the same meanwhile."""
        for tries_left in range(_TRIES - 1, -1, -1):
            try:
                self._together([ticket])
            except Exception as error:  # noqa: BLE001  (it is raised where the item waits)
                if tries_left and _met_another(error):
                    continue
                ticket.error = error
            return

    def _together(self, batch: Sequence[_Ticket[Item, Answer]]) -> None:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            answers = self._settle(session, [ticket.item for ticket in batch])
        for ticket, answer in zip(batch, answers, strict=True):
            ticket.answer, ticket.settled = answer, True


def _met_another(error: Exception) -> bool:
    """Say whether another process wrote the same at the same time: a new moment will show it."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") in _SERIALIZATION
