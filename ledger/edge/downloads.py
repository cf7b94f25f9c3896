"""Parts of the log as files: for pages and programs alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import Final
from uuid import UUID

from flask import Response, current_app, send_file

from ledger.core import bundles, exports, listings, receipts
from ledger.core.db import db, snapshot
from ledger.core.exports import Export, Form
from ledger.core.filters import Filter
from ledger.core.reading import entry_of, open_entry
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor
from ledger.edge.once import once_form

_NOT_KEPT: Final = {"Cache-Control": "no-store"}
_MEDIA_TYPES: Final = {
    Form.CSV: "text/csv; charset=utf-8; header=present",
    Form.JSONL: "application/jsonl; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """Who gets an export, and in which form."""

    recipient: str = ""
    recipient_id: UUID | None = None
    form: Form = Form.BUNDLE
    tree: str | None = None


def send_export(which: Filter, goes: For, *, from_form: bool = False) -> Response:
    """Record that entries leave, and send them: a table while it is read, a bundle when whole."""
    with unit_of_work(current_actor()) as work:
        if from_form:
            once_form(work)
        announced = exports.announce(
            work,
            which=which,
            recipient=goes.recipient,
            recipient_id=goes.recipient_id,
            form=goes.form,
            tree=goes.tree,
        )
    if announced.form is not Form.BUNDLE:
        return _stream(announced)
    settings, signers = (current_app.extensions[name] for name in ("settings", "signers"))
    file = TemporaryFile()  # noqa: SIM115  (it is closed with the response)
    with snapshot(db.engine) as session:
        bundles.write(
            session,
            announced,
            file,
            key=signers[announced.tree].verifier(),
            ledger_key=signers["ledger"].verifier(),
            demonstration=settings.demonstration,
        )
    file.seek(0)
    response = send_file(
        file, mimetype="application/zip", as_attachment=True, download_name=announced.name
    )
    response.headers.update(_NOT_KEPT)
    return response


def _stream(announced: Export) -> Response:
    """Send a table while it is read, from a snapshot that is as old as this request."""
    demonstration: bool = current_app.extensions["settings"].demonstration
    pieces = listings.csv_pieces if announced.form is Form.CSV else listings.jsonl_pieces
    engine = db.engine

    def content() -> Iterator[bytes]:
        with snapshot(engine) as session:
            yield from pieces(session, announced, demonstration=demonstration)

    headers = {"Content-Disposition": f'attachment; filename="{announced.name}"', **_NOT_KEPT}
    return Response(content(), mimetype=_MEDIA_TYPES[announced.form], headers=headers)


def send_receipt(entry_id: UUID) -> Response:
    """Send the receipt of an entry that the actor may see."""
    session = db.session()
    entry_of(session, current_actor(), entry_id)
    text = receipts.receipt_of(session, entry_id).to_text()
    return _attachment(text.encode(), "text/plain", f"receipt-{entry_id}.txt")


def send_entry(entry_id: UUID) -> Response:
    """Send the exact bytes of an entry that the actor may see, and record it."""
    with unit_of_work(current_actor()) as work:
        body = open_entry(work, entry_id).body
    return _attachment(body, "application/json", f"entry-{entry_id}.json")


def _attachment(content: bytes, media_type: str, name: str) -> Response:
    response = send_file(
        BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name
    )
    response.headers.update(_NOT_KEPT)
    return response
