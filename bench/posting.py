"""Posting two legs, and reading a balance at 10^6 postings, beside django-hordak.

Both in the same PostgreSQL server, each in a database of its own, one after the other, with as
many threads. Ours is the whole recorded command "contribution received": authority, the log
entry and its place in the chain's queue, the balances locked, the postings, the seal that checks
them, the clock of an overspend. Hordak's is `Account.transfer_to` with its triggers.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import create_engine, event, make_url, text

from bench.hordak_peer import POSTINGS, THREADS, at_once, timed
from ledger.core import clock
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.queries.balances import balance, balance_at
from ledger.funding.rules.chart import Account, Head
from ledger.funding.service import money
from ledger.funding.service.together import together
from tests.databases import as_owner, postgresql_clones, postgresql_server, running
from tests.given import funding
from tests.given.funding import GivenPool

IN_ONE: Final = 50
"""So many commands in one unit of work, where they are posted in bulk."""

_READS: Final = 500
_FILL: Final = """
SET session_replication_role = replica;
INSERT INTO pool_postings (transaction_id, seq, pool_id, account_id, book, currency,
    amount_minor, balance_after_minor, account_seq, recorded_at)
SELECT ('00000000-0000-0000-0000-' || lpad((n / 30000)::text, 12, '0'))::uuid, n % 30000,
    '{pool}', '{account}', 'B', 'GBP', 1, n, n, now() + n * interval '1 second'
FROM generate_series(1, {n}) n;
UPDATE pool_balances SET balance_minor = {n}, postings_count = {n} WHERE account_id = '{account}';
SET session_replication_role = DEFAULT;
ANALYZE pool_postings; ANALYZE pool_balances;
"""


def measure() -> list[dict[str, Any]]:
    """Return the rows; where there is no PostgreSQL to run there are none."""
    with postgresql_server() as server:
        theirs = _hordak(server)
        with postgresql_clones(server) as make:
            ours = _ours(make())
    rows = [
        {
            "name": f"{how}, {threads} at once: transactions of two legs / django-hordak's",
            "ratio": ours[f"{key}{threads}_threads"] / theirs[f"{threads}_threads"],
            "target": ">= 3",
            "figures": {
                "ours_per_s": ours[f"{key}{threads}_threads"],
                "hordak_per_s": theirs[f"{threads}_threads"],
            }
            | ({"statements": ours["statements"], "ms": ours["ms"]} if not key else {}),
        }
        for how, key in (("posted one by one", ""), (f"{IN_ONE} in a unit of work", "bulk_"))
        for threads in THREADS
    ]
    best = min(theirs["balance_s"], theirs["balance_by_function_s"])
    return [
        *rows,
        {
            "name": "a balance at 10^6 postings: django-hordak's time / ours",
            "ratio": best / ours["balance_s"],
            "target": ">= 3",
            "figures": {
                "ours_us": ours["balance_s"] * 1e6,
                "ours_as_of_us": ours["as_of_s"] * 1e6,
                "hordak_us": theirs["balance_s"] * 1e6,
                "hordak_function_us": theirs["balance_by_function_s"] * 1e6,
            },
        },
    ]


def _hordak(server: str) -> dict[str, Any]:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE hordak_bench"))
    url = make_url(server).set(database="hordak_bench", drivername="postgresql")
    told = [sys.executable, "-m", "bench.hordak_peer", url.render_as_string(hide_password=False)]
    try:
        ran = subprocess.run(told, check=True, capture_output=True, text=True)
    finally:
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE hordak_bench WITH (FORCE)"))
        admin.dispose()
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _ours(url: str) -> dict[str, float]:
    with running(url) as app:
        pools = [funding.pool() for _ in range(max(THREADS))]
        for one in pools:
            terms = {"partner_id": one.partners[0], "amount_minor": 600_000_00, "reference": "Q"}
            funding.posted(one.manager, money.fall_due, one.id, **terms)
        db.session.rollback()

        def at(count: int) -> Callable[[int], int]:
            def post(number: int) -> int:
                with app.app_context():
                    _receive(pools[number], count)
                    db.session.remove()
                return count

            return post

        found = {f"{n}_threads": at_once(n, at(1)) for n in THREADS}
        found |= {f"bulk_{n}_threads": at_once(n, at(IN_ONE)) for n in THREADS}
        found["statements"] = _statements(pools[0])
        found["ms"] = timed(lambda: _receive(pools[0], 1), 50) * 1e3
        found |= _reads(url, pools[0])
    return found


def _receive(given: GivenPool, count: int) -> None:
    terms = {"partner_id": given.partners[0], "amount_minor": 1, "reference": "Bank line"}
    with (
        unit_of_work(given.manager) as work,
        together(work, given.id) if count > 1 else nullcontext(),
    ):
        for _ in range(count):
            money.receive(work, given.id, **terms)  # type: ignore[arg-type]


def _statements(given: GivenPool) -> int:
    """Return how many statements one recorded command takes."""
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        _receive(given, 1)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(said)


def _reads(url: str, given: GivenPool) -> dict[str, float]:
    account = Account(head=Head.LAPSED).id_in(given.id)
    owner = create_engine(as_owner(url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for statement in _FILL.format(pool=given.id, account=account, n=POSTINGS).split(";"):
            if statement.strip():
                connection.execute(text(statement.replace("::uuid", "\\:\\:uuid")))
    owner.dispose()
    session, moment = db.session(), clock.now() + timedelta(seconds=POSTINGS // 3)
    found = {
        "balance_s": timed(lambda: balance(session, account), _READS),
        "as_of_s": timed(lambda: balance_at(session, account, moment), _READS),
    }
    session.rollback()
    return found
