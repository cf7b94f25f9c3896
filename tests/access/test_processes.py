"""Decisions of several real servers on one database: spec P6, with processes that share nothing.

A patient says yes and takes it back over HTTP at one server, again and again, while threads ask
all the servers whether a clinician may look. A decision that begins after the withdrawal was
answered, wherever it is asked, is no; one that begins after the yes was answered is yes. What is
asked while the patient is being answered may be either, and is recorded all the same. What goes
for what patients say goes for the ruleset, and for the roles of who asks.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from shutil import copytree
from threading import Event
from typing import Any, Final, Self

import pytest
import requests
from flask import Flask

from bench.load import free_port
from bench.starting import SECRETS
from ledger.core import authority, rulesets
from ledger.core.actor import Actor
from ledger.core.authority import policies_folder
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.directory.entries import EndReason
from tests.databases import ORIGIN, SEED, NewDatabase, checkpoint_store_of, running
from tests.given.access import Scene, asked, scene
from tests.given.identity import Program, program, signed_in

ASKING: Final = 2  # Threads that ask all the while.


@contextmanager
def server(url: str) -> Iterator[str]:
    """Serve the database at *url* from a process of its own; yield its address."""
    port = free_port()
    settings = {
        **SECRETS,
        "LEDGER_SECRET_KEY": "k" * 32,
        "LEDGER_MASTER_KEY": (b"m" * 32).hex(),
        "LEDGER_SIGNING_SEED": SEED.hex(),
        "LEDGER_LOG_ORIGIN": ORIGIN,
        "LEDGER_DATABASE_URL": url,
        "LEDGER_CHECKPOINT_STORE": checkpoint_store_of(url),
        "LEDGER_REQUESTS_PER_MINUTE": "1000000",
    }
    there = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--no-ws", "--blocking-threads", "8", "--log-level", "error", "ledger.serve:app"]
    process = subprocess.Popen(
        command, env=there | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            requests.get(f"{address}/healthz", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


@dataclass(frozen=True, slots=True)
class Caller:
    """One thread's connections: a program that asks, and a patient's browser."""

    here: Scene
    given: Program
    cookie: dict[str, str]
    http: requests.Session = field(default_factory=requests.Session)

    def again(self) -> Self:
        """Return a caller with connections of its own."""
        return type(self)(self.here, self.given, self.cookie)

    def permitted(self, address: str, token: str) -> bool:
        """Ask, as the program, whether the clinician may look for research."""
        answer = self.http.post(
            f"{address}/access/v1/evaluation",
            json=asked(self.here, context__purpose="HRESCH"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        found: bool = answer.json()["decision"]
        return found

    def token(self, address: str) -> str:
        answer = self.http.post(
            f"{address}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self.given.client_id, self.given.secret),
            timeout=20,
        )
        token: str = answer.json()["access_token"]
        return token

    def say(self, address: str, path: str, csrf: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have the patient give a command over HTTP."""
        answer = self.http.post(
            f"{address}/api/v1/{path}",
            json=body,
            headers={"X-CSRFToken": csrf, "Referer": f"{address}/", **self.cookie},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def csrf(self, address: str) -> str:
        page = self.http.get(f"{address}/", headers=self.cookie, timeout=20).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        return token[1]


def caller(app: Flask) -> Caller:
    here = scene()
    cookie = signed_in(app, here.patient).get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return Caller(here, program(here.trust), {"Cookie": f"{cookie.key}={cookie.value}"})


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("processes", "rounds"), [(2, 30), pytest.param(3, 400, marks=pytest.mark.soak)]
)
def test_no_server_answers_by_what_was_withdrawn_before_it_was_asked(
    postgresql_databases: NewDatabase, processes: int, rounds: int, tmp_path: Path
) -> None:
    url, stop = postgresql_databases(), Event()
    with running(url) as app, ExitStack() as stack:
        patient = caller(app)
        here = patient.here
        addresses = [stack.enter_context(server(url)) for _ in range(processes)]
        for address in addresses:
            wait_for(address)
        token, csrf = patient.token(addresses[0]), patient.csrf(addresses[0])

        def keep_asking(at: int) -> int:
            own, n = patient.again(), 0
            for address in cycle(addresses[at:] + addresses[:at]):
                own.permitted(address, token)
                n += 1
                if stop.wait(0.005):
                    break
            return n

        choice = {
            "agreement_id": str(here.agreement_id),
            "purposes": ["HRESCH"],
            "categories": ["medicines"],
            "organisation_ids": [str(here.trust)],
        }
        stale, late = [], 0
        with ThreadPoolExecutor(ASKING + processes) as threads:
            asking = [threads.submit(keep_asking, at) for at in range(ASKING)]
            own = [patient.again() for _ in addresses]

            def everywhere() -> list[bool]:
                return list(threads.map(Caller.permitted, own, addresses, [token] * processes))

            try:
                for n in range(rounds):
                    at = addresses[n % processes]
                    yes = patient.say(at, f"patients/{here.patient_id}/consents", csrf, choice)
                    stale += [("yes", n)] * everywhere().count(False)
                    patient.say(at, f"consents/{yes['consent_id']}/withdrawal", csrf, {})
                    stale += [("no", n)] * everywhere().count(True)
                    late += 2 * processes
            finally:
                stop.set()
            meanwhile = sum(each.result(30) for each in asking)
        assert stale == []
        assert late == 2 * processes * rounds
        assert meanwhile > rounds, "there was concurrency"
        _and_after_another_ruleset_is_activated(patient, addresses, token, tmp_path)
        _and_after_the_loss_of_a_role(patient, addresses, token)


def _and_after_another_ruleset_is_activated(
    patient: Caller, addresses: list[str], token: str, folder: Path
) -> None:
    patient.here.grant()
    for n, allowed in enumerate([True, False, True, False, True]):
        _activate(folder / str(n), allowed=allowed)
        found = [patient.permitted(address, token) for address in addresses]
        assert found == [allowed] * len(addresses)
    authority.reload()


def _activate(folder: Path, *, allowed: bool) -> None:
    """Activate a ruleset by which clinicians see medicines, or do not."""
    copytree(policies_folder(), folder)
    with (folder / "reach.csv").open("a") as file:
        file.write(f"# {folder.name}\n")
        file.write("" if allowed else "p, clinician, medicines, any, deny\n")
    authority.reload(folder)
    with unit_of_work(Actor.system("operator")) as work:
        rulesets.activate(work)


def _and_after_the_loss_of_a_role(patient: Caller, addresses: list[str], token: str) -> None:
    here = patient.here
    assert all(patient.permitted(address, token) for address in addresses)
    with unit_of_work(Actor.system("tests")) as work:
        membership_id = here.clinician.membership_id
        assert membership_id is not None
        directory.end_role(work, membership_id=membership_id, reason=EndReason.LEFT)
    assert not any(patient.permitted(address, token) for address in addresses)
