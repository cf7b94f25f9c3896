"""Bringing in many consents: a file by the operator's way, and batches over HTTP. On PostgreSQL.

Every row passes every rule and leaves an entry with sealed terms, its chain and its projection;
what it is compared with is the least that could be done with the same rows.
"""

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import chain
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import psycopg
import requests

from bench.load import Missing, granian, transactions_per_second
from bench.starting import SECRETS
from ledger.consent import service
from ledger.consent.rules.forms import form_of, read_forms
from ledger.consent.service import Became
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.migrate import upgrade
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory import service as registering
from tests.databases import checkpoint_store_of, running
from tests.given import agreements
from tests.given import directory as given
from tests.given.identity import signed_in
from tests.postgresql import PostgreSQL

ROWS: Final = 1_000
AT_ONCE: Final = 100
CLIENTS: Final = 4  # Batches at a time.
BATCH: Final = 100
_INSERT: Final = "INSERT INTO rows (id, body) VALUES (gen_random_uuid(), repeat('x', 600)::bytea);"
_TABLE: Final = "CREATE TABLE rows (number bigserial PRIMARY KEY, id uuid, body bytea)"


def measure() -> list[dict[str, Any]]:
    server = PostgreSQL(max_connections="100")
    try:
        upgrade(server.url())
        dsn = server.url().replace("+psycopg", "")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_TABLE)
            imported, cookie, statements, rows = _import(server.url())
            copied = _copy(connection, rows)
        batched = _batches(server.url(), cookie, statements)
        inserted = transactions_per_second(server.bin, dsn, _INSERT)
    except Missing as missing:
        figures = {"missing": str(missing)}
        return [{"name": "imports", "ratio": None, "target": ">= 0", "figures": figures}]
    finally:
        server.stop()
    return [
        {
            "name": "bulk import of consents / COPY of the rows and hashing",
            "ratio": imported / copied,
            "target": ">= 0.3",
            "figures": {"ours_rows_per_s": imported, "copy_rows_per_s": copied, "rows": ROWS},
        },
        {
            "name": "recorded by the batch endpoint, in entries / pgbench insert",
            "ratio": batched / inserted,
            "target": ">= 1",
            "figures": {"ours_entries_per_s": batched, "pgbench_insert_per_s": inserted},
        },
    ]


def _import(url: str) -> tuple[float, str, list[dict[str, Any]], list[list[str]]]:
    """Import a file; return rows a second, and what the other measurements need."""
    with running(url, sequence_every_ms=200) as app:
        trust, council = given.organisation(), given.organisation(ods_code="DEMCOUNCIL")
        agreement_id = agreements.active(trust, council)
        clinician = given.member(Role.CLINICIAN, at=trust)
        numbers = _patients(trust, clinician)
        rest = ["yes", str(agreement_id), "TREAT", "medicines care-plan", "DEMCOUNCIL"]
        today = clock.civil_date(clock.now())
        rows = [[number, *rest, str(today), "paper"] for number in numbers]
        headings = "NHS number,answer,agreement,purposes,categories,organisations,decided on,source"
        content = "\n".join([headings, *(",".join(row) for row in rows)]).encode()
        began = perf_counter()
        table = read_forms(content, today=today, demonstration=True)
        forms = [form_of(row) for row in table.rows]
        done = []
        for start in range(0, len(forms), AT_ONCE):
            with unit_of_work(clinician) as work:
                done += service.import_forms(work, forms[start : start + AT_ONCE])
        rate = ROWS / (perf_counter() - began)
        if {one.became for one in done} != {Became.RECORDED}:
            raise RuntimeError(str(next(one for one in done if one.faults)))
        patients = directory.patients_by_nhs_numbers(db.session(), numbers)
        statements = [_statement(one, agreement_id, council) for one in patients.values()]
        found = signed_in(app, clinician).get_cookie(app.config["SESSION_COOKIE_NAME"])
        db.session.remove()
    if found is None:
        raise RuntimeError("nobody is signed in")
    return rate, f"{found.key}={found.value}", statements, rows


def _patients(trust: UUID, clinician: Actor) -> list[str]:
    """Register patients and put them on a clinician's roster, by files; return their numbers."""
    numbers = [given.nhs_number() for _ in range(ROWS)]
    staff = {one.person_id: one.email for one in directory.staff(db.session(), trust)}
    listed = "".join(f"{number},1948-03-01,Iris Moss\n" for number in numbers)
    roster = "".join(f"{number},{staff[clinician.id]},2026-01-01\n" for number in numbers)
    with unit_of_work(given.SYSTEM) as work:
        content = f"NHS number,date of birth,name\n{listed}".encode()
        registering.import_patients(work, organisation_id=trust, content=content)
    with unit_of_work(given.SYSTEM) as work:
        content = f"NHS number,e-mail,from\n{roster}".encode()
        registering.import_care(work, organisation_id=trust, content=content)
    return numbers


def _statement(patient_id: UUID, agreement_id: UUID, council: UUID) -> dict[str, Any]:
    return {
        "patient_id": str(patient_id),
        "answer": "yes",
        "agreement_id": str(agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines", "care-plan"],
        "organisation_ids": [str(council)],
        "source": "phone",
    }


def _copy(connection: psycopg.Connection[Any], rows: Sequence[Sequence[str]]) -> float:
    """Return how many of the same rows a second COPY takes, with a SHA-256 of each."""
    names = [f"c{n}" for n in range(len(rows[0]))]
    connection.execute(f"CREATE TABLE copied ({', '.join(f'{n} text' for n in names)}, h bytea)")
    began = perf_counter()
    with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
        for row in rows:
            copy.write_row([*row, sha256(",".join(row).encode()).digest()])
    return len(rows) / (perf_counter() - began)


def _batches(url: str, cookie: str, statements: Sequence[dict[str, Any]]) -> float:
    """Send batches of different patients from several clients; return entries a second."""
    env = {
        **SECRETS,
        "LEDGER_SECRET_KEY": "k" * 32,
        "LEDGER_MASTER_KEY": (b"m" * 32).hex(),
        "LEDGER_DATABASE_URL": url,
        "LEDGER_CHECKPOINT_STORE": checkpoint_store_of(url),
        "LEDGER_REQUESTS_PER_MINUTE": "100000000",
        "LEDGER_SESSION_IDLE_MINUTES": "600",
    }
    batches = [statements[start : start + BATCH] for start in range(0, len(statements), BATCH)]
    with granian("ledger.serve:app", "wsgi", env, threads=CLIENTS) as address:
        page = requests.get(f"{address}/", headers={"Cookie": cookie}, timeout=20).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if not token:
            raise RuntimeError("the start page has no form")
        headers = {"Cookie": cookie, "X-CSRFToken": token[1], "Content-Type": "application/json"}

        def send(batch: Sequence[dict[str, Any]]) -> list[int]:
            where, body = f"{address}/api/v1/consents/batch", json.dumps({"statements": batch})
            answer = requests.post(where, data=body, headers=headers, timeout=60)
            answer.raise_for_status()
            return [one["status"] for one in answer.json()["results"]]

        began = perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            statuses = list(chain.from_iterable(clients.map(send, batches)))
        elapsed = perf_counter() - began
    if set(statuses) != {201}:
        raise RuntimeError(f"not every statement was recorded: {sorted(set(statuses))}")
    return len(statuses) / elapsed
