"""Rows of the speed budget whose part is not built yet, so that the table names them."""

from typing import Any

_NOT_YET = (
    ("bulk import of consents and payments / COPY of the rows and hashing", ">= 0.3"),
    ("recorded commands by a batch endpoint, in entries / pgbench insert", ">= 1"),
)


def measure() -> list[dict[str, Any]]:
    return [
        {"name": name, "ratio": None, "target": target, "figures": {"built": "no"}}
        for name, target in _NOT_YET
    ]
