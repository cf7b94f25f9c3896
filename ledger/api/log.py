"""The trail over HTTP, for programs: searching, opening, receipts, bundles."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, post_load, validate

from ledger.api.shell import Blueprint as Described
from ledger.core.filters import Filter
from ledger.core.policy import Permission
from ledger.core.reading import EntryView, open_entry, search
from ledger.core.trail import LOGS
from ledger.core.work import unit_of_work
from ledger.edge import cursors, downloads
from ledger.edge.guard import current_actor, requires

blueprint = Blueprint("log", __name__, url_prefix="/api/v1/log")

_TRAIL = "trail"


class FilterIn(Schema):
    """Which entries: all that is given must hold."""

    log = fields.String(load_default="ledger", validate=validate.OneOf(LOGS))
    subject = fields.String(metadata={"description": "`patient:<id>` and so on."})
    actor = fields.String(metadata={"description": "`person:<id>`, `client:<id>`, `system:<job>`."})
    kind = fields.String(metadata={"description": "A kind, or the name of its area alone."})
    org = fields.UUID(metadata={"description": "The organisation that was acted for."})
    since = fields.AwareDateTime(format="iso", metadata={"description": "Of then or later."})
    before = fields.AwareDateTime(format="iso", metadata={"description": "Earlier than then."})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """Return the value that is searched with."""
        return Filter(**data)


class PageIn(FilterIn):
    """The conditions, and which page; that is read by `ledger.edge.cursors`."""

    after = fields.String(load_only=True, metadata={"description": "From the `next` link."})
    limit = fields.Integer(load_only=True, metadata={"description": "1 to 200; else 50."})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """Return the value that is searched with."""
        return Filter(**{name: data[name] for name in data.keys() - {"after", "limit"}})


class BundleIn(FilterIn):
    """For whom, and which entries; no condition means the whole log."""

    recipient = fields.String(
        required=True, metadata={"description": "Who gets it; recorded in the log."}
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """Return the recipient and the filter."""
        return data.pop("recipient"), Filter(**data)


class EntryOut(Schema):
    """An entry. `entry` is exactly what is hashed, as JSON."""

    id = fields.UUID()
    log = fields.String()
    index = fields.Integer(
        allow_none=True, metadata={"description": "Its number in the log; null for a moment."}
    )
    entry = fields.Dict(metadata={"description": "The envelope and the data."})
    receipt = fields.String(metadata={"description": "Address of its receipt."})


class EntriesOut(Schema):
    """A page of entries, newest first. The `Link` header leads to the next."""

    items = fields.List(fields.Nested(EntryOut))


@blueprint.get("/entries")
@requires(Permission.LOG_READ)
@Described.takes(PageIn, location="query")
@Described.answers(200, EntriesOut, says="A page of entries; that they were read is recorded.")
def entries() -> ResponseReturnValue:
    """Search the trail by subject, actor, kind, organisation and time.

    Searching is itself recorded: who asked, with which conditions, and how many rows.
    """
    limit, after = cursors.limit(), cursors.after(of=_TRAIL, shape=(int,))
    which = PageIn().load(request.args)
    with unit_of_work(current_actor()) as work:
        page = search(work, which=which, limit=limit, before_position=after[0] if after else None)
    end = (page.entries[-1].position,) if page.more else None
    return (
        {"items": [_out(view) for view in page.entries]},
        200,
        cursors.links(next_after=end, of=_TRAIL),
    )


@blueprint.get("/entries/<uuid:entry_id>")
@requires(Permission.LOG_RECEIPT)
@Described.answers(200, EntryOut, says="The entry; that it was read is recorded.")
def entry(entry_id: UUID) -> ResponseReturnValue:
    """Open one entry: any, for auditors; else one about oneself or one's organisation."""
    with unit_of_work(current_actor()) as work:
        view = open_entry(work, entry_id)
    return _out(view)


@blueprint.get("/entries/<uuid:entry_id>/bytes")
@requires(Permission.LOG_RECEIPT)
@Described.answers(200, says="The exact bytes that are hashed, as a file.")
def entry_bytes(entry_id: UUID) -> Response:
    """Download the exact bytes of an entry, which its receipt is for."""
    return downloads.send_entry(entry_id)


@blueprint.get("/entries/<uuid:entry_id>/receipt")
@requires(Permission.LOG_RECEIPT)
@Described.answers(200, says="The receipt, as c2sp.org/tlog-proof has it, in plain text.")
def receipt(entry_id: UUID) -> Response:
    """Download the receipt of an entry: the proof that it is in the log, for ever.

    An entry that was recorded a moment ago has none yet (409); ask again.
    """
    return downloads.send_receipt(entry_id)


@blueprint.post("/bundles")
@requires(Permission.LOG_EXPORT)
@Described.takes(BundleIn)
@Described.answers(200, says="A zip file that `python -m audit verify` checks alone.")
def bundle() -> Response:
    """Take entries away as a bundle, to be checked elsewhere.

    That it left, and for whom, is recorded before it is made.
    """
    recipient, which = BundleIn().load(request.get_json())
    return downloads.send_bundle(which, recipient)


def _out(view: EntryView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "log": view.log,
        "index": view.index,
        "entry": view.parsed(),
        "receipt": url_for("log.receipt", entry_id=view.id),
    }
