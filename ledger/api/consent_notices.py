"""The library of notices over HTTP: writing, retiring, listing and reading what is shown."""

from typing import Any

import marshmallow as ma
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from ledger.api.shell import Blueprint as Described
from ledger.consent.notices import queries, service
from ledger.consent.notices.rules import ID_MAX, TEXT_MAX, TITLE_MAX, Format
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once

blueprint = Blueprint("consent_notices", __name__, url_prefix="/api/v1/notices")

_LANGUAGE_MAX = 6
_VERSION_MAX = 1_000_000
"""More than anybody writes, and less than any database holds."""


class LibraryNoticeIn(ma.Schema):
    """A text of a notice: a new version, or the newest in another language or format."""

    id = fields.String(required=True, validate=validate.Length(1, ID_MAX))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, _VERSION_MAX))
    language = fields.String(required=True, validate=validate.Length(2, _LANGUAGE_MAX))
    format = fields.Enum(Format, by_value=True, load_default=Format.STANDARD)
    title = fields.String(required=True, validate=validate.Length(1, TITLE_MAX))
    text = fields.String(required=True, validate=validate.Length(1, TEXT_MAX))


class NoticesIn(ma.Schema):
    """Which notices to list."""

    id = fields.String(load_default=None, validate=validate.Length(1, ID_MAX))
    language = fields.String(load_default=None, validate=validate.Length(2, _LANGUAGE_MAX))
    format = fields.Enum(Format, by_value=True, load_default=None)
    retired = fields.Boolean(
        load_default=False, metadata={"description": "Also those that nobody is shown any more."}
    )


class LibraryNoticeLineOut(ma.Schema):
    """A text of a notice, but for its words; the digest is SHA-256 of them."""

    id = fields.String()
    version = fields.Integer()
    language = fields.String()
    format = fields.Enum(Format, by_value=True)
    organisation_id = fields.UUID()
    title = fields.String()
    digest = fields.String()
    authored_at = fields.AwareDateTime(format="iso")
    retired_at = fields.AwareDateTime(format="iso", allow_none=True)


class LibraryNoticeOut(LibraryNoticeLineOut):
    """A text of a notice, to the letter."""

    text = fields.String()


class LibraryNoticesOut(ma.Schema):
    """The library, the newest version of each notice first."""

    items = fields.List(fields.Nested(LibraryNoticeLineOut))


class NoticeEntryOut(ma.Schema):
    """The entry that was recorded."""

    entry_id = fields.UUID()


@blueprint.get("")
@Described.takes(NoticesIn, location="query")
@Described.answers(200, LibraryNoticesOut)
@requires(Permission.PROFILE_READ)
def library() -> ResponseReturnValue:
    """List the notices that people are shown, by language and format if wanted."""
    wanted = NoticesIn().load(request.args.to_dict())
    found = queries.notices(
        db.session(),
        retired=wanted["retired"],
        notice_id=wanted["id"],
        language=wanted["language"],
        how=wanted["format"],
    )
    return {"items": [_line(one) for one in found]}, 200


@blueprint.post("")
@Described.takes(LibraryNoticeIn)
@Described.answers(201, NoticeEntryOut)
@requires(Permission.NOTICE_KEEP)
def author() -> ResponseReturnValue:
    """Keep a text of a notice. A changed word is a new version."""
    asked = LibraryNoticeIn().load(request.get_json())
    notice_id = asked.pop("id")
    with unit_of_work(current_actor()) as work:
        body = once(
            work,
            lambda: {"entry_id": str(service.author(work, notice_id=notice_id, **asked))},
        )
    where = url_for(
        "consent_notices.read",
        notice_id=notice_id,
        version=asked["version"],
        language=asked["language"],
        written=asked["format"].value,
    )
    return body, 201, {"Location": where}


@blueprint.post("/<notice_id>/<int(max=1000000):version>/retirement")
@Described.answers(201, NoticeEntryOut)
@requires(Permission.NOTICE_KEEP)
def retire(notice_id: str, version: int) -> ResponseReturnValue:
    """Have a version shown to nobody any more, in any language or format."""
    with unit_of_work(current_actor()) as work:
        body = once(
            work,
            lambda: {"entry_id": str(service.retire(work, notice_id=notice_id, version=version))},
        )
    return body, 201


@blueprint.get("/<notice_id>/<int(max=1000000):version>/<language>/<written>")
@Described.answers(200, LibraryNoticeOut)
@requires(Permission.PROFILE_READ)
def read(notice_id: str, version: int, language: str, written: str) -> ResponseReturnValue:
    """Read a text to the letter, retired or not."""
    if written not in set(Format):
        raise NotFound("there is no such notice in that language and format")
    how = Format(written)
    found = queries.one(db.session(), notice_id, version, language, how)
    text = queries.text_of(db.session(), notice_id, version, language, how)
    return {**_line(found), "text": text}, 200


def _line(view: queries.NoticeView) -> dict[str, Any]:
    body: dict[str, Any] = LibraryNoticeLineOut(exclude=("format",)).dump(view)
    return {**body, "format": view.format}
