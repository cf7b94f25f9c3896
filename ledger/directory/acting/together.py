"""Several powers of one person over records that turned out to be one patient's. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from ledger.directory.acting.rules import Power


def stilled_together(powers: Sequence[Power]) -> tuple[Power, ...]:
    """Return *powers*, each suspended too while another of the same person is.

    One has several only over records that turned out to be one patient's. What was feared of
    them in one is feared in all.
    """
    return tuple(
        replace(
            power,
            others=tuple(
                other.steps
                for other in powers
                if other.person_id == power.person_id and other.id != power.id
            ),
        )
        for power in powers
    )
