"""Agreements as files, and what a digest is of: for pages and programs alike."""

import re
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app

from ledger.agreements import service
from ledger.agreements.queries.issued import Imprint
from ledger.core.work import unit_of_work
from ledger.edge.guard import current_actor
from ledger.settings import Settings

SHA256: Final = re.compile(r"[0-9a-f]{64}")


def send_pdf(agreement_id: UUID, number: int) -> Response:
    """Issue a version as a PDF, and send it."""
    settings: Settings = current_app.extensions["settings"]
    imprint = Imprint(
        address=settings.public_url.rstrip("/"),
        log_key=str(_signers()["ledger"].verifier()),
        demonstration=settings.demonstration,
    )
    with unit_of_work(current_actor()) as work:
        issued = service.issue(work, agreement_id, number=number, imprint=imprint)
    response = Response(issued.content, content_type="application/pdf")
    name = f"agreement-{agreement_id}-version-{number}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.set_etag(issued.sha256)
    return response


def _signers() -> Any:
    return current_app.extensions["signers"]
