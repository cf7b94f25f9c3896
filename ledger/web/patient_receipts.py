"""Receipts: everything a patient said, each with the proof that it was written down."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template

from ledger.consent import queries
from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.vocabulary import purposes
from ledger.web.patient import own_patient_id
from ledger.web.patient_words import Happened
from ledger.web.shell import moment

blueprint = Blueprint("my_receipts", __name__, url_prefix="/my/receipts")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Something that can be proved."""

    at: datetime
    what: str
    title: str
    entry_id: UUID

    @property
    def when(self) -> str:
        """Say when."""
        return moment(self.at)


@blueprint.get("")
@requires(Permission.CONSENT_READ)
def show() -> str:
    """List what the patient said, the latest first."""
    views = queries.of_patient(db.session(), current_actor(), own_patient_id(), now=clock.now())
    lines = [
        ReceiptLine(
            event.at,
            Happened.of(event, view.base).what,
            ", ".join(map(purposes.words, view.purposes)) or "Any use",
            event.entry_id,
        )
        for view in views
        for event in view.events
    ]
    lines.sort(key=lambda one: (one.at, one.entry_id), reverse=True)
    return render_template("patient/receipts.jinja", lines=lines)
