"""Killed while it reads, or after the last row was inserted: nothing is there, and it goes on."""

import subprocess
import sys
from uuid import UUID

import pytest

from ledger.core.db import db
from ledger.funding.imports import background as importing
from ledger.funding.imports import queries
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from tests.conftest import NOW
from tests.databases import running
from tests.given import payments
from tests.given.funding import pool, posted

KILLED = """
import os, signal, sys
from datetime import datetime
from uuid import UUID
from ledger.core import clock
from ledger.funding.imports import background as importing
from ledger.funding.imports.service import posting as import_posting
from tests.databases import running

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

clock.now = lambda: datetime.fromisoformat(sys.argv[3])
with running(sys.argv[1]):
    if sys.argv[4] == "reading":
        importing.report_of = die
        importing.read(UUID(sys.argv[2]))
    else:
        import_posting.ImportPosted = die
        importing.post(UUID(sys.argv[2]))
"""


def killed(url: str, import_id: UUID, when: str) -> None:
    command = [sys.executable, "-c", KILLED, url, str(import_id), NOW.isoformat(), when]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr.decode()[-2000:]


@pytest.mark.parametrize("kind", [pytest.param("sqlite", marks=pytest.mark.soak), "postgresql"])
def test_a_kill_leaves_nothing_half_done(request: pytest.FixtureRequest, kind: str) -> None:
    url = request.getfixturevalue(f"{kind}_databases")()
    with running(url):
        given = pool()
        content = payments.file(payments.rows(120))
        import_id = posted(given.manager, imports.upload, given.id, content=content)
        db.session.remove()
        killed(url, import_id, "reading")
        assert queries.import_of(db.session(), given.view, import_id).report is None
        db.session.remove()
        importing.carry_on()
        posted(given.manager, import_batches.send, import_id)
        posted(given.approver, import_batches.approve, import_id)
        db.session.remove()
        killed(url, import_id, "posting")
        assert queries.posted_count(db.session(), import_id) == 0
        db.session.remove()
        importing.carry_on()
        assert queries.posted_count(db.session(), import_id) == 120
        assert queries.import_of(db.session(), given.view, import_id).stage == "posted"
