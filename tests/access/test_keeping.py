"""Standing, conflicts, hiding and telling: what people record, and what decisions make of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access import queries, service
from ledger.access.answers import Answered, as_json
from ledger.access.entries import AccessDecided
from ledger.access.keeping import settling, standing
from ledger.access.keeping.rules import (
    AlreadyStanding,
    Ground,
    OwnStanding,
    RecusalReason,
    WithholdingTooLong,
)
from ledger.access.rules.overrides import (
    OverrideNotForOthers,
    OverrideOver,
    OverrideOwnReview,
    OverrideOwnSecond,
    OverrideWithoutReason,
)
from ledger.access.rules.words import Consent, Outcome, OverrideReason, Reason, Standing
from ledger.consent.marks import service as marks
from ledger.core import clock, projection
from ledger.core.actor import Actor, Role
from ledger.core.db import Projected, writing
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, scene

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def broken(here: Scene, code: OverrideReason = OverrideReason.RISK_TO_OTHERS) -> UUID:
    with unit_of_work(here.clinician) as work:
        return service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=code,
            reason="Threatens the ward.",
        ).id


def seconded(override_id: UUID, actor: Actor) -> None:
    with unit_of_work(actor) as work:
        service.second_override(work, override_id, reason="I saw it too.")


def of(answered: Answered) -> tuple[Outcome, Reason]:
    return answered.decision.verdict.outcome, answered.decision.verdict.reason


def recused(here: Scene, actor: Actor) -> None:
    with unit_of_work(actor) as work:
        standing.recuse(
            work,
            person_id=here.clinician.id,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason=RecusalReason.NEIGHBOUR,
            words="Lives next door.",
        )


def test_who_steps_aside_sees_nothing_until_somebody_else_ends_it(here: Scene) -> None:
    recused(here, here.clinician)
    assert of(here.ask()) == (Outcome.DEFAULT_DENY, Reason.RECUSED)
    broken(here)
    assert not here.ask(purpose="BTG").permits
    with pytest.raises(AlreadyStanding):
        recused(here, here.clinician)
    with pytest.raises(OwnStanding), unit_of_work(here.clinician) as work:
        standing.end_recusal(work, person_id=here.clinician.id, patient_id=here.patient_id)
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    with unit_of_work(officer) as work:
        standing.end_recusal(work, person_id=here.clinician.id, patient_id=here.patient_id)
    assert here.ask().permits


def test_it_is_for_themselves_or_their_own_organisation_to_record(here: Scene) -> None:
    for stranger in (
        directory.member(Role.PRIVACY_OFFICER, at=here.council),
        directory.member(Role.CLINICIAN, at=here.trust),
    ):
        with pytest.raises(Forbidden):
            recused(here, stranger)
    assert here.ask().permits


def test_who_is_suspended_sees_nothing_for_that_organisation(here: Scene) -> None:
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    with unit_of_work(officer) as work:
        suspension_id = standing.suspend(
            work, organisation_id=here.trust, person_id=here.clinician.id, reason="Inquiry."
        )
    answered = here.ask()
    assert answered.decision.facts.standing is Standing.SUSPENDED
    assert of(answered)[1] is Reason.SUSPENDED
    theirs = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    with pytest.raises(Forbidden), unit_of_work(theirs) as work:
        standing.suspend(work, organisation_id=here.council, person_id=None, reason="All.")
    with unit_of_work(officer) as work:
        standing.lift(work, suspension_id)
    assert here.ask().permits
    with pytest.raises(NotFound), unit_of_work(officer) as work:
        standing.lift(work, suspension_id)


def test_an_emergency_refusal_yields_to_two_people_where_others_are_at_risk(here: Scene) -> None:
    here.dissent("ETREAT")
    override_id = broken(here)
    assert of(here.ask(purpose="BTG")) == (Outcome.DENY, Reason.REFUSED)
    colleague = directory.member(Role.CLINICIAN, at=here.trust)
    with pytest.raises(OverrideOwnSecond):
        seconded(override_id, here.clinician)
    with pytest.raises(NotFound):
        seconded(override_id, directory.member(Role.CLINICIAN, at=here.council))
    with pytest.raises(Forbidden):
        seconded(override_id, directory.member(Role.CARE_COORDINATOR, at=here.trust))
    seconded(override_id, colleague)
    assert of(here.ask(purpose="BTG")) == (Outcome.PERMIT_BY_OVERRIDE, Reason.OVERRIDE)
    with pytest.raises(OverrideOver):
        seconded(override_id, colleague)
    for_them = broken(here, OverrideReason.UNCONSCIOUS)
    with pytest.raises(OverrideNotForOthers):
        seconded(for_them, colleague)


def test_a_broken_glass_that_was_refused_is_recorded(here: Scene, session: Session) -> None:
    with pytest.raises(OverrideWithoutReason), unit_of_work(here.clinician) as work:
        service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason=" ",
        )
    kinds = session.scalars(select(LogEntry.kind)).all()
    assert "access.override-refused" in kinds
    assert "access.override-opened" not in kinds


def test_telling_a_patient_is_withheld_by_a_dated_decision_and_never_longer(
    here: Scene, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    override_id = broken(here, OverrideReason.SAFEGUARDING)
    here.ask(purpose="BTG")
    assert [one.outcome for one in queries.looked(session, here.patient, here.patient_id)] == [
        Outcome.PERMIT_BY_OVERRIDE
    ]
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    until = clock.now() + timedelta(days=30)

    def withhold(days: int) -> None:
        with unit_of_work(officer) as work:
            settling.withhold_telling(
                work,
                override_id,
                ground=Ground.ABUSE,
                ends_at=clock.now() + timedelta(days=days),
                words="Post is opened by the partner.",
            )

    for days in (0, 91):
        with pytest.raises(WithholdingTooLong):
            withhold(days)
    withhold(30)
    here.ask()
    mine = queries.looked(session, here.patient, here.patient_id, limit=1)
    assert [one.outcome for one in mine] == [Outcome.DEFAULT_PERMIT]
    auditor = directory.member(Role.AUDITOR)
    assert len(queries.looked(session, auditor, here.patient_id)) == 2
    monkeypatch.setattr(clock, "now", lambda: until + timedelta(minutes=1))
    assert len(queries.looked(session, here.patient, here.patient_id)) == 2


def test_who_broke_the_glass_does_not_decide_what_the_patient_is_told(here: Scene) -> None:
    override_id = broken(here)
    both = directory.another_role(here.clinician, Role.PRIVACY_OFFICER, at=here.trust)
    with pytest.raises(OverrideOwnReview), unit_of_work(both) as work:
        settling.withhold_telling(
            work,
            override_id,
            ground=Ground.ABUSE,
            ends_at=clock.now() + timedelta(days=1),
            words="I say so.",
        )


def test_carers_are_told_that_something_is_withheld_unless_the_patient_hides_it(
    here: Scene,
) -> None:
    here.dissent()
    assert here.ask().decision.told.reason is Reason.REFUSED
    with unit_of_work(here.patient) as work:
        marks.choose_hiding(work, here.patient_id, hidden=True)
    hidden = here.ask()
    assert of(hidden) == (Outcome.DENY, Reason.REFUSED), "the log knows why"
    nobody = here.ask(patient_id=None)
    same = ("decision", "outcome", "reason_code", "reason_user", "obligations")
    bodies = [as_json(each) for each in (hidden, nobody)]
    assert [bodies[0]["context"][k] for k in same[1:]] == [
        bodies[1]["context"][k] for k in same[1:]
    ]
    with (
        pytest.raises((Forbidden, NotFound)),
        unit_of_work(directory.member(Role.CLINICIAN, at=here.trust)) as work,
    ):
        marks.choose_hiding(work, here.patient_id, hidden=False)
    with unit_of_work(here.patient) as work:
        marks.choose_hiding(work, here.patient_id, hidden=False)
    assert here.ask().decision.told.reason is Reason.REFUSED


def test_what_is_about_others_in_the_data_is_left_out(here: Scene) -> None:
    child, _ = directory.patient(at=here.council)
    codes = [
        duty["code"]
        for duty in as_json(here.ask(others=frozenset({child})))["context"]["obligations"]
    ]
    assert codes == ["withhold-others"]
    assert as_json(here.ask())["context"]["obligations"] == []


def test_what_decisions_meet_waits_once_until_somebody_has_settled_it(
    here: Scene, session: Session
) -> None:
    answered = here.ask()
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == answered.entry_id)).one()
    record = Record.from_bytes(body)
    assert isinstance(record.entry, AccessDecided)
    met = replace(record, entry=replace(record.entry, consent=Consent.CONFLICT))
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    outsider = directory.member(Role.PRIVACY_OFFICER)

    def meet() -> list[UUID]:
        with writing(Projected):
            projection.apply(session, met, {})
            session.commit()
        return [each.id for each in queries.conflicts(session, officer)]

    assert meet() == meet() == [answered.entry_id]
    assert queries.conflicts(session, outsider) == []
    with pytest.raises(NotFound), unit_of_work(outsider) as work:
        settling.settle(work, answered.entry_id, finding="Not mine.")
    with unit_of_work(officer) as work:
        settling.settle(work, answered.entry_id, finding="Best-interests meeting held.")
    session.expire_all()
    assert queries.conflicts(session, officer) == []
    with pytest.raises(AlreadyStanding), unit_of_work(officer) as work:
        settling.settle(work, answered.entry_id, finding="Again.")
    assert meet() == [answered.entry_id]
