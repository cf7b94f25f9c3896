"""What must be done before somebody is erased. Areas above say so; the directory knows none.

    @before_erasing
    def withdraw_all(work: UnitOfWork, patient_id: UUID) -> None: ...

A step authorises and records what it does, in the unit of work of the erasure. One that
raises refuses it: a legal duty to keep something is a step that raises `Conflict`.
"""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from ledger.core.work import UnitOfWork

Step: TypeAlias = Callable[[UnitOfWork, UUID], None]

_steps: list[Step] = []


def before_erasing(step: Step) -> Step:
    """Have *step* done before a patient is erased."""
    _steps.append(step)
    return step


def prepare(work: UnitOfWork, patient_id: UUID) -> None:
    """Do every step, in the order in which they were declared."""
    for step in _steps:
        step(work, patient_id)
