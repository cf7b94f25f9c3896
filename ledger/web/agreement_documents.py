"""Pages for an agreement on paper: take the PDF, and check one, with an account or without."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from ledger.agreements import queries
from ledger.agreements.queries import Recognised, Whose
from ledger.core import clock, receipts
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.core.receipts import NotYetSigned
from ledger.edge.guard import public, requires
from ledger.edge.issuing import SHA256, send_pdf
from ledger.edge.limits import GUESSES, limiter
from ledger.web.agreement_words import Status
from ledger.web.shell import day, moment

blueprint = Blueprint("agreement_documents", __name__, url_prefix="/agreements")

_WHY: Final = "who was given an agreement on paper must be able to check it without an account"

_UNKNOWN: Final = "This service issued no file, and proposed no text, with this SHA-256."
_CHANGED: Final = """One changed letter is enough: a file that was opened and saved again, printed
or scanned is another file. Ask whoever gave it to you for the file as it was issued."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a digest is of, in words. It names organisations and no people."""

    heading: str
    colour: str
    sentences: tuple[str, ...]
    facts: tuple[dict[str, str], ...]
    signed: tuple[tuple[str, str], ...]
    receipt: str | None


@blueprint.get("/<uuid:agreement_id>/versions/<int:number>/pdf")
@requires(Permission.AGREEMENT_READ)
def pdf(agreement_id: UUID, number: int) -> Response:
    """Issue a version as a PDF with its evidence."""
    return send_pdf(agreement_id, number)


@blueprint.get("/check")
@public(_WHY)
def check() -> ResponseReturnValue:
    """Ask for a file or a digest; answer at once where the address names a digest."""
    given = request.args.get("sha256", "").strip().lower()
    return _page(given) if given else _asked({}, "")


@blueprint.post("/check")
@public(_WHY)
@limiter.limit(GUESSES)
def send_check() -> ResponseReturnValue:
    """Say what a file or a digest is. Neither is kept."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return _page(sha256(file.stream.read()).hexdigest())
    return _page(request.form.get("sha256", "").strip().lower())


def _page(digest: str) -> ResponseReturnValue:
    if not SHA256.fullmatch(digest):
        error = "Choose a file, or enter 64 letters and digits (0 to 9, a to f)"
        return _asked({"sha256": error}, digest[:80]), 422
    return _asked({}, digest, _answer(queries.recognise(db.session(), digest)))


def _asked(errors: dict[str, str], digest: str, answer: Answer | None = None) -> str:
    return render_template("agreements/check.jinja", errors=errors, digest=digest, answer=answer)


def _answer(found: Recognised) -> Answer:
    if found.whose is Whose.UNKNOWN:
        sentences = (_UNKNOWN, _CHANGED)
        return Answer("Not ours", "red", sentences, (), (), None)
    today = clock.today()
    status = Status.of(found.state, first_day=found.first_day, last_day=found.last_day, today=today)
    facts = [
        {"key": "Agreement", "value": f"{found.title}, version {found.version}"},
        {"key": "Today", "value": status.text},
        {"key": "Days", "value": f"{day(found.first_day)} to {day(found.last_day)}"},
        {"key": "SHA-256 of the text", "value": found.document_sha256},
    ]
    signed = tuple((name, moment(at)) for name, at in found.signed)
    if found.issued_at is None or found.entry_id is None:
        sentence = f"This is the SHA-256 of the text of version {found.version}."
        return Answer("A text of this service", "green", (sentence,), tuple(facts), signed, None)
    sentence = (
        f"This file is exactly what this service first issued on {moment(found.issued_at)} for "
        f"version {found.version}. What changed since, such as later signatures, is not in it."
    )
    facts.append({"key": "Entry of the log", "value": str(found.entry_id)})
    receipt = _receipt(found.entry_id)
    return Answer("Issued by this service", "green", (sentence,), tuple(facts), signed, receipt)


def _receipt(entry_id: UUID) -> str | None:
    try:
        return receipts.receipt_of(db.session(), entry_id).to_text()
    except NotYetSigned:
        return None
