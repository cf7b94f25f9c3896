"""What a check of the log finds."""

from dataclasses import dataclass, field
from typing import Final

from audit import Frontier

FAULTS_MAX: Final = 200
"""After so many, a log is not damaged but another."""


@dataclass(slots=True)
class Report:
    """What a check found.

    Attributes:
        size: How many leaves lead to `root`.
        pending: How many entries have no index yet.
        checkpoints: How many signed checkpoints agree.
        earlier: How many more agree that were signed under an earlier name.
        published: How many published notes agree.
        resumed_at: Entries before this were found to agree by an earlier run.
        kept: Whether the log continues the checkpoint that somebody kept.
        faults: One sentence each. None is the only good news.
        more: How many more there are than are listed.
    """

    log: str
    size: int = 0
    root: bytes = Frontier().root()
    pending: int = 0
    checkpoints: int = 0
    earlier: int = 0
    published: int = 0
    resumed_at: int = 0
    kept: bool = False
    faults: list[str] = field(default_factory=list)
    more: int = 0

    def fault(self, sentence: str) -> None:
        """Add what is wrong, up to a number that is worth reading."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(sentence)
        else:
            self.more += 1
