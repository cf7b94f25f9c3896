"""An OpenID provider outside the service, which says whatever a test wants it to say.

It signs everybody in as the same person, without asking. `changes` alters the claims of its
ID tokens, `answer` what it adds to the address that it sends people back to.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.conftest import NOW

CLIENT_ID = "the-ledger"
NOW_S = int(NOW.timestamp())


@cache
def new_key(kid: str, *, again: int = 0) -> RSAKey:
    """Return the key of that name; *again*, another that has the same name."""
    return RSAKey.generate_key(2048, parameters={"kid": kid, "use": "sig"}, private=True)


@dataclass
class Provider:
    url: str = ""
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    published: list[RSAKey] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str | None] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    asked: dict[str, str] = field(default_factory=dict)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        pages = {
            "/.well-known/openid-configuration": self.configuration,
            "/jwks": self.jwks,
            "/authorize": self.authorize,
            "/token": self.token,
        }
        return pages[request.path](request)(environ, start_response)

    def configuration(self, request: Request) -> Response:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }
        return Response(json.dumps(document), content_type="application/json")

    def jwks(self, request: Request) -> Response:
        keys = KeySet([*(self.published or [self.key])])
        return Response(json.dumps(keys.as_dict(private=False)), content_type="application/json")

    def authorize(self, request: Request) -> Response:
        self.asked = dict(parse_qsl(request.query_string.decode()))
        answer = {
            "code": "c-1",
            "state": self.asked["state"],
            "iss": self.url,
            **self.answer,
        }
        kept = {name: value for name, value in answer.items() if value is not None}
        there = f"{self.asked['redirect_uri']}?{urlencode(kept)}"
        return Response("", 302, {"Location": there})

    def token(self, request: Request) -> Response:
        claims = {
            "iss": self.url,
            "sub": "somebody",
            "aud": CLIENT_ID,
            "iat": NOW_S,
            "exp": NOW_S + 300,
            "auth_time": NOW_S,
            "nonce": self.asked["nonce"],
            "acr": "AAL3",
            "amr": ["hwk"],
            "sid": "session-at-the-provider",
            **self.changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        sign = self.sign or (
            lambda what: jwt.encode({"alg": "RS256", "kid": self.key.kid}, what, self.key)
        )
        body = {"access_token": "a-1", "token_type": "Bearer", "id_token": sign(kept)}
        return Response(json.dumps(body), content_type="application/json")


@contextmanager
def provider() -> Iterator[Provider]:
    """Run one until the block ends."""
    made = Provider()
    listener = make_server("127.0.0.1", 0, made, threaded=True)
    made.url = f"http://127.0.0.1:{listener.port}"
    thread = Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
