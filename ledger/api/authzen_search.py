"""Searches of AuthZEN 1.0 (section 8), and the rehearsal that is ours."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from ledger.access import searching
from ledger.access.question import Question
from ledger.access.searching import Sought
from ledger.api.authzen_question import NotAQuestion, question
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
TOKEN_LASTS_S: Final = 600
_NOBODY: Final = str(UUID(int=0))

Json = dict[str, Any]


def answer(body: Json, sought: Sought) -> Mapping[str, Any]:
    """Return the answer to a search.

    Raises:
        NotAQuestion: a member is wrong, or the token belongs to something else.
    """
    asked = dict(body)
    page = _object(asked.pop("page", {}), "page")
    _only(page, "page.", {"token", "limit"})
    limit = _limit(page.get("limit", LIMIT_DEFAULT))
    tokens = _tokens(sought, asked)
    after = _after(tokens, page.get("token"))
    wanted = _question(asked, sought)
    with unit_of_work(current_actor()) as work:
        found = searching.search(work, wanted, sought, after=after, limit=limit)
    return {
        "results": [_entity(each, sought) for each in found.found],
        "page": {
            "next_token": "" if found.after is None else str(tokens.dumps(str(found.after))),
            "count": len(found.found),
        },
    }


def _question(asked: Json, sought: Sought) -> Question:
    """Return the question with the part that is sought left open: what is said of it is ignored."""
    if sought is Sought.ACTION:
        if "action" in asked:
            raise NotAQuestion("action", "is what is searched for; leave it out")
        asked["action"] = {"name": "access"}
    else:
        part = dict(_object(asked.get(sought.value), sought.value))
        part["id"] = _NOBODY
        if sought is Sought.SUBJECT and part.get("type") != "user":
            raise NotAQuestion("subject.type", "must be user")
        asked[sought.value] = part
    actor = current_actor()
    itself = actor.ref.startswith("client:") and actor.on_behalf_of is None
    return question(db.session(), asked, client_id=actor.id if itself else None)


def _entity(one: object, sought: Sought) -> Json:
    if sought is Sought.ACTION:
        return {"name": str(one)}
    return {"type": "user" if sought is Sought.SUBJECT else "patient-data", "id": str(one)}


def _tokens(sought: Sought, asked: Json) -> URLSafeTimedSerializer:
    """Return what signs tokens of this question, for whoever asks it, and nothing else."""
    said = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
    salt = repr(("authzen-search", sought.value, current_actor().ref, said))
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt=salt)


def _after(tokens: URLSafeTimedSerializer, token: object) -> UUID | None:
    if token is None or token == "":
        return None
    try:
        return UUID(tokens.loads(str(token), max_age=TOKEN_LASTS_S))
    except (BadSignature, ValueError) as error:
        said = "belongs to another question or asker, or is too old; start again without it"
        raise NotAQuestion("page.token", said) from error


def _limit(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LIMIT_MAX:
        raise NotAQuestion("page.limit", f"must be a whole number from 1 to {LIMIT_MAX}")
    return value


def _object(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise NotAQuestion(name, "is missing" if value is None else "must be an object")
    return value


def _only(members: Json, path: str, known: set[str]) -> None:
    for name in members:
        if name not in known:
            raise NotAQuestion(f"{path}{name}"[:60], "is not known here")
