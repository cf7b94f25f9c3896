"""What consents mean. Pure: no database, no clock, no framework.

The instant and the versions judged are arguments, so the same question always has the
same answer, today and when an old decision is replayed.
"""

from ledger.consent.rules.combining import Combined, combine, enforce, evaluate
from ledger.consent.rules.evaluation import Answer, Outcome, answer
from ledger.consent.rules.lifecycle import Event, Reason, Status, StatusEvent
from ledger.consent.rules.model import (
    Capacity,
    Conditions,
    Data,
    Effect,
    Grantor,
    Kind,
    Labels,
    Node,
    Period,
    Request,
    Terms,
    Version,
)

__all__ = [
    "Answer",
    "Capacity",
    "Combined",
    "Conditions",
    "Data",
    "Effect",
    "Event",
    "Grantor",
    "Kind",
    "Labels",
    "Node",
    "Outcome",
    "Period",
    "Reason",
    "Request",
    "Status",
    "StatusEvent",
    "Terms",
    "Version",
    "answer",
    "combine",
    "enforce",
    "evaluate",
]
