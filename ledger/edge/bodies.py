"""Request bodies, read strictly: what two readers could understand differently is refused.

JSON with a member named twice, with NaN or Infinity, nested deeper than any of our schemas, or
with a character no database column can hold (NUL, half a surrogate pair) is answered 400 and
never reaches a schema. So do addresses and forms with a NUL.
"""

import json
import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Request, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

DEPTH_MAX: Final = 32
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class _Strict(ValueError):
    """What is wrong with a JSON text, in words for its sender."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = sorted({name for name, _ in pairs if sum(name == n for n, _ in pairs) > 1})
        raise _Strict(f"the member {twice[0][:60]!r} is there twice; send it once")
    return members


def _no_constant(name: str) -> None:
    raise _Strict(f"{name} is no JSON number; send null or leave the member out")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Strict("a number is too large to be kept")
    return value


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is malformed, ambiguous, too deep, or holds what cannot be stored.
    """
    try:
        value = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_constant, parse_float=_number
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Strict(f"{where}: {error.msg.lower()}") from error
    except UnicodeDecodeError as error:
        raise _Strict("the text is not UTF-8") from error
    except RecursionError as error:
        raise _Strict(f"nested deeper than {DEPTH_MAX} levels") from error
    except ValueError as error:
        if isinstance(error, _Strict):
            raise
        raise _Strict("a number has too many digits") from error
    _check(value)
    return value


def _check(value: Any) -> None:
    """Look at each string once, without recursion: the sender chose the depth."""
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX + 1):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _storable(one)
            elif isinstance(one, dict):
                for name in one:
                    _storable(name)
                below += one.values()
            elif isinstance(one, list):
                below += one
        if not below:
            return
        level = below
    raise _Strict(f"nested deeper than {DEPTH_MAX} levels")


def _storable(text: str) -> None:
    if "\0" in text:
        raise _Strict("a text holds the NUL character; leave it out")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _Strict("a text holds half of a surrogate pair") from error


class StrictJson(DefaultJSONProvider):
    """Flask's JSON, reading by `loads`."""

    sort_keys = False

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return loads(s)


class StrictRequest(Request):
    """A request whose malformed JSON says what is wrong with it."""

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        if e is None:
            raise UnsupportedMediaType("send the body as application/json")
        raise BadRequest(f"the body is no JSON we can read: {e}") from e


View = TypeVar("View", bound=Callable[..., Any])


def takes_up_to(size: int) -> Callable[[View], View]:
    """Declare that a view takes bodies of so many bytes, where others take `BODY_BYTES_MAX`."""

    def declare(view: View) -> View:
        view.body_bytes_max = size  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Read JSON strictly, and refuse a NUL in an address or a form."""
    app.request_class = StrictRequest
    app.json = StrictJson(app)

    @app.before_request
    def no_nul() -> None:
        size = getattr(app.view_functions.get(request.endpoint or ""), "body_bytes_max", None)
        if size is not None:
            request.max_content_length = size
        found = "\0" in request.path or b"%00" in request.query_string
        if request.mimetype in _FORMS:
            found = found or any("\0" in a + b for a, b in request.form.items(multi=True))
        if found:
            raise BadRequest("the request holds the NUL character; leave it out")
