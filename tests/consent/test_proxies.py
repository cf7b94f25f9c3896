"""What others say for a patient: whose word counts, frozen at coming of age, settled in dispute."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given as each
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.models import Consent
from ledger.consent.proxies import service as proxies
from ledger.consent.proxies.entries import Ground
from ledger.consent.proxies.queries import heard
from ledger.consent.proxies.service import NoGround, NotInDispute
from ledger.consent.proxies.speaking import BeyondPower, CannotDecide, SaidByAnother
from ledger.consent.rules import (
    Capacity,
    Effect,
    Event,
    Grantor,
    Kind,
    Outcome,
    Period,
    Request,
    StatusEvent,
    Terms,
    Version,
    evaluate,
)
from ledger.consent.rules.disagreeing import disagreements
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.speaking import Circumstances
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.directory.acting import service as powers
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import NoActing, PowerKind, Scope, SuspendReason
from tests.conftest import Sequenced
from tests.consent.strategies import SUBJECT, T0, version
from tests.given import acting, agreements
from tests.given import consent as given
from tests.given.directory import member, organisation, patient

TICK = timedelta(microseconds=1)
YES, NO = Terms(base=Effect.PERMIT), Terms(base=Effect.DENY)
Q = Request(subject=SUBJECT, actors=frozenset(), action="access", purpose="TREAT", at=T0)
PARENTS = [Grantor(key=key, capacity=Capacity.PARENT) for key in ("mother", "father")]


def say(n: int, who: Grantor, terms: Terms) -> Version:
    kind = Kind.CONFIDENTIALITY if terms is YES else Kind.DISSENT  # As they are recorded.
    return version(terms, consent_id=UUID(int=n), order=n, grantor=who, kind=kind)


def naive(words: Iterable[tuple[Grantor, Terms]], *, decides: bool) -> Outcome:
    """3b, read aloud."""
    said = list(words)
    own = [terms for who, terms in said if who.capacity is Capacity.PATIENT]
    if not decides:
        own = [terms for terms in own if terms is NO]
    if own and decides:
        return Outcome.DENY if NO in own else Outcome.PERMIT
    heard_ = [(who.key, t) for who, t in said if who.capacity is not Capacity.PATIENT]
    heard_ += [("patient", t) for t in own]
    if not heard_:
        return Outcome.NOT_APPLICABLE
    yes, no = ({key for key, t in heard_ if t is which} for which in (YES, NO))
    if yes and no and len(yes | no) > 1:
        return Outcome.CONFLICT
    return Outcome.DENY if no else Outcome.PERMIT


@each(st.booleans(), st.lists(st.sampled_from([YES, NO, None]), min_size=3, max_size=3))
def test_p18_every_order_of_two_parents_and_a_minor(
    decides: bool,  # noqa: FBT001
    answers: list[Terms | None],
) -> None:
    who = [*PARENTS, Grantor(key="patient")]
    words = [(one, said) for one, said in zip(who, answers, strict=True) if said is not None]
    expected = naive(words, decides=decides)
    circumstances = Circumstances(decides=decides)
    for order in permutations(words):
        said = [say(n, one, terms) for n, (one, terms) in enumerate(order, 1)]
        for listed in (said, said[::-1]):
            assert evaluate(listed, Q, circumstances).outcome is expected
        found = disagreements(said, T0, circumstances)
        assert bool(found) is (expected is Outcome.CONFLICT)


def test_p16_a_yes_ends_with_the_power_and_a_no_lingers_until_somebody_speaks() -> None:
    once = replace(PARENTS[0], powers=(Period(ends_at=T0),))
    still = replace(PARENTS[0], powers=(Period(ends_at=T0 + TICK),))
    grown = Circumstances(decides=False, turns=((T0, True),))
    assert evaluate([say(1, once, YES)], Q, grown).outcome is Outcome.NOT_APPLICABLE
    assert evaluate([say(1, still, YES)], Q, grown).outcome is Outcome.PERMIT
    assert evaluate([say(1, once, NO)], Q, grown).outcome is Outcome.DENY
    own = say(2, Grantor(key="patient"), YES)
    own = replace(own, decided_at=T0)
    assert evaluate([say(1, once, NO), own], Q, grown).outcome is Outcome.PERMIT
    stilled = replace(once, stilled=(Period(T0),))
    assert evaluate([say(1, stilled, NO)], Q, grown).outcome is Outcome.NOT_APPLICABLE


def test_what_the_young_person_takes_up_is_their_own_from_then_on() -> None:
    frozen = (
        StatusEvent(event=Event.GRANTED, at=T0 - timedelta(days=9)),
        StatusEvent(event=Event.PROXY_FROZEN, at=T0 - timedelta(days=2)),
        StatusEvent(event=Event.RE_VALIDATED, at=T0, by_patient=True),
    )
    once = replace(PARENTS[0], powers=(Period(ends_at=T0 - timedelta(days=2)),))
    said = replace(say(1, once, YES), events=frozen)
    grown = Circumstances(decides=False, turns=((T0 - timedelta(days=2), True),))
    assert evaluate([said], Q, grown).outcome is Outcome.PERMIT
    before = replace(Q, at=T0 - TICK)
    assert evaluate([said], before, grown).outcome is Outcome.NOT_APPLICABLE


def test_a_conflict_is_named_before_what_cannot_be_known() -> None:
    from ledger.consent.rules.combining import combine  # noqa: PLC0415
    from ledger.consent.rules.evaluation import Answer  # noqa: PLC0415

    found = [
        Answer(outcome=outcome, consent_id=UUID(int=1), number=1, why="", path=())
        for outcome in (Outcome.INDETERMINATE, Outcome.CONFLICT, Outcome.PERMIT)
    ]
    assert combine(found).outcome is Outcome.CONFLICT


class Family:
    """A child of nine, their parents, and an agreement between a trust and a council."""

    def __init__(self, born_on: date | None = None) -> None:
        today = clock.civil_date(clock.now())
        born_on = born_on or today.replace(year=today.year - 9, day=1)
        self.trust, self.council = organisation(), organisation()
        self.patient_id, self.child = patient(at=self.trust, born_on=born_on)
        self.agreement_id = agreements.active(self.trust, self.council)

    def parent(self, **chosen: object) -> Actor:
        return acting.acts_for(self.patient_id, at=self.trust, **chosen)

    def grant(self, actor: Actor, capacity: Capacity = Capacity.PARENT) -> UUID:
        with unit_of_work(actor) as work:
            return service.grant(
                work,
                patient_id=self.patient_id,
                agreement_id=self.agreement_id,
                choice=given.choice(self.council),
                said=Said(capacity=capacity),
            ).consent_id

    def dissent(self, actor: Actor, capacity: Capacity = Capacity.PARENT) -> UUID:
        with unit_of_work(actor) as work:
            return service.dissent(
                work,
                patient_id=self.patient_id,
                choice=given.choice(self.council),
                said=Said(capacity=capacity),
            ).consent_id

    def outcome(self, at: datetime | None = None) -> Outcome:
        said = queries.standing(db.session(), self.patient_id)
        asked = Request(
            subject=self.patient_id,
            actors=frozenset({f"organisation:{self.council}"}),
            action="access",
            purpose="TREAT",
            at=at or said.instant(clock.now()),
            data=replace(Q.data, category=next(iter(given.CATEGORIES))),
        )
        return evaluate(said.consents, asked, said.circumstances).outcome


@pytest.fixture
def family(app: object) -> Family:
    return Family()


def test_a_parents_yes_names_them_and_the_right_they_used(family: Family) -> None:
    mother = family.parent()
    consent_id = family.grant(mother)
    row = db.session().get_one(Consent, consent_id)
    assert (row.grantor, row.capacity) == (f"person:{mother.id}", Capacity.PARENT)
    assert family.outcome() is Outcome.PERMIT


def test_nobody_goes_beyond_their_power(family: Family) -> None:
    reader = family.parent(scope={Scope.READ})
    with pytest.raises(Forbidden):
        family.grant(reader)
    with pytest.raises(BeyondPower):
        family.grant(replace(reader, scopes=None))
    family.dissent(reader)
    with pytest.raises(BeyondPower):
        family.dissent(reader, Capacity.ATTORNEY)
    with pytest.raises(CannotDecide):
        family.grant(family.child, Capacity.PATIENT)


def test_a_power_that_is_over_says_nothing_more(family: Family) -> None:
    mother = family.parent()
    acting.found(family.patient_id, Capable.COMPETENT, at=family.trust)
    with pytest.raises(NoActing):
        family.grant(mother)


def test_every_change_of_who_speaks_raises_the_version(family: Family) -> None:
    def version_now() -> int:
        return queries.standing(db.session(), family.patient_id).version

    power_id, person_id = acting.power(family.patient_id, at=family.trust)
    family.grant(acting.acting(person_id, family.patient_id))
    assert family.outcome() is Outcome.PERMIT
    before = version_now()
    lead = member(Role.SAFEGUARDING_LEAD)
    with unit_of_work(lead) as work:
        powers.suspend(work, power_id=power_id, reason=SuspendReason.SAFEGUARDING, words="x")
    assert version_now() == before + 1
    assert family.outcome() is Outcome.NOT_APPLICABLE
    with unit_of_work(lead) as work:
        powers.resume(work, power_id=power_id, words="y")
    assert version_now() == before + 2
    assert family.outcome() is Outcome.PERMIT
    acting.found(family.patient_id, Capable.COMPETENT, at=family.trust)
    assert version_now() == before + 3


def test_what_was_known_then_can_be_asked_for(family: Family) -> None:
    power_id, person_id = acting.power(family.patient_id, at=family.trust)
    family.grant(acting.acting(person_id, family.patient_id))
    with unit_of_work(member(Role.SAFEGUARDING_LEAD)) as work:
        now = work.now
        powers.suspend(work, power_id=power_id, reason=SuspendReason.DISPUTE, words="x")
    key = f"person:{person_id}"
    then = heard(db.session(), family.patient_id, known_at=now - TICK)
    assert then.by_key.get(key, ((), ()))[1] == ()
    assert heard(db.session(), family.patient_id).by_key[key][1] != ()


def test_two_parents_disagree_and_somebody_settles_it(family: Family) -> None:
    yes = family.grant(family.parent())
    no = family.dissent(family.parent())
    assert family.outcome() is Outcome.CONFLICT
    officer = member(Role.PRIVACY_OFFICER, at=family.trust)
    with unit_of_work(officer) as work:
        ((patient_id, found),) = proxies.in_dispute(work)
    assert (patient_id, found.yes, found.no) == (family.patient_id, (yes,), (no,))
    with unit_of_work(member(Role.PRIVACY_OFFICER)) as work:
        assert proxies.in_dispute(work) == []

    def settle(aside: set[UUID], words: str) -> None:
        with unit_of_work(officer) as work:
            proxies.settle(
                work,
                patient_id=family.patient_id,
                set_aside=frozenset(aside),
                ground=Ground.BEST_INTERESTS,
                words=words,
            )

    with pytest.raises(NoGround):
        settle({no}, " ")
    with pytest.raises(NotInDispute):
        settle({no, yes}, "Meeting of 2 March")
    settle({no}, "Meeting of 2 March")
    assert family.outcome() is Outcome.PERMIT
    with pytest.raises(NotInDispute):
        settle({no}, "Again")


@pytest.mark.parametrize("lift", ["withdraw", "suspend", "invalidate", "enter_in_error"])
def test_no_side_makes_the_others_no_disappear(family: Family, lift: str) -> None:
    mother, father = family.parent(), family.parent()
    no = family.dissent(father)
    family.grant(mother)
    with pytest.raises(SaidByAnother), unit_of_work(mother) as work:
        getattr(service, lift)(work, no, said=Said(capacity=Capacity.PARENT))
    assert family.outcome() is Outcome.CONFLICT
    with unit_of_work(father) as work:
        getattr(service, lift)(work, no, said=Said(capacity=Capacity.PARENT))
    assert family.outcome() is Outcome.PERMIT


def test_an_attorney_does_not_take_back_what_the_patient_refused(app: object) -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    no = given.dissented(me)
    acting.found(patient_id, Capable.LACKS_CAPACITY, at=trust)
    attorney = acting.acts_for(patient_id, at=trust, kind=PowerKind.ATTORNEY)
    with pytest.raises(SaidByAnother), unit_of_work(attorney) as work:
        service.withdraw(work, no, said=Said(capacity=Capacity.ATTORNEY))
    with pytest.raises(CannotDecide), unit_of_work(me) as work:
        service.withdraw(work, no)


def test_who_cannot_decide_takes_nothing_up_again(app: object) -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    yes = given.granted(me, agreements.active(trust, organisation()), to=trust)
    with unit_of_work(me) as work:
        service.suspend(work, yes)
    acting.found(patient_id, Capable.LACKS_CAPACITY, at=trust)
    with pytest.raises(CannotDecide), unit_of_work(me) as work:
        service.re_validate(work, yes)


def test_what_is_frozen_only_the_young_person_takes_up(app: object) -> None:
    birthday = clock.civil_date(clock.now()) + timedelta(days=20)
    family = Family(born_on=birthday.replace(year=birthday.year - 16))
    consent_id = family.grant(family.parent())
    of_age = datetime.combine(birthday, time(), tzinfo=clock.zone()).astimezone(UTC)
    with unit_of_work(Actor.system("clock"), now=of_age) as work:
        proxies.freeze(work, patient_id=family.patient_id)
    other = acting.acts_for(family.patient_id, at=family.trust, kind=PowerKind.OTHER)
    with pytest.raises(SaidByAnother), unit_of_work(other, now=of_age + TICK) as work:
        service.re_validate(work, consent_id, said=Said(capacity=Capacity.OTHER))
    assert family.outcome(of_age + TICK) is Outcome.NOT_APPLICABLE


def test_p16_coming_of_age_by_rule_and_then_by_the_job(
    session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.civil_date(clock.now())
    birthday = today + timedelta(days=20)
    family = Family(born_on=birthday.replace(year=birthday.year - 16))
    consent_id = family.grant(family.parent())
    of_age = datetime.combine(birthday, time(), tzinfo=clock.zone()).astimezone(UTC)
    assert family.outcome(of_age - TICK) is Outcome.PERMIT
    assert family.outcome(of_age) is Outcome.NOT_APPLICABLE  # No job has run.
    system = Actor.system("clock")
    with unit_of_work(system, now=of_age - TICK) as work:
        assert proxies.due(work) == []
    with unit_of_work(system, now=of_age) as work:
        assert proxies.due(work) == [family.patient_id]
    with unit_of_work(system, now=of_age) as work:
        assert proxies.freeze(work, patient_id=family.patient_id) == 1
    with unit_of_work(system, now=of_age) as work:
        assert proxies.due(work) == []
    status = session.scalar(select(Consent.status).where(Consent.id == consent_id))
    assert status is Status.PROXY_FROZEN
    with unit_of_work(family.child, now=of_age + TICK) as work:
        service.re_validate(work, consent_id)
    assert family.outcome(of_age + TICK) is Outcome.PERMIT
    assert family.outcome(of_age) is Outcome.NOT_APPLICABLE
    sequenced()
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["powers"]


def test_a_helper_may_only_say_no(app: object) -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    agreement_id = agreements.active(trust, organisation())
    helper = acting.acts_for(patient_id, at=trust, kind=PowerKind.HELPER)
    with pytest.raises(Forbidden), unit_of_work(helper) as work:
        service.grant(
            work,
            patient_id=patient_id,
            agreement_id=agreement_id,
            choice=given.choice(trust),
            said=Said(capacity=Capacity.HELPER),
        )
    assert me.patient_id == patient_id
