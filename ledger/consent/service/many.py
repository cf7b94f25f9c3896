"""Many statements in one unit of work, each by the rules of one; a refused one undoes itself.

Patients are held in one order, whatever order the statements come in, so that two lists with
the same patients wait for each other and never both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar
from uuid import UUID

from ledger.consent.rules.choices import Choice
from ledger.consent.rules.model import Effect
from ledger.consent.service.granting import ONLINE, Said, dissent
from ledger.consent.service.held import Recorded
from ledger.consent.service.late import Waiting, grant_or_wait
from ledger.core.errors import Fault, Invalid, LedgerError
from ledger.core.work import UnitOfWork

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one patient said: yes under an agreement, or no.

    Attributes:
        effect: `Effect.PERMIT` is a yes.
        answers: The consent that they were asked for, if they were.
    """

    patient_id: UUID
    effect: Effect
    choice: Choice
    agreement_id: UUID | None = None
    said: Said = ONLINE
    answers: UUID | None = None


Result: TypeAlias = Recorded | Waiting | LedgerError
"""What became of a statement; the error is why nothing did."""


def say(work: UnitOfWork, one: Statement) -> Recorded | Waiting:
    """Record one statement.

    Raises:
        Invalid: a yes names no agreement.
        LedgerError: as `grant_or_wait` and `dissent`.
    """
    if one.effect is Effect.DENY:
        return dissent(
            work,
            patient_id=one.patient_id,
            agreement_id=one.agreement_id,
            choice=one.choice,
            said=one.said,
            answers=one.answers,
        )
    if one.agreement_id is None:
        fault = Fault("/agreement_id", "a yes is given under an agreement: say which")
        raise Invalid(fault.detail, [fault])
    return grant_or_wait(
        work,
        patient_id=one.patient_id,
        agreement_id=one.agreement_id,
        choice=one.choice,
        said=one.said,
        answers=one.answers,
    )


def say_many(work: UnitOfWork, statements: Sequence[Statement]) -> list[Result]:
    """Record statements, each by itself; return what became of each, in the order given."""
    return each_by_itself(work, statements, say)


def each_by_itself(
    work: UnitOfWork,
    statements: Sequence[Statement],
    carry_out: Callable[[UnitOfWork, Statement], Done],
) -> list[Done | LedgerError]:
    """Carry out a command for each statement; what refuses one is its result."""
    found: dict[int, Done | LedgerError] = {}
    for n, one in sorted(enumerate(statements), key=lambda each: (each[1].patient_id, each[0])):
        try:
            with work.attempt():
                found[n] = carry_out(work, one)
        except LedgerError as refused:
            found[n] = refused
    return [found[n] for n in range(len(statements))]
