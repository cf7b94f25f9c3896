"""Commands on asking. Each has four steps: load, authorise, check, record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.agreements import queries as agreements
from ledger.consent.asking import entries as facts
from ledger.consent.asking.models import ConsentRequest
from ledger.consent.asking.rules import AskedAlready, Channel, check
from ledger.consent.entries import Notice
from ledger.consent.models import Consent
from ledger.consent.notices import queries as notices
from ledger.consent.notices.rules import Format
from ledger.consent.queries.joined import records_of
from ledger.consent.queries.offers import offers
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Choice, category_of, check_offered, kind_of, terms_of
from ledger.consent.rules.lifecycle import Reason, Status
from ledger.consent.rules.model import Effect
from ledger.consent.service.granting import check_choice
from ledger.consent.service.held import hold, record
from ledger.core import clock
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.queries.lists import on_list

OPEN = (Status.REQUESTED, Status.OFFERED)


class NotInForce(Conflict):
    """Nobody is asked about what no agreement shares today."""

    slug = "consent-request-not-in-force"
    title = "The agreement is not in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was recorded: one id for the request, and for each patient their consent."""

    request_id: UUID
    consent_ids: dict[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to be printed: to whom, and what is enclosed."""

    consent_id: UUID
    name: str
    awaited_to: date
    notice: Notice


def ask(
    work: UnitOfWork,
    *,
    patient_ids: Collection[UUID],
    agreement_id: UUID,
    choice: Choice,
    notice_id: str,
    language: str,
    how: Format,
    awaited_to: date,
) -> Asked:
    """Ask patients to share what *choice* says, and tell those of them who have an address.

    Staff ask whom they care for, stewards whom their organisation has on its list.

    Raises:
        NotFound: there is no such agreement of the actor's organisation, no such notice, or a
            patient whom the actor may not ask.
        RequestNotPossible, ChoiceNotPossible, NotInForce, AskedAlready: see each.
    """
    own, each = work.actor.organisation_id, sorted(set(patient_ids))
    check(patients=len(each), awaited_to=awaited_to, today=work.today)
    resources = {one: hold(work, one) for one in each}
    agreement = agreements.hold(work, agreement_id)
    if own is None or own not in agreement.party_ids:
        raise NotFound("no such agreement")
    if not agreement.in_force(work.today):
        raise NotInForce("ask when its parties have renewed it")
    check_choice(work, choice)
    check_offered(choice, offers(agreement))
    notice = _notice(work, notice_id, language, how)
    listed, request_id = on_list(work.session, own, each), new_id()
    found = {}
    for patient_id in each:
        parties = frozenset({own}) if patient_id in listed else frozenset[UUID]()
        on = replace(resources[patient_id], organisation_ids=parties)
        if not work.may(Permission.CONSENT_ASK, on=on):
            raise NotFound("no such patient")
        work.authorise(Permission.CONSENT_ASK, on=on, records=2)
        found[patient_id] = _ask(work, request_id, patient_id, agreement_id, choice, awaited_to)
        if directory.linked_person(work.session, patient_id) is not None:
            row = work.session.get_one(ConsentRequest, found[patient_id])
            record(work, _offered(row, notice, Channel.EMAIL))
    return Asked(request_id=request_id, consent_ids=found)


def list_letters(
    work: UnitOfWork, request_id: UUID, *, notice_id: str, language: str, how: Format
) -> tuple[Letter, ...]:
    """Take the list of letters to those who have no address: each is recorded as offered.

    Raises:
        NotFound: there is no such request of the actor's organisation, or no such notice.
        Forbidden: the actor may not ask one of them.
    """
    own = work.actor.organisation_id
    rows = _waiting_for_letters(work, request_id)
    if own is None or not _is_of(work, request_id, own):
        raise NotFound("no such request")
    notice = _notice(work, notice_id, language, how)
    names = directory.patient_identities(work.session, [row.patient_id for row in rows])
    listed = on_list(work.session, own, [row.patient_id for row in rows])
    letters = []
    for row in rows:
        on = hold(work, row.patient_id)
        parties = frozenset({own}) if row.patient_id in listed else frozenset[UUID]()
        work.authorise(Permission.CONSENT_ASK, on=replace(on, organisation_ids=parties))
        consent = work.load(Consent, row.consent_id)
        who = names.get(row.patient_id)
        if consent.status is not Status.REQUESTED or who is None:
            continue
        record(work, _offered(row, notice, Channel.LETTER))
        letters.append(
            Letter(
                consent_id=row.consent_id,
                name=who.name,
                awaited_to=row.awaited_to,
                notice=notice,
            )
        )
    return tuple(letters)


def _ask(  # noqa: PLR0917
    work: UnitOfWork,
    request_id: UUID,
    patient_id: UUID,
    agreement_id: UUID,
    choice: Choice,
    awaited_to: date,
) -> UUID:
    own, category = work.actor.organisation_id, category_of(choice)
    if own is None or _is_open(work, own, patient_id, agreement_id, category):
        raise AskedAlready("wait for the answer, or until the last day for it is over")
    entry = facts.ConsentRequested(
        consent_id=new_id(),
        request_id=request_id,
        patient_id=patient_id,
        agreement_id=agreement_id,
        organisation_id=own,
        parties=tuple(sorted(choice.organisation_ids)),
        asks_for=kind_of(choice, Effect.PERMIT),
        category=category,
        purposes=choice.purposes,
        awaited_to=awaited_to,
        reason=Reason.ASKED,
        terms=spelling.dumps(terms_of(choice, Effect.PERMIT, clock.zone())),
    )
    record(work, entry)
    return entry.consent_id


def _notice(work: UnitOfWork, notice_id: str, language: str, how: Format) -> Notice:
    shown = notices.to_show(work.session, notice_id, language, how)
    return Notice(
        id=shown.id,
        version=shown.version,
        language=shown.language,
        format=shown.format,
        digest=shown.digest,
    )


def _is_open(
    work: UnitOfWork, own: UUID, patient_id: UUID, agreement_id: UUID, category: str
) -> bool:
    mine = Consent.patient_id.in_(records_of(work.session, patient_id))
    found = (
        select(Consent.id)
        .join(ConsentRequest, ConsentRequest.consent_id == Consent.id)
        .where(ConsentRequest.organisation_id == own, mine)
        .where(Consent.agreement_id == agreement_id, Consent.category == category)
        .where(Consent.status.in_(OPEN))
    )
    return work.session.scalar(found.limit(1)) is not None


def _offered(row: ConsentRequest, notice: Notice, channel: Channel) -> facts.ConsentOffered:
    return facts.ConsentOffered(
        consent_id=row.consent_id,
        request_id=row.request_id,
        patient_id=row.patient_id,
        agreement_id=row.agreement_id,
        notice=notice,
        channel=channel,
        reason=Reason.ASKED,
    )


def _waiting_for_letters(work: UnitOfWork, request_id: UUID) -> Sequence[ConsentRequest]:
    row = ConsentRequest
    found = select(row).where(row.request_id == request_id, row.channel.is_(None))
    return work.session.scalars(found.order_by(row.patient_id)).all()


def _is_of(work: UnitOfWork, request_id: UUID, own: UUID) -> bool:
    row = ConsentRequest
    found = select(row.consent_id).where(row.request_id == request_id, row.organisation_id == own)
    return work.session.scalar(found.limit(1)) is not None
