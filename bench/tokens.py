"""What checking an access token costs, beside a bare joserfc decode of the same token."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any
from uuid import uuid4

from joserfc import jwt

from ledger.app import create_app
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.migrate import upgrade
from ledger.edge.identity import actor_of
from ledger.edge.oauth import tokens
from ledger.edge.oauth.keys import keyrings
from ledger.settings import Settings

HOW_MANY = 5_000


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        upgrade(url)
        settings = Settings(
            secret_key="k" * 32, master_key=b"m" * 32, signing_seed=b"s" * 32, database_url=url
        )
        app = create_app(settings)
        with app.app_context():
            issuer, text = settings.public_url, _token(settings.public_url)
            keys = keyrings().now().verifying
            ours = _times_us(lambda: actor_of(tokens.read(text, issuer=issuer)))
            bare = _times_us(lambda: jwt.decode(text, keys, registry=tokens.REGISTRY))
    median, p99 = (ours[int(HOW_MANY * quantile)] for quantile in (0.5, 0.99))
    figures = {"p50_us": median, "p99_us": p99, "bare_p50_us": bare[HOW_MANY // 2]}
    return [
        {
            "name": "token validation, to an actor, beside a bare joserfc decode",
            "ratio": median / bare[HOW_MANY // 2],
            "target": "<= 2",
            "figures": figures,
        },
        {
            "name": "token validation p50, in units of 250 µs",
            "ratio": median / 250,
            "target": "<= 1",
            "figures": figures,
        },
    ]


def _token(issuer: str) -> str:
    client_id, now_s = str(uuid4()), int(clock.now().timestamp())
    claims = {
        "iss": issuer,
        "sub": client_id,
        "aud": issuer,
        "iat": now_s,
        "exp": now_s + 600,
        "jti": "bench",
        "client_id": client_id,
        "scope": "access:ask log:read",
        "grant": str(uuid4()),
        "org": str(uuid4()),
        "roles": [Role.SERVICE.value],
    }
    return tokens.signed(claims)


def _times_us(check: Callable[[], object]) -> list[float]:
    check()
    took = []
    for _ in range(HOW_MANY):
        began = perf_counter_ns()
        check()
        took.append((perf_counter_ns() - began) / 1000)
    return sorted(took)
