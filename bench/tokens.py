"""What checking an access token costs, beside a bare joserfc decode of the same token.

And what it costs more where the token is bound to a key (DPoP): the proof's signature, by a key
that is parsed anew each time because the proof carries it, and one row that remembers its jti.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any
from uuid import uuid4

from flask import Flask, request
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from sqlalchemy import insert

from ledger.app import create_app
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.migrate import upgrade
from ledger.edge.identity import actor_of
from ledger.edge.oauth import dpop, tokens
from ledger.edge.oauth.keys import keyrings
from ledger.edge.oauth.models import UsedAssertion
from ledger.settings import Settings

HOW_MANY = 5_000
PROOFS = 1_000


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
            proofs, bare_proof = _proof_times_us(app)
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
        {
            "name": "proof of possession (DPoP), beside a bare joserfc decode and one row kept",
            "ratio": proofs[len(proofs) // 2] / bare_proof,
            "target": "<= 3",
            "figures": {
                "p50_us": proofs[len(proofs) // 2],
                "p99_us": proofs[int(len(proofs) * 0.99)],
                "bare_p50_us": bare_proof,
            },
        },
    ]


def _proof_times_us(app: Flask) -> tuple[list[float], float]:
    """Return what checks of proofs took, in order, and the median of bare decodes of them."""
    key, settings = ECKey.generate_key("P-256"), app.extensions["settings"]
    url, nonce = f"{settings.public_url}/api/v1/x", dpop.nonces(clock.now().timestamp())[0]
    header = {"typ": dpop.TYPE, "alg": "ES256", "jwk": key.as_dict(private=False)}
    claims = {"htm": "GET", "htu": url, "iat": int(clock.now().timestamp()), "nonce": nonce}
    claims["ath"] = dpop.hash_of("token")
    made = [
        jwt.encode(header, {**claims, "jti": str(number)}, key, ["ES256"])
        for number in range(PROOFS)
    ]
    registry, took = JWSRegistry(algorithms=["ES256"]), []
    for text in made:
        with app.test_request_context("/api/v1/x", headers={"DPoP": text}):
            began = perf_counter_ns()
            dpop.check(request, access_token="token")  # noqa: S106  (no secret: a benchmark's)
            took.append((perf_counter_ns() - began) / 1000)

    def bare(number: int) -> None:
        jwt.decode(made[number], key, registry=registry)
        with db.engine.begin() as work:
            digest = number.to_bytes(32, "big")
            work.execute(insert(UsedAssertion).values(digest=digest, ends_at=clock.now()))

    numbers = iter(range(PROOFS))
    bare_times = _times_us(lambda: bare(next(numbers)), PROOFS - 1)
    return sorted(took), bare_times[PROOFS // 2]


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


def _times_us(check: Callable[[], object], how_many: int = HOW_MANY) -> list[float]:
    check()
    took = []
    for _ in range(how_many):
        began = perf_counter_ns()
        check()
        took.append((perf_counter_ns() - began) / 1000)
    return sorted(took)
