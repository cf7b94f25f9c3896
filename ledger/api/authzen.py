"""The one decision over HTTP: OpenID AuthZEN Authorization API 1.0.

``docs/reference/authzen.md`` is our profile of it. Errors are what AuthZEN says: a message
as text; whoever accepts ``application/problem+json`` gets it in that form.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import marshmallow as ma
import orjson
from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ledger.access import searching, service
from ledger.access.answers import as_json
from ledger.access.question import Question
from ledger.access.searching import Sought
from ledger.access.service import Semantic
from ledger.api import authzen_search, problem
from ledger.api.authzen_question import NotAQuestion, question
from ledger.api.shell import Blueprint as Described
from ledger.core import clock
from ledger.core.actor import ActorKind
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.bodies import loads
from ledger.edge.guard import current_actor, public, requires

blueprint = Blueprint("authzen", __name__)

EVALUATIONS_MAX: Final = 100
_REQUEST_ID_LENGTH_MAX: Final = 256
_PARTS: Final = ("subject", "action", "resource", "context")

Json = dict[str, Any]


class QuestionIn(ma.Schema):
    """A question, in AuthZEN's four parts; docs/reference/authzen.md says what goes where."""

    subject = ma.fields.Dict(required=True, metadata={"description": "Who would look."})
    action = ma.fields.Dict(required=True, metadata={"description": "What they would do."})
    resource = ma.fields.Dict(required=True, metadata={"description": "Whose data, which, where."})
    context = ma.fields.Dict(required=True, metadata={"description": "The purpose of use."})


class QuestionsIn(QuestionIn):
    """Several questions; what they share is said once."""

    evaluations = ma.fields.List(ma.fields.Dict(), metadata={"description": "At most 100."})
    options = ma.fields.Dict(metadata={"description": "`evaluations_semantic`"})


class DecisionOut(ma.Schema):
    """A decision, with why."""

    decision = ma.fields.Boolean(required=True)
    context = ma.fields.Dict()


class DecisionsOut(ma.Schema):
    """Decisions, in the order of their questions."""

    evaluations = ma.fields.List(ma.fields.Nested(DecisionOut), required=True)


class SearchIn(QuestionIn):
    """A question with one part left open: the id, or the whole action."""

    action = ma.fields.Dict(metadata={"description": "Left out when actions are sought."})
    page = ma.fields.Dict(metadata={"description": "`token` of the page before, and `limit`."})


class FoundOut(ma.Schema):
    """Those with whom the question would be answered yes."""

    results = ma.fields.List(ma.fields.Dict(), required=True)
    page = ma.fields.Dict(required=True)


class MetadataOut(ma.Schema):
    """Where decisions are asked for."""

    policy_decision_point = ma.fields.String(required=True)
    access_evaluation_endpoint = ma.fields.String(required=True)
    access_evaluations_endpoint = ma.fields.String(required=True)
    search_subject_endpoint = ma.fields.String(required=True)
    search_resource_endpoint = ma.fields.String(required=True)
    search_action_endpoint = ma.fields.String(required=True)


@blueprint.post("/access/v1/evaluation")
@Described.takes(QuestionIn)
@Described.answers(200, DecisionOut)
@requires(Permission.ACCESS_ASK)
def evaluation() -> ResponseReturnValue:
    """Ask whether somebody may see something of a patient. The decision is recorded first."""
    return _answer(_one(_body()))


@blueprint.post("/access/v1/evaluations")
@Described.takes(QuestionsIn)
@Described.answers(200, DecisionsOut)
@requires(Permission.ACCESS_ASK)
def evaluations() -> ResponseReturnValue:
    """Ask several questions at once; each is a decision of its own."""
    body = _body()
    options, items = body.pop("options", {}), body.pop("evaluations", [])
    if not isinstance(items, list) or len(items) > EVALUATIONS_MAX:
        raise NotAQuestion("evaluations", f"must be a list of at most {EVALUATIONS_MAX}")
    semantic = _semantic(options)
    if not items:
        return _answer(_one(body))
    shared = {name: body.pop(name) for name in _PARTS if name in body}
    if body:
        raise NotAQuestion(next(iter(body))[:60], "is not known here")
    asked = [_try({**shared, **item} if isinstance(item, dict) else item) for item in items]
    if semantic is Semantic.EXECUTE_ALL:
        return _answer({"evaluations": _every(asked)})
    return _answer({"evaluations": _until(asked, semantic)})


@blueprint.post("/access/v1/search/subject")
@Described.takes(SearchIn)
@Described.answers(200, FoundOut)
@requires(Permission.ACCESS_ASK)
def search_subjects() -> ResponseReturnValue:
    """Find who, of the people of an organisation, may see something. One entry says so."""
    return _answer(authzen_search.answer(_body(), Sought.SUBJECT))


@blueprint.post("/access/v1/search/resource")
@Described.takes(SearchIn)
@Described.answers(200, FoundOut)
@requires(Permission.ACCESS_ASK)
def search_resources() -> ResponseReturnValue:
    """Find of which patients, of those on a list, somebody may see something."""
    return _answer(authzen_search.answer(_body(), Sought.RESOURCE))


@blueprint.post("/access/v1/search/action")
@Described.takes(SearchIn)
@Described.answers(200, FoundOut)
@requires(Permission.ACCESS_ASK)
def search_actions() -> ResponseReturnValue:
    """Find what somebody may do with something of a patient."""
    return _answer(authzen_search.answer(_body(), Sought.ACTION))


@blueprint.post("/access/v1/rehearsal")
@Described.takes(QuestionIn)
@Described.answers(200, DecisionOut)
@requires(Permission.ACCESS_REHEARSE)
def rehearsal() -> ResponseReturnValue:
    """Try what would be answered: not AuthZEN. Nobody is let in, and no look is recorded."""
    asked = _question(_body())
    with unit_of_work(current_actor()) as work:
        told = searching.rehearse(work, asked).told
    context = {"outcome": told.outcome, "reason_code": told.reason, "rehearsal": True}
    return _answer({"decision": told.permits, "context": context})


@blueprint.get("/.well-known/authzen-configuration")
@Described.answers(200, MetadataOut)
@public("where decisions are asked for is no secret, and clients find it here")
def metadata() -> ResponseReturnValue:
    """Say where decisions are asked for."""
    here = str(current_app.extensions["settings"].public_url)
    return _answer(
        {
            "policy_decision_point": here,
            "access_evaluation_endpoint": f"{here}/access/v1/evaluation",
            "access_evaluations_endpoint": f"{here}/access/v1/evaluations",
            "search_subject_endpoint": f"{here}/access/v1/search/subject",
            "search_resource_endpoint": f"{here}/access/v1/search/resource",
            "search_action_endpoint": f"{here}/access/v1/search/action",
        }
    )


def _one(body: Json) -> Json:
    asked = _question(body)
    return as_json(service.evaluate(db.session(), current_actor(), asked, now=clock.now()))


def _every(asked: list[Question | Json]) -> list[Json]:
    """Answer all that are questions in one go, each in its place."""
    questions = [each for each in asked if isinstance(each, Question)]
    answered = iter(
        service.evaluate_all(db.session(), current_actor(), questions, now=clock.now())
        if questions
        else ()
    )
    return [as_json(next(answered)) if isinstance(each, Question) else each for each in asked]


def _until(asked: list[Question | Json], semantic: Semantic) -> list[Json]:
    """Answer one after the other, up to and including the one that is enough."""
    enough = semantic is Semantic.PERMIT_ON_FIRST_PERMIT
    answers: list[Json] = []
    for each in asked:
        if isinstance(each, Question):
            actor, now = current_actor(), clock.now()
            answers.append(as_json(service.evaluate(db.session(), actor, each, now=now)))
        else:
            answers.append(each)
        if answers[-1]["decision"] is enough:
            break
    return answers


def _try(body: object) -> Question | Json:
    """Return a question, or the answer that an item gets which is none."""
    try:
        return _question(body)
    except NotAQuestion as error:
        return {"decision": False, "context": {"error": {"status": 400, "message": str(error)}}}


def _question(body: object) -> Question:
    actor = current_actor()
    itself = actor.kind is ActorKind.CLIENT and actor.on_behalf_of is None
    client_id: UUID | None = actor.id if itself else None
    return question(db.session(), body, client_id=client_id)


def _semantic(options: object) -> Semantic:
    if not isinstance(options, dict):
        raise NotAQuestion("options", "must be an object")
    name = options.get("evaluations_semantic", Semantic.EXECUTE_ALL)
    if not isinstance(name, str) or name not in set(Semantic):
        known = ", ".join(Semantic)
        raise NotAQuestion("options.evaluations_semantic", f"must be one of {known}")
    return Semantic(name)


def _body() -> Json:
    if not request.is_json:
        raise NotAQuestion("the request", "must be sent as application/json")
    try:
        body = loads(request.get_data())
    except ValueError as error:
        raise NotAQuestion("the request", f"is no JSON we can read: {error}") from error
    if not isinstance(body, dict):
        raise NotAQuestion("the request", "must be an object")
    return body


def _answer(body: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(body), content_type="application/json", headers=_request_id())


def _request_id() -> dict[str, str]:
    """Return the caller's name for the request: any text, returned as it was sent."""
    given = request.headers.get("X-Request-ID")
    return {"X-Request-ID": given[:_REQUEST_ID_LENGTH_MAX]} if given else {}


@blueprint.errorhandler(NotAQuestion)
def not_a_question(error: NotAQuestion) -> ResponseReturnValue:
    """Answer 400 with the member that is wrong."""
    return _wrong(problem.problem(400, "not-a-question", "This is not a question", str(error)))


@blueprint.errorhandler(LedgerError)
def refused(error: LedgerError) -> ResponseReturnValue:
    """Answer what the house refuses: not signed in, not theirs to ask."""
    status = problem.status_of(type(error))
    challenge = getattr(error, "challenge", None)
    headers = {"WWW-Authenticate": challenge} if challenge else None
    made = problem.problem(status, error.slug, error.title, error.detail, headers=headers)
    return _wrong(made)


@blueprint.errorhandler(HTTPException)
def unreadable(error: HTTPException) -> ResponseReturnValue:
    """Answer what could not be read at all."""
    detail = error.description or error.name
    return _wrong(problem.problem(error.code or 500, "unreadable", error.name, detail))


def _wrong(made: Any) -> ResponseReturnValue:
    """Return an error as AuthZEN has it: the message, as text."""
    response: Response = made
    response.headers.update(_request_id())
    if "application/problem+json" in request.headers.get("Accept", ""):
        return response
    response.set_data(orjson.loads(response.get_data())["detail"])
    response.content_type = "text/plain; charset=utf-8"
    return response
