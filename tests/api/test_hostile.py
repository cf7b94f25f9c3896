"""Schemathesis sends what the OpenAPI document allows, and what it does not: never a 500.

A few requests for each operation here; `make soak` sends many.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from ledger.core.actor import Actor, Role
from ledger.core.ids import new_id
from tests.api.conftest import Probe

EVERYBODY = Actor.person(
    new_id(), roles=frozenset(Role) - {Role.SYSTEM}, organisation_id=new_id(), patient_id=new_id()
)


@pytest.fixture
def open_app(light_probe: Probe) -> Flask:
    return light_probe(actor=EVERYBODY, RATELIMIT_ENABLED=False).application


def attack(app: Flask, examples: int, *, part: int = 0, parts: int = 1) -> int:
    """Send *examples* requests to each operation of a part; return how many there are."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    tried = 0
    for result in islice(schema.get_all_operations(), part, None, parts):
        assert isinstance(result, Ok), result
        operation = result.ok()
        tried += 1
        _try(operation, examples)
    return tried


def _try(operation: Any, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def once(case: Any) -> None:
        answer = case.call()
        assert answer.status_code in {503, *range(500)}, (
            f"{case.as_curl_command()}\n{answer.text[:500]}"
        )
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0]
            # AuthZEN says that its errors are a sentence.
            asked_by_authzen = case.path.startswith("/access/") and kind.startswith("text/plain")
            problem = kind == "application/problem+json"
            assert problem or asked_by_authzen, f"{case.as_curl_command()}: {kind}"

    run: Callable[[], None] = once
    run()


def test_no_operation_falls_over(open_app: Flask) -> None:
    assert attack(open_app, examples=5) > 0


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_no_operation_falls_over_at_length(open_app: Flask, part: int) -> None:
    """In four parts, so that they are shared out."""
    assert attack(open_app, examples=200, part=part, parts=4) > 0
