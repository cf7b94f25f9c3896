"""How fast the log is applied again, beside recording the same commands one by one.

Each round is two commands of a patient: agree, and take it back. SQLite in files, as the
embedded default has them; the clock and the schema of an ordinary deployment.
"""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from sqlalchemy import create_engine, func, select

from ledger.core.db import db
from ledger.core.migrate import upgrade
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from tests.databases import running
from tests.given import consent, directory

PATIENTS: Final = 40
ROUNDS: Final = 1000


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        upgrade(url)
        with running(url):
            trust, council = directory.organisation(), directory.organisation()
            first, agreement_id = consent.shared(trust, council)
            patients = [first, *(directory.patient(at=trust)[1] for _ in range(PATIENTS - 1))]
            before = _entries()
            began = perf_counter()
            for number in range(ROUNDS):
                patient = patients[number % PATIENTS]
                consent_id = consent.granted(patient, agreement_id, to=council)
                consent.withdrawn(patient, consent_id)
            recording_s = perf_counter() - began
            recorded, total = _entries() - before, _entries()
            copy = create_engine(f"sqlite:///{Path(folder) / 'copy.sqlite3'}")
            began = perf_counter()
            report = replay(db.engine, copy)
            replaying_s = perf_counter() - began
            copy.dispose()
    if report.differences:
        raise RuntimeError(report.differences[0])
    recorded_per_s, replayed_per_s = recorded / recording_s, total / replaying_s
    return [
        {
            "name": "replay of the log / recording one by one, entries a second",
            "ratio": replayed_per_s / recorded_per_s,
            "target": ">= 5",
            "figures": {
                "recorded_per_s": recorded_per_s,
                "replayed_per_s": replayed_per_s,
                "entries": total,
            },
        }
    ]


def _entries() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0
