"""The sample enforcement client of docs/, run as its readers would run it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import NewDatabase
from tests.given.access import asked, scene
from tests.given.identity import program
from tests.journeys.conftest import Server, serving

CLIENT = Path(__file__).parents[2] / "docs" / "enforcement-client" / "client.py"


@pytest.fixture
def server(new_database: NewDatabase) -> Iterator[Server]:
    with serving(new_database()) as server:
        yield server


def test_it_gets_a_token_asks_and_obeys(server: Server, tmp_path: Path) -> None:
    here = scene()
    given = program(here.trust)
    file = tmp_path / "question.json"

    def run(**changes: Any) -> subprocess.CompletedProcess[str]:
        file.write_text(json.dumps(asked(here, **changes)))
        who = (given.client_id, given.secret)
        command = [sys.executable, str(CLIENT), server.url, *who, str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    allowed = run()
    assert (allowed.returncode, allowed.stderr) == (0, "")
    assert allowed.stdout.startswith("You are recorded as caring for this patient")
    refused = run(context__purpose="HRESCH")
    assert refused.returncode == 1
    assert refused.stdout.startswith("It is not known whether the patient has opted out.")
    broken = run(context__purpose="CURIOSITY")
    assert broken.returncode != 0, "an error is no permit"
    assert CLIENT.read_text().count("\n") <= 55, "it is a sample of fifty lines"
