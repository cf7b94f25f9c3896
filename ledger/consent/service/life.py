"""What else happens to a consent: put on hold, taken up again, replaced, found never valid."""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from ledger.consent import entries as facts
from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.proxies.speaking import by_whom, check_own, check_yes
from ledger.consent.queries.standing import said_no_since
from ledger.consent.rules.lifecycle import Event, Reason, Status, after
from ledger.consent.rules.model import Effect
from ledger.consent.service import evidence
from ledger.consent.service.granting import ONLINE, OlderThanANo, Said, decided
from ledger.consent.service.held import Recorded, hold_consent, record, see
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork

Adds: TypeAlias = Callable[[UnitOfWork, Consent], bool]
Fact: TypeAlias = (
    type[facts.ConsentSuspended]
    | type[facts.ConsentReValidated]
    | type[facts.ConsentInvalidated]
    | type[facts.ConsentEnteredInError]
)


class NotNewer(Conflict):
    """What is to stand in a consent's place must be a newer one on the same matter."""

    slug = "consent-not-newer"
    title = "The other consent cannot stand in place of this one"


def suspend(
    work: UnitOfWork, consent_id: UUID, *, reason: Reason = Reason.NOT_SAID, said: Said = ONLINE
) -> Recorded:
    """Put what was said on hold, from now on, until it is re-validated.

    To put a no on hold is to say yes, so it needs who may say yes.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent = _allowed(work, consent_id, Event.SUSPENDED, adds=_is_a_no, said=said)
    return _record(work, facts.ConsentSuspended, consent, reason, said)


def re_validate(
    work: UnitOfWork, consent_id: UUID, *, reason: Reason = Reason.NOT_SAID, said: Said = ONLINE
) -> Recorded:
    """Have what was suspended or frozen count again: the person stands by it.

    To take up a no again needs no more than saying it.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        OlderThanANo: a yes was confirmed before the patient said no to something.
        Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent = _allowed(work, consent_id, Event.RE_VALIDATED, adds=_is_a_yes, said=said)
    decided_at = decided(work, consent.patient_id, said)
    if _is_a_yes(work, consent) and said_no_since(work.session, consent.patient_id, decided_at):
        raise OlderThanANo("ask the patient again, and record what they say today")
    return _record(work, facts.ConsentReValidated, consent, reason, said)


def supersede(
    work: UnitOfWork,
    consent_id: UUID,
    *,
    by: UUID,
    reason: Reason = Reason.NEW_VERSION,
    said: Said = ONLINE,
) -> Recorded:
    """Record that a newer consent stands in place of an old one, for good.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        NotNewer: the other is older, of another patient, or on another matter.
        Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent = _allowed(work, consent_id, Event.SUPERSEDED, adds=_is_a_no, said=said)
    other = work.session.get(Consent, by, populate_existing=True)
    if other is None or _matter(other) != _matter(consent) or other.order <= consent.order:
        raise NotNewer("name a newer consent of the same person, agreement and purposes")
    entry = facts.ConsentSuperseded(
        consent_id=consent_id,
        patient_id=consent.patient_id,
        agreement_id=consent.agreement_id,
        by_consent_id=by,
        reason=reason,
        source=said.source,
        decided_at=decided(work, consent.patient_id, said),
        words=said.words,
    )
    entry_id = record(work, entry)
    evidence.keep(work, consent, entry_id, said)
    return Recorded(consent_id, entry_id)


def invalidate(
    work: UnitOfWork, consent_id: UUID, *, reason: Reason = Reason.NOT_SAID, said: Said = ONLINE
) -> Recorded:
    """Record that what was said never was valid. Whatever it replaced counts again.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent = _allowed(work, consent_id, Event.INVALIDATED, adds=_always, said=said)
    return _record(work, facts.ConsentInvalidated, consent, reason, said)


def enter_in_error(
    work: UnitOfWork, consent_id: UUID, *, reason: Reason = Reason.NOT_SAID, said: Said = ONLINE
) -> Recorded:
    """Record that this was never said: a slip, a duplicate, another patient's.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent = _allowed(work, consent_id, Event.ENTERED_IN_ERROR, adds=_always, said=said)
    return _record(work, facts.ConsentEnteredInError, consent, reason, said)


def _allowed(
    work: UnitOfWork, consent_id: UUID, event: Event, *, adds: Adds, said: Said
) -> Consent:
    """Load, authorise and check; *adds* says whether more may be shared by it than before.

    Raises:
        NotFound, Forbidden, IllegalTransition, SaidByAnother, CannotDecide: see each.
    """
    consent, on = hold_consent(work, consent_id)
    more = adds(work, consent)
    permission = Permission.CONSENT_GRANT if more else Permission.CONSENT_WITHDRAW
    see(work, on, permission, what="consent")
    work.authorise(permission, on=on, records=evidence.entries_of(said))
    after(consent.status, event)
    if more:
        frozen = consent.status is Status.PROXY_FROZEN and event is Event.RE_VALIDATED
        check_own(work, consent.patient_id, consent.grantor, frozen=frozen)
        if adds is not _always:
            check_yes(work, consent.patient_id, by=by_whom(work, consent.patient_id))
    return consent


def _is_a_yes(work: UnitOfWork, consent: Consent) -> bool:
    return not _is_a_no(work, consent)


def _is_a_no(work: UnitOfWork, consent: Consent) -> bool:
    version = work.session.get_one(ConsentVersion, (consent.id, consent.number))
    return version.base is Effect.DENY


def _always(_work: UnitOfWork, _consent: Consent) -> bool:
    """Without it an older yes may count again, or an older no no longer stand in the way."""
    return True


def _record(work: UnitOfWork, fact: Fact, consent: Consent, reason: Reason, said: Said) -> Recorded:
    entry = fact(
        consent_id=consent.id,
        patient_id=consent.patient_id,
        agreement_id=consent.agreement_id,
        reason=reason,
        source=said.source,
        decided_at=decided(work, consent.patient_id, said),
        words=said.words,
    )
    entry_id = record(work, entry)
    evidence.keep(work, consent, entry_id, said)
    return Recorded(consent.id, entry_id)


def _matter(consent: Consent) -> tuple[object, ...]:
    held = consent.agreement_id or consent.controller
    return consent.patient_id, consent.grantor, consent.kind, held, consent.category
