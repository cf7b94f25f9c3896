"""Granting, refusing, narrowing and withdrawing, as the rest of the service sees them."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent import queries, service
from ledger.consent.entries import ConsentGranted
from ledger.consent.proxies.speaking import BeyondPower
from ledger.consent.queries import ConsentView
from ledger.consent.rules import Capacity, Data, Kind, Outcome, Request, Status, evaluate
from ledger.consent.rules.choices import ChoiceNotPossible, Source
from ledger.consent.rules.lifecycle import AlreadyWithdrawn, IllegalTransition, Reason
from ledger.consent.rules.narrowing import NotNarrower
from ledger.consent.service import Said, Shown
from ledger.consent.service.granting import AgreementNotInForce, OlderThanANo
from ledger.core import blobs, privacy
from ledger.core.actor import Actor, Role
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory.acting.rules import PowerKind
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import acting, agreements
from tests.given import consent as given
from tests.given.directory import cared_for, member, organisation, patient

TODAY = NOW.date()
DAY = timedelta(days=1)


def kinds(session: Session) -> list[str]:
    """The kinds of all entries of this area, oldest first."""
    wanted = select(LogEntry.kind).where(LogEntry.kind.startswith("consent."))
    return list(session.scalars(wanted.order_by(LogEntry.position)))


def ask(session: Session, p: Partnership, **changes: object) -> Outcome:
    """What the patient's consents say to the council's asking for medicines, now."""
    found = queries.standing(session, p.patient_id)
    asked = {
        "subject": p.patient_id,
        "actors": frozenset({f"organisation:{p.council}", "person:dr-x"}),
        "action": "access",
        "purpose": "TREAT",
        "at": found.instant(NOW),
        "data": Data(category=Category.MEDICINES),
        **changes,
    }
    return evaluate(found.consents, Request(**asked)).outcome  # type: ignore[arg-type]


def shown(session: Session, actor: Actor, consent_id: UUID) -> ConsentView:
    return queries.consent(session, actor, consent_id, now=NOW)


def test_the_answer_flips_the_moment_consent_is_withdrawn(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    assert ask(session, p) is Outcome.PERMIT
    assert ask(session, p, data=Data(category=Category.MENTAL_HEALTH)) is Outcome.NOT_APPLICABLE
    assert ask(session, p, actors=frozenset({f"organisation:{p.trust}"})) is Outcome.NOT_APPLICABLE
    given.withdrawn(p.patient, consent_id)
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    assert kinds(session) == ["consent.granted", "consent.withdrawn"]


def test_each_statement_moves_the_version_and_another_patients_does_not(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    other_id, other = patient(at=p.trust)
    assert queries.versions(session, [p.patient_id, other_id]) == {}
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    given.dissented(other)
    given.withdrawn(p.patient, consent_id)
    assert queries.versions(session, [p.patient_id, other_id]) == {p.patient_id: 2, other_id: 1}
    assert queries.standing(session, p.patient_id).version == 2


def test_what_is_shared_is_in_no_open_place_and_the_notice_is_kept_to_the_letter(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    notice = Shown(id="care", version=3, language="en", format="standard", text="What we share")
    said = Said(shown=notice, words="Not my sister, please")
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council, said=said)

    body = session.scalar(select(LogEntry.body).where(LogEntry.kind == "consent.granted"))
    assert body is not None
    for secret in (b"sister", b"medicines", b"care-plan"):
        assert secret not in body
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, ConsentGranted)
    assert entry.parties == (p.council,)
    assert entry.statement.kind is Kind.CONFIDENTIALITY
    assert entry.statement.notice is not None
    assert blobs.read(session, entry.statement.notice.digest) == b"What we share"
    view = shown(session, p.patient, consent_id)
    assert view.events[0].words == "Not my sister, please"
    assert view.terms is not None
    assert view.terms.scope.categories == given.CATEGORIES
    assert view.notice is not None
    assert view.notice["version"] == 3


def test_once_the_patients_key_is_gone_nothing_of_it_can_be_read_or_enforced(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    privacy.erase(session, p.patient_id)
    session.commit()
    assert queries.standing(session, p.patient_id).consents == ()
    assert shown(session, p.patient, consent_id).terms is None


def test_somebody_left_out_by_name_is_denied(session: Session, partnership: Partnership) -> None:
    p = partnership
    people = [member(Role.SOCIAL_WORKER, at=p.council).ref for _ in range(3)]
    yes = given.granted(p.patient, p.agreement_id, to=p.council, but_not=frozenset(people[:1]))
    council = f"organisation:{p.council}"

    def seen() -> list[Outcome]:
        return [ask(session, p, actors=frozenset({council, one})) for one in people]

    assert seen() == [Outcome.DENY, Outcome.PERMIT, Outcome.PERMIT]
    fewer = given.choice(p.council, but_not=frozenset(people[:2]))
    with unit_of_work(p.patient) as work:
        service.narrow(work, yes, choice=fewer)
    assert seen() == [Outcome.DENY, Outcome.DENY, Outcome.PERMIT]
    with pytest.raises(NotNarrower), unit_of_work(p.patient) as work:
        service.narrow(work, yes, choice=given.choice(p.council, but_not=frozenset(people[1:])))


def test_a_no_stands_and_overrides_a_yes_until_it_is_taken_back(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    given.granted(p.patient, p.agreement_id, to=p.council)
    no = given.dissented(p.patient, categories=frozenset({Category.MEDICINES}))
    assert ask(session, p) is Outcome.DENY
    assert ask(session, p, data=Data(category=Category.CARE_PLAN)) is Outcome.PERMIT
    assert ask(session, p, purpose="BTG") is Outcome.PERMIT
    assert shown(session, p.patient, no).kind is Kind.DISSENT
    given.withdrawn(p.patient, no)
    assert ask(session, p) is Outcome.PERMIT


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [("TREAT", Kind.DISSENT), ("HRESCH", Kind.OPT_OUT), ("HMARKT", Kind.OBJECTION)],
)
def test_a_no_is_called_by_its_own_name(
    session: Session, partnership: Partnership, purpose: str, kind: Kind
) -> None:
    no = given.dissented(partnership.patient, purposes=frozenset({purpose}))
    assert shown(session, partnership.patient, no).kind is kind


def test_answering_no_changes_nothing_else(session: Session, partnership: Partnership) -> None:
    p = partnership
    with unit_of_work(p.patient) as work:
        no = service.refuse(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            reason=Reason.WORRIED_ABOUT_PRIVACY,
        )
    view = shown(session, p.patient, no.consent_id)
    assert (view.status, view.base, view.terms is not None) == (Status.REFUSED, None, True)
    assert view.events[0].reason is Reason.WORRIED_ABOUT_PRIVACY
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    with pytest.raises(IllegalTransition), unit_of_work(p.patient) as work:
        service.withdraw(work, no.consent_id)


def test_sharing_less_is_another_version_and_more_is_another_consent(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    less = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    with unit_of_work(p.patient) as work:
        service.narrow(work, consent_id, choice=less)
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    assert ask(session, p, data=Data(category=Category.CARE_PLAN)) is Outcome.PERMIT
    view = shown(session, p.patient, consent_id)
    assert (view.number, view.version, view.status) == (2, 2, Status.ACTIVE)

    for more in (
        given.choice(p.council),
        given.choice(p.council, categories=frozenset()),
        given.choice(categories=less.categories),
        given.choice(p.council, categories=less.categories, purposes=frozenset({"CAREMGT"})),
    ):
        with pytest.raises(NotNarrower), unit_of_work(p.patient) as work:
            service.narrow(work, consent_id, choice=more)
    given.withdrawn(p.patient, consent_id)
    with pytest.raises(IllegalTransition), unit_of_work(p.patient) as work:
        service.narrow(work, consent_id, choice=less)


def test_a_newer_yes_on_the_same_matter_replaces_an_older_one(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    old = given.granted(p.patient, p.agreement_id, to=p.council)
    plan = frozenset({Category.CARE_PLAN})
    new = given.granted(p.patient, p.agreement_id, to=p.council, said=given.ONLINE, categories=plan)
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    views = queries.of_patient(session, p.patient, p.patient_id, now=NOW)
    assert [(view.id, view.in_force(NOW)) for view in views] == [(new, True), (old, False)]
    given.withdrawn(p.patient, new)
    assert ask(session, p) is Outcome.NOT_APPLICABLE
    assert shown(session, p.patient, old).replaced


def test_who_speaks_for_a_patient_says_by_what_right_and_others_do_not(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    proxy = acting.acts_for(p.patient_id, at=p.trust, kind=PowerKind.HELPER)

    def dissent(actor: Actor, capacity: Capacity) -> UUID:
        said = Said(capacity=capacity)
        with unit_of_work(actor) as work:
            return service.dissent(
                work, patient_id=p.patient_id, choice=given.choice(), said=said
            ).consent_id

    for actor, capacity in ((proxy, Capacity.PATIENT), (p.patient, Capacity.PARENT)):
        with pytest.raises(ChoiceNotPossible, match="right"):
            dissent(actor, capacity)
    with pytest.raises(BeyondPower):
        dissent(proxy, Capacity.PARENT)
    no = dissent(proxy, Capacity.HELPER)
    assert shown(session, p.patient, no).grantor == proxy.ref


def test_withdrawing_twice_says_so(partnership: Partnership) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    given.withdrawn(p.patient, consent_id)
    with pytest.raises(AlreadyWithdrawn):
        given.withdrawn(p.patient, consent_id)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"purposes": frozenset()}, "/purposes"),
        ({"purposes": frozenset({"CURE"})}, "/purposes"),
        ({"purposes": frozenset({"TREAT", "HRESCH"})}, "/purposes"),
        ({"purposes": frozenset({"HRESCH"})}, "/purposes"),
        ({"categories": frozenset()}, "/categories"),
        ({"categories": frozenset({Category.FINANCE})}, "/categories"),
        ({"organisation_ids": frozenset()}, "/organisation_ids"),
        ({"organisation_ids": frozenset({UUID(int=7)})}, "/organisation_ids"),
        ({"last_day": date(2026, 3, 1)}, "/last_day"),
        ({"but_not": frozenset({f"person:{UUID(int=7)}"})}, "/but_not_person_ids"),
    ],
)
def test_a_choice_that_cannot_be_names_what_is_wrong(
    session: Session, partnership: Partnership, chosen: dict[str, object], field: str
) -> None:
    p = partnership
    with pytest.raises(ChoiceNotPossible) as raised:
        given.granted(p.patient, p.agreement_id, to=p.council, said=given.ONLINE, **chosen)
    assert field in {fault.field for fault in raised.value.faults}
    assert kinds(session) == []


def test_a_last_day_is_included(session: Session, partnership: Partnership) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council, last_day=TODAY)
    assert ask(session, p) is Outcome.PERMIT
    assert ask(session, p, at=NOW + DAY) is Outcome.NOT_APPLICABLE
    view = shown(session, p.patient, consent_id)
    assert view.in_force(NOW)
    assert view.expired(NOW + DAY)


def test_nobody_agrees_under_what_is_not_in_force(partnership: Partnership) -> None:
    p = partnership
    with pytest.raises(NotFound):
        given.granted(p.patient, new_id(), to=p.council)
    flows = [agreements.flow("F1", p.trust, p.council, purpose="CAREMGT")]
    later = agreements.terms(p.trust, p.council, starts_on=TODAY + DAY, flows=flows)
    agreement_id = agreements.active(p.trust, p.council, given=later)
    with pytest.raises(AgreementNotInForce):
        given.granted(p.patient, agreement_id, to=p.council)


def test_strangers_cannot_tell_a_consent_from_none(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    _, stranger = patient(at=p.trust)
    elsewhere = member(Role.CLINICIAN, at=organisation())
    for actor in (stranger, elsewhere):
        for unknown in (consent_id, new_id()):
            with pytest.raises(NotFound):
                shown(session, actor, unknown)
    for unknown in (consent_id, new_id()):
        with pytest.raises(NotFound), unit_of_work(stranger) as work:
            service.withdraw(work, unknown)
    with pytest.raises(NotFound):
        queries.of_patient(session, stranger, p.patient_id, now=NOW)
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        service.dissent(work, patient_id=p.patient_id, choice=given.choice())


def test_staff_write_down_a_yes_only_for_those_they_care_for_and_say_how_they_know(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    clinician = member(Role.CLINICIAN, at=p.trust)

    def grant(said: Said) -> UUID:
        with unit_of_work(clinician) as work:
            return service.grant(
                work,
                patient_id=p.patient_id,
                agreement_id=p.agreement_id,
                choice=given.choice(p.council),
                said=said,
            ).consent_id

    with pytest.raises(NotFound):
        grant(Said(source=Source.SPOKEN))
    cared_for(p.patient_id, by=clinician)
    with pytest.raises(ChoiceNotPossible, match="writing this down"):
        grant(Said())
    with pytest.raises(ChoiceNotPossible, match="future"):
        grant(Said(source=Source.PAPER, decided_at=NOW + DAY))
    consent_id = grant(Said(source=Source.PAPER, decided_at=NOW - DAY, evidence=b"%PDF scan"))
    view = shown(session, p.patient, consent_id)
    assert (view.source, view.decided_at) == (Source.PAPER, NOW - DAY)
    assert view.events[0].actor == clinician.ref


def test_staff_write_down_a_no_of_anybody_and_never_take_one_back(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    clinician = member(Role.CLINICIAN, at=p.trust)
    spoken = Said(source=Source.SPOKEN)
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    with unit_of_work(clinician) as work:
        service.withdraw(work, yes, said=spoken)
    with unit_of_work(clinician) as work:
        no = service.dissent(
            work, patient_id=p.patient_id, choice=given.choice(), said=spoken
        ).consent_id
    with pytest.raises(NotFound), unit_of_work(clinician) as work:
        service.withdraw(work, no, said=spoken)
    given.withdrawn(p.patient, no)


def test_an_old_form_scanned_late_does_not_undo_a_no(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    clinician = member(Role.CLINICIAN, at=p.trust)
    cared_for(p.patient_id, by=clinician)
    given.withdrawn(p.patient, given.granted(p.patient, p.agreement_id, to=p.council))
    said = Said(source=Source.PAPER, decided_at=NOW - 30 * DAY)
    with pytest.raises(OlderThanANo), unit_of_work(clinician) as work:
        service.grant(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            said=said,
        )
    assert ask(session, p) is Outcome.NOT_APPLICABLE
