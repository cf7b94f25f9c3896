"""The trail over HTTP, for programs: searching, opening, receipts, bundles."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, post_load, validate

from ledger.api.shell import Blueprint as Described
from ledger.core.exports import Form
from ledger.core.filters import Filter
from ledger.core.policy import Permission
from ledger.core.reading import EntryView, Page, open_entry, search, search_own
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
    outcome = fields.String(metadata={"description": "How it was decided; codes, with commas."})
    purpose = fields.String(metadata={"description": "What for; codes, with commas between."})
    reason = fields.String(metadata={"description": "Why; codes, with commas between."})

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


class ExportIn(FilterIn):
    """For whom, and which entries; no condition means the whole log."""

    recipient = fields.String(
        load_default="", metadata={"description": "Who gets it, in words; kept beside the log."}
    )
    recipient_id = fields.UUID(
        load_default=None, metadata={"description": "Who gets it: an organisation of ours."}
    )
    form = fields.Enum(
        Form, by_value=True, load_default=Form.BUNDLE, metadata={"description": "In which form."}
    )
    tree = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[a-z][a-z0-9-]{0,15}$"),
        metadata={"description": "Which shard of the access log, if not the first."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """Return for whom, and the filter."""
        goes = {name: data.pop(name) for name in ("recipient", "recipient_id", "form", "tree")}
        return downloads.For(**goes), Filter(**data)


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
    """Search the trail by subject, actor, kind, organisation, time and coded reason.

    Searching is itself recorded: who asked, with which conditions, and how many rows.
    """
    return _listed(search)


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


@blueprint.get("/mine")
@requires(Permission.LOG_RECEIPT)
@Described.takes(PageIn, location="query")
@Described.answers(200, EntriesOut, says="A page of entries; that they were read is recorded.")
def mine() -> ResponseReturnValue:
    """Search the entries that concern oneself, whom one acts for, or one's organisation."""
    return _listed(search_own)


@blueprint.post("/bundles")
@requires(Permission.LOG_EXPORT)
@Described.takes(ExportIn)
@Described.answers(200, says="A zip file that `python -m audit verify` checks alone.")
def bundle() -> Response:
    """Take entries away, to be checked elsewhere: a bundle, unless `form` says otherwise.

    A bundle about one subject is their chain and proves that nothing is missing. That it
    left, and for whom, is recorded before it is made. Who may not take everything takes the
    chain of themselves, or of their organisation; of that, what they may not see as hashes.
    """
    goes, which = ExportIn().load(request.get_json())
    return downloads.send_export(which, goes)


@blueprint.post("/exports")
@requires(Permission.LOG_EXPORT)
@Described.takes(ExportIn)
@Described.answers(200, says="CSV, JSON Lines or a bundle, as `form` says.")
def export() -> Response:
    """Take entries away as a table, sent as it is read; or as a bundle.

    A table proves nothing; each row gives the number and the leaf hash of its entry.
    """
    return bundle()


def _listed(find: Callable[..., Page]) -> ResponseReturnValue:
    limit, after = cursors.limit(), cursors.after(of=_TRAIL, shape=(int,))
    which = PageIn().load(request.args)
    with unit_of_work(current_actor()) as work:
        page = find(work, which=which, limit=limit, before_position=after[0] if after else None)
    end = (page.entries[-1].position,) if page.more else None
    return (
        {"items": [_out(view) for view in page.entries]},
        200,
        cursors.links(next_after=end, of=_TRAIL),
    )


def _out(view: EntryView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "log": view.log,
        "index": view.index,
        "entry": view.parsed(),
        "receipt": url_for("log.receipt", entry_id=view.id),
    }
