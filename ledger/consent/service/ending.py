"""Sharing less, and taking back what was said."""

from uuid import UUID

from ledger.consent import entries as facts
from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.proxies.speaking import by_whom, check_own, check_yes
from ledger.consent.queries.standing import outline
from ledger.consent.queries.standing import terms_of as terms_in
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Choice, terms_of
from ledger.consent.rules.combining import is_replaced
from ledger.consent.rules.lifecycle import Event, Reason, after
from ledger.consent.rules.model import Effect, Terms
from ledger.consent.rules.narrowing import NotNarrower, check_narrower
from ledger.consent.service import evidence
from ledger.consent.service.granting import ONLINE, Said, check_choice, decided, statement
from ledger.consent.service.held import Recorded, hold_consent, record, see
from ledger.core import clock, privacy
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


def version(work: UnitOfWork, consent_id: UUID) -> int:
    """Return the version of a consent, which nobody can change until *work* ends.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
    """
    consent, on = hold_consent(work, consent_id)
    see(work, on, Permission.CONSENT_WITHDRAW, what="consent")
    return consent.events


def withdraw(
    work: UnitOfWork,
    consent_id: UUID,
    *,
    reason: Reason = Reason.NOT_SAID,
    said: Said = ONLINE,
) -> Recorded:
    """Take back what was said, from now on. Taking back a yes is never harder than saying it.

    To take back a no is to say yes, so it needs who may say yes.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden: the actor may not take this back.
        SaidByAnother, CannotDecide: of a no; see each.
        AlreadyWithdrawn, IllegalTransition: see each.
    """
    consent, on = hold_consent(work, consent_id)
    permits = _newest(work, consent).base is not Effect.DENY
    permission = Permission.CONSENT_WITHDRAW if permits else Permission.CONSENT_GRANT
    see(work, on, permission, what="consent")
    work.authorise(permission, on=on, records=evidence.entries_of(said))
    after(consent.status, Event.WITHDRAWN)
    if not permits:
        check_own(work, consent.patient_id, consent.grantor)
        check_yes(work, consent.patient_id, by=by_whom(work, consent.patient_id))
    entry = facts.ConsentWithdrawn(
        consent_id=consent_id,
        patient_id=consent.patient_id,
        agreement_id=consent.agreement_id,
        reason=reason,
        source=said.source,
        decided_at=decided(work, consent.patient_id, said),
        words=said.words,
    )
    entry_id = record(work, entry)
    evidence.keep(work, consent, entry_id, said)
    return Recorded(consent_id, entry_id)


def narrow(
    work: UnitOfWork,
    consent_id: UUID,
    *,
    choice: Choice,
    reason: Reason = Reason.NOT_SAID,
    said: Said = ONLINE,
) -> Recorded:
    """Share less under the same consent, from now on. It gets another version.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden: the actor may not change it.
        NotNarrower: the new choice might share more than the old, or the old counts no more
            because of a newer one, so that any version of it would share more.
        ChoiceNotPossible, IllegalTransition: see each.
    """
    consent, on = hold_consent(work, consent_id)
    see(work, on, Permission.CONSENT_WITHDRAW, what="consent")
    work.authorise(Permission.CONSENT_WITHDRAW, on=on, records=evidence.entries_of(said))
    after(consent.status, Event.NARROWED)
    if is_replaced(consent_id, outline(work.session, consent.patient_id)):
        raise NotNarrower("a newer choice counts in its place; change that one")
    check_choice(work, choice)
    new = terms_of(choice, Effect.PERMIT, clock.zone())
    check_narrower(new, _terms(work, consent))
    entry = facts.ConsentNarrowed(
        consent_id=consent_id,
        patient_id=consent.patient_id,
        agreement_id=consent.agreement_id,
        number=consent.number + 1,
        parties=tuple(sorted(choice.organisation_ids)),
        statement=statement(work, consent.patient_id, choice, Effect.PERMIT, said),
        reason=reason,
        terms=spelling.dumps(new),
        words=said.words,
    )
    entry_id = record(work, entry)
    evidence.keep(work, consent, entry_id, said)
    return Recorded(consent_id, entry_id)


def _newest(work: UnitOfWork, consent: Consent) -> ConsentVersion:
    return work.session.get_one(ConsentVersion, (consent.id, consent.number))


def _terms(work: UnitOfWork, consent: Consent) -> Terms:
    version = _newest(work, consent)
    if version.base is not Effect.PERMIT:
        raise NotNarrower("this is a no; take it back if you want to share")
    opened = privacy.opened(work.session, [version.entry_id])
    terms = terms_in(version, opened.get(version.entry_id, {}).get(facts.TERMS))
    if terms is None:
        raise NotFound("no such consent")
    return terms
