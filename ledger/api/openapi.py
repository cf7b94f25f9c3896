"""The OpenAPI 3.1 document: made from the URL map, the guards and the schemas; never by hand."""

from collections.abc import Iterable
from typing import Any, Final

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask
from werkzeug.routing import Rule

from ledger.core.errors import Bug
from ledger.core.permissions import Permission

_DESCRIBED: Final = ("/api/v1/", "/access/", "/healthz", "/readyz", "/metrics")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_ONCE: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Sent again with the same request, it gets the same answer.",
}


class ProblemOut(ma.Schema):
    """What went wrong, as RFC 9457 has it."""

    type = ma.fields.String(metadata={"description": "Permanent name of the kind of problem."})
    title = ma.fields.String()
    status = ma.fields.Integer()
    detail = ma.fields.String(metadata={"description": "What is wrong here, and what to do next."})
    instance = ma.fields.String()
    request_id = ma.fields.String(metadata={"description": "Tell it to whoever runs the service."})
    errors = ma.fields.List(
        ma.fields.Nested(
            ma.Schema.from_dict(
                {"field": ma.fields.String(), "detail": ma.fields.String()}, name="FaultOut"
            )
        ),
        metadata={"description": "Each single fault, with a JSON pointer to it."},
    )


class _Api(flask_smorest.Api):  # type: ignore[misc]  # It has no types.
    """flask-smorest without its error handler: problems are made in `ledger.api.problem`."""

    def _register_error_handlers(self) -> None:
        pass


class _Names:
    """Names schemas in the document: two areas may have a ``NoticeIn``, which are two things."""

    def __init__(self) -> None:
        self._taken: dict[str, type[ma.Schema]] = {}

    def __call__(self, schema: ma.Schema | type[ma.Schema] | str) -> str:
        found = resolve_schema_cls(schema)
        assert isinstance(found, type)
        area = found.__module__.rpartition(".")[2].title().replace("_", "")
        for name in (found.__name__, f"{area}{found.__name__}"):
            if self._taken.setdefault(name, found) is found:
                return name
        raise Bug(f"two schemas are called {found.__name__} in modules of one name")


def document(app: Flask) -> dict[str, Any]:
    """Return the description of every route for programs."""
    plugin = MarshmallowPlugin(schema_name_resolver=_Names())
    spec = _Api(app, spec_kwargs={"marshmallow_plugin": plugin}).spec
    spec.components.schema("Problem", schema=ProblemOut)
    spec.components.security_scheme(
        "token",
        {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _HOW_TO_SIGN_IN},
    )
    resolver = plugin.resolver
    assert resolver is not None
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if rule.rule.startswith(_DESCRIBED):
            methods = sorted(_METHODS & (rule.methods or set()))
            described = {m.lower(): _operation(app, rule, m, resolver) for m in methods}
            spec.path(rule=rule, operations=described)
    return dict(spec.to_dict())


_HOW_TO_SIGN_IN: Final = (
    "A token of this service's own authorization server; see "
    "/.well-known/oauth-authorization-server."
)


def _operation(app: Flask, rule: Rule, method: str, resolver: Any) -> dict[str, Any]:
    view: Any = app.view_functions[rule.endpoint]
    summary, _, description = (view.__doc__ or "").strip().partition("\n\n")
    guard = getattr(view, "guard", None)
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint}.{method.lower()}",
        "summary": " ".join(summary.split()),
        "tags": [rule.endpoint.split(".")[0]],
        "responses": dict(_responses(view, resolver, guarded=guard != "public")),
    }
    if description:
        operation["description"] = " ".join(description.split())
    if isinstance(guard, Permission):
        operation["security"] = [{"token": []}]
        operation["x-permission"] = str(guard)
    parameters: list[dict[str, Any]] = []
    for location, schema, required in _taken(view):
        if location == "json":
            content = {"application/json": {"schema": resolver.resolve_schema_dict(schema)}}
            operation["requestBody"] = {"content": content, "required": required}
        else:
            parameters += resolver.resolve_schema({"in": location, "schema": schema}) or []
            parameters += resolver.converter.schema2parameters(schema, location=location)
    if method == "POST" and rule.rule.startswith("/api/"):
        parameters.append(_ONCE)
    if parameters:
        operation["parameters"] = parameters
    return operation


def _taken(view: Any) -> Iterable[tuple[str, Any, bool]]:
    """Yield (location, schema, required) of what a view reads."""
    for location, schema in getattr(view, "takes", ()):
        yield location, schema, True
    for parameter in getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ()):
        yield parameter["in"], parameter["schema"], parameter.get("required", True)


def _responses(view: Any, resolver: Any, *, guarded: bool) -> Iterable[tuple[str, dict[str, Any]]]:
    answers = getattr(view, "answers", ())
    for status, schema, says in answers:
        answer: dict[str, Any] = {"description": says}
        if schema is not None:
            content = {"application/json": {"schema": resolver.resolve_schema_dict(schema)}}
            answer["content"] = content
        yield str(status), answer
    if not answers:
        yield "2XX", {"description": "As asked."}
    wrong = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if guarded:
        yield "401", {"description": "No token, or one that is no longer good.", "content": wrong}
    yield "default", {"description": "What went wrong.", "content": wrong}
