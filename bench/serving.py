"""What the service reaches over HTTP on PostgreSQL, beside the least that others do.

The same granian with two processes each, the same clients, one after another in one run: an
empty Flask view; a Flask view that leaves one fixed row by our group commit, which bounds what
can be recorded at all; FastAPI with asyncpg doing one insert or one select; pgbench doing the same
without any server; and ours, with authority, projection, log and all.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import requests
from flask import Flask
from sqlalchemy import create_engine, text

from bench.load import CLIENTS, Missing, granian, requests_per_second, transactions_per_second
from bench.peers import ROWS
from bench.starting import SECRETS
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.migrate import upgrade
from tests.databases import checkpoint_store_of, running
from tests.given import consent, directory
from tests.given.identity import program, signed_in
from tests.postgresql import PostgreSQL

PATIENTS: Final = 200
COMMANDING: Final = 64  # Patients who give commands, four for each client.
THREADS: Final = 8
ASKING_THREADS: Final = 32  # Those who ask wait for a commit that many share.
_SELECT: Final = f"\\set n random(1, {ROWS})\nSELECT id, body FROM rows WHERE number = :n;\n"
_INSERT: Final = "INSERT INTO rows (id, body) VALUES (gen_random_uuid(), repeat('x', 600)::bytea);"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the load needs: questions to ask, and who asks them."""

    env: dict[str, str]
    questions: list[str]
    client_id: str
    secret: str
    cookie: str
    patient_id: str
    agreement_id: str
    receiver_id: str
    consent_id: str
    patients: list[tuple[str, str]]
    """Who gives commands: patient and cookie of each. One alone would queue for one row."""


def measure() -> list[dict[str, Any]]:
    try:
        return _measure()
    except Missing as missing:
        figures = {"missing": str(missing)}
        return [{"name": "over HTTP", "ratio": None, "target": ">= 0", "figures": figures}]


def _measure() -> list[dict[str, Any]]:
    server = PostgreSQL(max_connections="200")
    try:
        upgrade(server.url())
        _make_rows(server.url())
        dsn = server.url().replace("+psycopg", "")
        scene = _scene(server.url())
        pg_select = transactions_per_second(server.bin, dsn, _SELECT)
        pg_insert = transactions_per_second(server.bin, dsn, _INSERT)
        with granian("bench.peers:empty_flask", "wsgi", {}, threads=THREADS) as address:
            empty, _ = requests_per_second(address + "/")
        peer_env = {"BENCH_DSN": dsn}
        with granian("bench.peers:fastapi", "asgi", peer_env, threads=1) as address:
            peer_select, _ = requests_per_second(address + "/select")
            peer_insert, _ = requests_per_second(address + "/insert", method="POST")
        with granian(
            "bench.peers:group_commit", "wsgi", peer_env, threads=ASKING_THREADS
        ) as address:
            bound, _ = requests_per_second(f"{address}/", method="POST", clients=CLIENTS * 2)
        with granian("ledger.serve:app", "wsgi", scene.env, threads=ASKING_THREADS) as address:
            asked, asked_p99 = _ask(address, scene)
        with granian("ledger.serve:app", "wsgi", scene.env, threads=THREADS) as address:
            read, read_p99 = _read(address, scene)
            commanded, commanded_p99 = _command(address, scene)
    finally:
        server.stop()
    return [
        _row("access evaluation, recorded / empty Flask view", asked / empty, ">= 0.5", asked,
             asked_p99, empty_per_s=empty),
        _row("Flask view with one group commit of a fixed row / empty Flask view", bound / empty,
             ">= 0", bound, 0.0, empty_per_s=empty),
        _row("access evaluation, recorded / Flask view with one group commit", asked / bound,
             ">= 0", asked, asked_p99, group_commit_per_s=bound),
        _row("access evaluation, recorded / FastAPI + asyncpg insert", asked / peer_insert,
             ">= 1", asked, asked_p99, fastapi_insert_per_s=peer_insert),
        _row("authorised single read / pgbench select", read / pg_select, ">= 0.07", read,
             read_p99, pgbench_select_per_s=pg_select),
        _row("authorised single read / FastAPI + asyncpg select", read / peer_select, ">= 1",
             read, read_p99, fastapi_select_per_s=peer_select),
        _row("recorded command / pgbench insert", commanded / pg_insert, ">= 0.08", commanded,
             commanded_p99, pgbench_insert_per_s=pg_insert),
    ]  # fmt: skip


def _row(
    name: str, ratio: float, target: str, rate: float, p99_ms: float, **beside: float
) -> dict[str, Any]:
    figures = {"ours_per_s": rate, "p99_ms": p99_ms, **beside}
    return {"name": name, "ratio": ratio, "target": target, "figures": figures}


def _make_rows(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE rows (number bigserial PRIMARY KEY, id uuid, body bytea)")
        )
        filled = "INSERT INTO rows (id, body) SELECT gen_random_uuid(), repeat('x', 600)::bytea "
        connection.execute(text(f"{filled} FROM generate_series(1, {ROWS})"))
        connection.execute(text("ANALYZE rows"))
    engine.dispose()


def _scene(url: str) -> Scene:
    """Make people, an agreement, consents, a program and a patient's session."""
    chosen = {"sequence_every_ms": 200, "requests_per_minute": 100_000_000}
    with running(url, **chosen) as app:
        trust, council = directory.organisation(), directory.organisation()
        clinician = directory.member(Role.CLINICIAN, at=trust)
        patient, agreement_id = consent.shared(trust, council)
        questions = [_question(clinician, trust, council, patient)]
        others = [directory.patient(at=trust)[1] for _ in range(PATIENTS - 1)]
        questions += [_question(clinician, trust, council, other) for other in others]
        for one in questions:
            directory.cared_for(UUID(json.loads(one)["resource"]["id"]), by=clinician)
        consent_id = consent.granted(patient, agreement_id, to=council)
        made = program(trust)
        cookie = _cookie(app, patient)
        patients = [(str(one.patient_id), _cookie(app, one)) for one in others[:COMMANDING]]
        db.session.remove()
    settings = {
        **SECRETS,
        "LEDGER_SECRET_KEY": "k" * 32,
        "LEDGER_MASTER_KEY": (b"m" * 32).hex(),
        "LEDGER_DATABASE_URL": url,
        "LEDGER_CHECKPOINT_STORE": checkpoint_store_of(url),
        "LEDGER_REQUESTS_PER_MINUTE": "100000000",
        "LEDGER_SESSION_IDLE_MINUTES": "600",
    }
    return Scene(
        env=settings,
        questions=questions,
        client_id=made.client_id,
        secret=made.secret,
        cookie=cookie,
        patients=patients,
        patient_id=str(patient.patient_id),
        agreement_id=str(agreement_id),
        receiver_id=str(council),
        consent_id=str(consent_id),
    )


def _cookie(app: Flask, patient: Actor) -> str:
    cookie = signed_in(app, patient).get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return f"{cookie.key}={cookie.value}"


def _question(clinician: Actor, trust: UUID, council: UUID, patient: Actor) -> str:
    return json.dumps(
        {
            "subject": {
                "type": "user",
                "id": str(clinician.id),
                "properties": {"organisation": str(trust)},
            },
            "action": {"name": "access"},
            "resource": {
                "type": "patient-data",
                "id": str(patient.patient_id),
                "properties": {"category": "medicines", "holder": str(council)},
            },
            "context": {"purpose": "TREAT"},
        }
    )


def _ask(address: str, scene: Scene) -> tuple[float, float]:
    """Ask for decisions with a program's token; each is recorded before it is answered."""
    token = requests.post(
        f"{address}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(scene.client_id, scene.secret),
        timeout=10,
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    once = requests.post(
        f"{address}/access/v1/evaluation", data=scene.questions[0], headers=headers, timeout=10
    )
    if not once.ok or not once.json()["decision"]:
        raise RuntimeError(once.text)
    url = f"{address}/access/v1/evaluation"
    clients = CLIENTS * 2  # As many as may wait for one commit.
    return requests_per_second(
        url, method="POST", headers=headers, bodies=scene.questions, clients=clients
    )


def _read(address: str, scene: Scene) -> tuple[float, float]:
    """Read one consent as the patient whose it is."""
    headers = {"Cookie": scene.cookie, "Accept": "application/json"}
    return requests_per_second(f"{address}/api/v1/consents/{scene.consent_id}", headers=headers)


def _command(address: str, scene: Scene) -> tuple[float, float]:
    """Refuse, as many patients: a command with its entry, its projection and a locked row."""
    callers = []
    for patient_id, cookie in scene.patients:
        page = requests.get(f"{address}/", headers={"Cookie": cookie}, timeout=10).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if not token:
            raise RuntimeError("the start page has no form")
        own = {"Cookie": cookie, "X-CSRFToken": token[1]}
        callers.append((f"/api/v1/patients/{patient_id}/refusals", own))
    body = json.dumps(
        {
            "agreement_id": scene.agreement_id,
            "purposes": ["TREAT"],
            "categories": ["medicines"],
            "organisation_ids": [scene.receiver_id],
        }
    )
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return requests_per_second(
        f"{address}/", method="POST", headers=headers, bodies=[body], callers=callers
    )
