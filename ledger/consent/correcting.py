"""What follows when a consent turns out to be another's. Layers above say so, here.

@when_misfiled
def list_decisions(work: UnitOfWork, misfiled: Misfiled) -> None: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfiled:
    """A consent that was recorded for the wrong patient.

    Attributes:
        wrong: What authority over the wrong patient hangs on.
        entry_id: Which says that it was entered in error.
    """

    consent_id: UUID
    wrong_patient_id: UUID
    wrong: Resource
    entry_id: UUID


Step: TypeAlias = Callable[[UnitOfWork, Misfiled], None]
_steps: list[Step] = []


def when_misfiled(step: Step) -> Step:
    """Have *step* done in the unit of work that puts it right; it authorises what it records."""
    _steps.append(step)
    return step


def follow(work: UnitOfWork, misfiled: Misfiled) -> None:
    """Do every step, in the order in which they were declared."""
    for step in _steps:
        step(work, misfiled)
