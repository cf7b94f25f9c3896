"""Taking a question back: nobody waits for an answer any more, and nobody has said no."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from ledger.consent.asking.entries import ConsentLapsed
from ledger.consent.asking.models import ConsentRequest
from ledger.consent.asking.service import OPEN
from ledger.consent.models import Consent
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.service.held import hold, record
from ledger.core.errors import Conflict, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.queries.lists import on_list


class NothingToCancel(Conflict):
    """Everybody has answered, or the last day for it is over."""

    slug = "consent-request-over"
    title = "Nobody is waited for any more"


def cancel(work: UnitOfWork, request_id: UUID) -> int:
    """Wait no longer for those who have not answered; return how many they were.

    What was answered stands: only the patient takes it back.

    Raises:
        NotFound: there is no such request of the actor's organisation, or the actor may not
            ask one of those who are waited for.
        NothingToCancel: nobody is waited for.
    """
    own, row = work.actor.organisation_id, ConsentRequest
    mine = select(row).where(row.request_id == request_id, row.organisation_id == own)
    rows = work.session.scalars(mine.order_by(row.patient_id)).all() if own is not None else ()
    if own is None or not rows:
        raise NotFound("no such request")
    patient_ids = sorted({one.patient_id for one in rows})
    listed = on_list(work.session, own, patient_ids)
    done = 0
    for asked in rows:
        on = hold(work, asked.patient_id)
        if work.load(Consent, asked.consent_id).status not in OPEN:
            continue
        parties = frozenset({own}) if asked.patient_id in listed else frozenset[UUID]()
        about = replace(on, organisation_ids=parties)
        if not work.may(Permission.CONSENT_ASK, on=about):
            raise NotFound("no such request")
        work.authorise(Permission.CONSENT_ASK, on=about)
        record(
            work,
            ConsentLapsed(
                consent_id=asked.consent_id,
                request_id=request_id,
                patient_id=asked.patient_id,
                agreement_id=asked.agreement_id,
                reason=Reason.NO_LONGER_NEEDED,
            ),
        )
        done += 1
    if not done:
        raise NothingToCancel("what was answered stands until the patient takes it back")
    return done
