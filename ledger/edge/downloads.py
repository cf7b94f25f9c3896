"""Parts of the log as files: for pages and programs alike."""

from io import BytesIO
from tempfile import TemporaryFile
from typing import Final
from uuid import UUID

from flask import Response, current_app, send_file

from ledger.core import bundles, receipts
from ledger.core.db import db, snapshot
from ledger.core.filters import Filter
from ledger.core.reading import entry_of, open_entry
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor
from ledger.edge.once import once_form

_NOT_KEPT: Final = {"Cache-Control": "no-store"}


def send_bundle(which: Filter, recipient: str, *, from_form: bool = False) -> Response:
    """Record that a bundle leaves, make it, and send it as a zip file."""
    with unit_of_work(current_actor()) as work:
        if from_form:
            once_form(work)
        announced = bundles.announce(work, which=which, recipient=recipient)
    settings = current_app.extensions["settings"]
    key = current_app.extensions["signers"][which.log].verifier()
    file = TemporaryFile()  # noqa: SIM115  (it is closed with the response)
    with snapshot(db.engine) as session:
        bundles.write(session, announced, file, key=key, demonstration=settings.demonstration)
    file.seek(0)
    response = send_file(
        file, mimetype="application/zip", as_attachment=True, download_name=announced.name
    )
    response.headers.update(_NOT_KEPT)
    return response


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
