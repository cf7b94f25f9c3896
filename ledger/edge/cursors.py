"""Pages of long lists: an opaque cursor says where the last page ended.

    after = cursors.after(of="trail", shape=(int,))      # None on the first page
    rows = queries.trail(session, after=after, limit=limit + 1)
    return {"items": ...}, 200, cursors.links(next_after=(rows[limit].index,), of="trail")

A cursor is signed, and bound to who asked and to the other query parameters: it neither lets
anybody probe for positions nor goes on with another question than it was made for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import current_app, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from ledger.core.errors import Fault, Invalid
from ledger.edge.guard import signed_in

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
_OWN: Final = frozenset({"after", "limit"})


class BadCursor(Invalid):
    """The cursor is not one of ours, or belongs to another question."""

    slug = "bad-cursor"
    title = "This list cannot be continued from there"


def limit() -> int:
    """Return how many items the caller wants on a page.

    Raises:
        Invalid: ``limit`` is no whole number from 1 to 200.
    """
    text = request.args.get("limit", str(LIMIT_DEFAULT))
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= LIMIT_MAX):  # noqa: PLR2004  (four digits are plenty)
        fault = Fault("limit", f"give a whole number from 1 to {LIMIT_MAX}")
        raise Invalid("the page size cannot be used", [fault])
    return int(text)


def after(*, of: str, shape: Sequence[type]) -> tuple[Any, ...] | None:
    """Return where the last page ended: values of the types in *shape*, or None.

    Raises:
        BadCursor: it was altered, or made for another list, question or caller.
    """
    text = request.args.get("after")
    if text is None:
        return None
    try:
        values = _serializer(of).loads(text)
    except BadSignature as error:
        raise BadCursor(
            "start again from the first page; a cursor goes with the question it was made for",
            [Fault("after", "not a cursor of this list")],
        ) from error
    if [type(value) for value in values] != list(shape):
        raise BadCursor("start again from the first page", [Fault("after", "of another version")])
    return tuple(values)


def cursor(values: Sequence[Any], *, of: str) -> str:
    """Return *values* (texts and whole numbers) as a cursor for the question now asked."""
    return str(_serializer(of).dumps(list(values)))


def page_href(values: Sequence[Any], *, of: str) -> str:
    """Return the address of the page after *values*, for a link or header."""
    arguments: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False)}
    arguments["after"] = cursor(values, of=of)
    return url_for(str(request.endpoint), **arguments)


def links(*, next_after: Sequence[Any] | None, of: str) -> Mapping[str, str]:
    """Return the ``Link`` header of a page; no header on the last one."""
    if next_after is None:
        return {}
    return {"Link": f'<{page_href(next_after, of=of)}>; rel="next"'}


def _serializer(of: str) -> URLSafeSerializer:
    actor = signed_in()
    question = sorted(
        (name, value) for name, value in request.args.items(multi=True) if name not in _OWN
    )
    who = actor.ref if actor is not None else ""
    salt = repr(("cursor", of, request.path, question, who))
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=salt)
