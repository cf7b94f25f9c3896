"""What browsers are told, and what is written down about a request."""

import json
import logging
import re
from typing import Any

import pytest
import structlog
from flask import g, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import insert

from ledger.core.db import db
from ledger.edge.headers import allow_form_target
from ledger.edge.once import IdempotencyKey
from ledger.edge.requests import configure_logging
from tests.api.conftest import SOMEBODY, Probe
from tests.conftest import NOW


def page() -> str:
    return render_template_string('{% extends "base.jinja" %}{% block content %}x{% endblock %}')


def policy(client: FlaskClient, path: str) -> dict[str, list[str]]:
    text = client.get(path).headers["Content-Security-Policy"]
    parts = [part.split() for part in text.split(";")]
    return {name: values for name, *values in parts}


def test_a_page_may_load_from_us_alone_and_run_its_own_script(light_probe: Probe) -> None:
    client = light_probe({"/x": page})

    answer = client.get("/x")

    used = set(re.findall(r'nonce="([^"]+)"', answer.text))
    assert len(used) == 1
    csp = answer.headers["Content-Security-Policy"]
    assert f"script-src 'self' 'nonce-{used.pop()}';" in csp
    assert "unsafe" not in csp
    assert "http" not in csp
    assert "style=" not in answer.text
    assert client.get("/x").headers["Content-Security-Policy"] != csp


def test_what_is_no_page_has_no_nonce(light_probe: Probe) -> None:
    found = policy(light_probe(), "/healthz")
    assert "script-src" not in found
    assert found["default-src"] == ["'none'"]


def test_a_sign_in_form_may_lead_to_its_client(light_probe: Probe) -> None:
    def view() -> str:
        allow_form_target("https://client.example")
        return page()

    found = policy(light_probe({"/x": view}), "/x")
    assert found["form-action"] == ["'self'", "https://client.example"]


def test_every_answer_has_the_headers(light_probe: Probe) -> None:
    client = light_probe()
    for path in ("/", "/healthz", "/nothing", "/static/app.css"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers
    secure = client.get("/", base_url="https://ledger.example")
    assert "max-age=" in secure.headers["Strict-Transport-Security"]
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_an_asset_may_be_kept_for_ever_when_asked_for_by_its_digest(light_probe: Probe) -> None:
    client = light_probe()
    found = re.search(r'href="(/static/app\.css\?v=[0-9a-f]+)"', client.get("/").text)
    assert found
    answer = client.get(found[1])
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in client.get("/static/app.css?v=0").headers["Cache-Control"]
    again = client.get(found[1], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for name in ("../app.py", "..%2Fapp.py", "nothing.css"):
        assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2_3", True), ("a" * 65, False), ("<script>", False), ("a b", False), ("", False)],
)
def test_a_usable_request_id_is_kept(light_probe: Probe, given: str, kept: bool) -> None:  # noqa: FBT001
    answer = light_probe().get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept
    assert answer.headers["X-Request-Id"]


def patient(name: str) -> str:
    return f"{len(name)} letters"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "ledger.requests"
    ]


def test_a_request_is_one_line_without_anything_personal(
    light_probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    client = light_probe({"/patients/<name>": patient}, SOMEBODY)
    caplog.set_level("INFO", "ledger")

    client.post("/patients/Ada?nhs=9990000018", data={"q": "Ada"}, headers={"X-Request-Id": "r1"})

    [line] = lines(caplog)
    assert line.pop("latency_ms") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "r1",
        "method": "POST",
        "route": "/patients/<name>",
        "status": 200,
        "asked_by": "person",
    }
    assert "Ada" not in caplog.text
    assert SOMEBODY.key not in caplog.text


def test_a_failure_is_logged_with_its_cause_and_no_values(
    light_probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        g.patient_name = "Ada"
        raise ValueError("no such column")

    light_probe({"/x": fail}).get("/x")

    assert "no such column" in caplog.text
    assert "Ada" not in caplog.text


def test_what_a_database_quotes_is_not_written_down(
    probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        row = {"actor_ref": "Ada Lovelace", "key_digest": b"", "at": NOW, "request_digest": b""}
        with db.engine.begin() as connection:
            for _ in range(2):
                connection.execute(insert(IdempotencyKey), row)
        return "never"

    assert probe({"/x": fail}).get("/x").status_code == 500

    assert "IntegrityError" in caplog.text
    assert "Lovelace" not in caplog.text
    assert "in fail" in caplog.text


def test_every_line_on_standard_error_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    root, ours = logging.getLogger(), logging.getLogger("ledger")
    handlers, level, our_level = root.handlers, root.level, ours.level
    try:
        configure_logging()
        logging.getLogger("ledger.background").info("the sequencer %s", "began")
        logging.getLogger("some.library").warning("careful")
        logging.getLogger("some.library").info("nobody wants to know")
        structlog.get_logger("ledger.problems").info("refused", slug="conflict")
        try:
            int("why")
        except ValueError:
            logging.getLogger("ledger.background").exception("it stopped")
    finally:
        root.handlers, root.level, ours.level = handlers, level, our_level

    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in found] == [
        "the sequencer began",
        "careful",
        "refused",
        "it stopped",
    ]
    assert "ValueError: " in found[3]["exception"]
