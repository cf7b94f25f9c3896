"""Generated reference pages about the API: its problems, and its operations."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from flask import Flask

import ledger
from ledger.api.openapi import document
from ledger.api.problem import status_of
from ledger.core.errors import LedgerError
from ledger.edge.problem_words import BESIDES, WORDS

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"
_MADE: Final = "<!-- Made by `make docs`; a test fails when it is stale. -->\n"

_API: Final = """\
What every operation has in common:

- **Sign in** with a token of this service's own authorization server, as `Authorization: Bearer …`.
  Where to get one: `/.well-known/oauth-authorization-server`. The permission each operation needs
  is below; `permissions.md` says which roles have it.
- **Errors** are `application/problem+json` (RFC 9457), each with a permanent `type` and, where
  several things are wrong, `errors` with a JSON pointer for each. `problems.md` lists them.
- **Strict input.** Unknown members, members named twice, NaN, and a NUL character are refused.
- **`Idempotency-Key`** on a `POST` under `/api/v1`: the same key with the same request gets the
  same answer for a day and changes nothing again (`Idempotency-Replayed: true`); with another
  request it is refused (422); while the first is being carried out, 409.
- **Versions.** Where an answer has an `ETag`, send it back as `If-Match` with a change; 412 says
  that somebody else was first.
- **Lists** come in pages: `limit` (1 to 200), and a `Link` header with `rel="next"` until the last
  page. A cursor goes with its question and its caller.
- **Limits**: `RateLimit` and `RateLimit-Policy` say where you stand; after 429 wait as long as
  `Retry-After` says.
- **`X-Request-Id`**: give your own (letters, digits, `.`, `_`, `-`; at most 64) or read ours; it is
  in the log of the service, and in each problem.

The machine-readable form is `/api/openapi.json` (OpenAPI 3.1), with a page at `/api/docs`.
"""


def _families(family: type[LedgerError]) -> Iterator[type[LedgerError]]:
    for one in family.__subclasses__():
        if "slug" in vars(one) and one.__module__.startswith("ledger."):
            yield one
        yield from _families(one)


def problems_page() -> tuple[str, Path]:
    """Every kind of problem: its status, its title, and when it happens."""
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        if module.name != "ledger.serve":  # Importing that one begins to serve.
            import_module(module.name)
    found = sorted(
        set(_families(LedgerError)),
        key=lambda one: (status_of(one), one.slug, one.title, _when(one)),
    )
    rows = [f"| `{one.slug}` | {status_of(one)} | {one.title} | {_when(one)} |" for one in found]
    general = [f"| `{slug}` | {code} | {title} | |" for code, (slug, title, _) in WORDS.items()]
    general += [f"| `{slug}` | {code} | {title} | |" for slug, (code, title, _) in BESIDES.items()]
    text = [
        "# Problems\n",
        _MADE,
        "What may go wrong, as RFC 9457 has it: the `type` of a problem is `/problems/` and its",
        "name here. A name is never used for something else. Each `detail` says what to do.\n",
        "| name | status | title | when |",
        "|---|---|---|---|",
        *rows,
        "",
        "Besides these, of HTTP itself:\n",
        "| name | status | title | |",
        "|---|---|---|---|",
        *general,
        "",
    ]
    return "\n".join(text), REFERENCE / "problems.md"


def _when(one: type[LedgerError]) -> str:
    return (one.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ").replace("  ", " ")


def api_page(app: Flask) -> tuple[str, Path]:
    """Every operation for programs, by what it is about."""
    spec = document(app)
    parts = ["# The API\n", _MADE, _API]
    by_tag: dict[str, list[str]] = {}
    for path, item in sorted(spec["paths"].items()):
        for method, operation in item.items():
            if method != "parameters":
                by_tag.setdefault(operation["tags"][0], []).append(_row(method, path, operation))
    for tag, rows in sorted(by_tag.items()):
        parts += [f"## {tag}\n", "| operation | what it does | permission |", "|---|---|---|"]
        parts += [*rows, ""]
    return "\n".join(parts), REFERENCE / "api.md"


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    permission = f"`{operation['x-permission']}`" if "x-permission" in operation else "none"
    return f"| `{method.upper()} {path}` | {operation['summary']} | {permission} |"
