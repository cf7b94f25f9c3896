"""What every resource stands in: parsing, the OpenAPI document, and its page."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import flask
import flask_smorest
import marshmallow as ma
from flask import Flask, Request, Response, current_app, json, render_template, request
from flask.typing import ResponseReturnValue
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from ledger.api.openapi import document
from ledger.edge.guard import public

View = TypeVar("View", bound=Callable[..., Any])
VERSION: Final = "1"


class _StrictParser(FlaskParser):
    """Reads JSON by the application's own rules, and refuses another kind of body."""

    def _raw_load_json(self, req: Request) -> Any:
        if req.is_json:
            return req.get_json()
        if req.mimetype:
            raise UnsupportedMediaType("send the body as application/json")
        return core.missing


if TYPE_CHECKING:
    _Blueprint = flask.Blueprint  # flask-smorest has no types; its Blueprint is one of Flask's.
else:
    _Blueprint = flask_smorest.Blueprint


class Blueprint(_Blueprint):
    """A group of views that are described in the OpenAPI document."""

    ARGUMENTS_PARSER = _StrictParser()

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)

    def arguments(
        self, schema: type[ma.Schema] | ma.Schema, *, location: str = "json", **options: Any
    ) -> Callable[[View], View]:
        """Parse what a view is sent by *schema* and give it to the view first; or answer 422."""
        base: Any = super()
        parse: Callable[[View], View] = base.arguments(schema, location=location, **options)
        return parse

    @staticmethod
    def takes(
        schema: type[ma.Schema] | ma.Schema, *, location: str = "json"
    ) -> Callable[[View], View]:
        """Describe what a view reads by itself."""
        return _described("takes", (location, schema))

    @staticmethod
    def answers(
        status: int, schema: type[ma.Schema] | ma.Schema | None = None, *, says: str = "As asked."
    ) -> Callable[[View], View]:
        """Describe an answer of a view. The view itself makes it; nothing is dumped here."""
        return _described("answers", (status, schema, says))


def _described(what: str, value: object) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def described(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        known: Any = described
        setattr(known, what, (*getattr(view, what, ()), value))
        return known  # type: ignore[no-any-return]

    return decorate


blueprint = flask.Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
@public("what the service can do is no secret; programs are made from it")
def openapi() -> ResponseReturnValue:
    """Answer with the OpenAPI 3.1 description of this service."""
    made = current_app.extensions.get("openapi")
    if made is None:  # On first use: by then every blueprint is registered.
        made = json.dumps(document(current_app))
        current_app.extensions["openapi"] = made
    response = Response(made, content_type="application/json")
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    return response.make_conditional(request)


@blueprint.get("/docs")
@public("the same description, to be read by people")
def docs() -> str:
    """Show the OpenAPI description as a page."""
    return render_template("api/docs.jinja")


def init_app(app: Flask) -> None:
    """Prepare the document and serve it with its page."""
    app.config.setdefault("API_TITLE", "Care Ledger")
    app.config.setdefault("API_VERSION", VERSION)
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    app.register_blueprint(blueprint)
