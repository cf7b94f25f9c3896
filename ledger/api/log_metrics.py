"""How publication and each witness do, as numbers for Prometheus. Read when they are asked for."""

from typing import Final

from flask import current_app
from prometheus_client import Gauge
from sqlalchemy.orm import Session

from ledger.core import clock, log_status

_size: Final = Gauge("ledger_published_entries", "Size of the newest published tree.", ("log",))
_age: Final = Gauge(
    "ledger_published_age_seconds", "Age of the newest published checkpoint.", ("log",)
)
_success: Final = Gauge(
    "ledger_witness_last_success_timestamp_seconds",
    "When a witness last cosigned; 0 if it never has.",
    ("log", "witness"),
)
_failures: Final = Gauge(
    "ledger_witness_failures", "How often a witness did not cosign, in all.", ("log", "witness")
)
_in_a_row: Final = Gauge(
    "ledger_witness_failures_in_a_row", "How often it did not, since it last did.",
    ("log", "witness"),
)  # fmt: skip
_lag: Final = Gauge(
    "ledger_witness_lag_entries",
    "How many published entries a witness has not cosigned.",
    ("log", "witness"),
)


def observe(session: Session) -> None:
    """Bring the gauges up to what the database says."""
    now = clock.now()
    for tree in log_status.of_all(session, current_app.extensions["witness_policy"]):
        size = tree.checkpoint.size if tree.checkpoint else 0
        _size.labels(tree.tree).set(size)
        if tree.at is not None:
            _age.labels(tree.tree).set(max(0.0, (now - tree.at).total_seconds()))
        for one in tree.witnesses:
            labels = (tree.tree, one.name)
            _success.labels(*labels).set(one.last_at.timestamp() if one.last_at else 0)
            _failures.labels(*labels).set(one.failures)
            _in_a_row.labels(*labels).set(one.failures_in_a_row)
            _lag.labels(*labels).set(max(0, size - one.size))
