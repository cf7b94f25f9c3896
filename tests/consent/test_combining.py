"""Several consents: which count, and what they say together."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.consent.rules import (
    Capacity,
    Conditions,
    Data,
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
    enforce,
    evaluate,
)
from ledger.consent.rules.combining import decided_before_a_no
from ledger.consent.rules.speaking import Circumstances
from ledger.vocabulary.categories import Category
from tests.consent import oracle
from tests.consent.strategies import (
    PURPOSES,
    SUBJECT,
    T0,
    data,
    histories,
    requests,
    terms,
    version,
)

Q = Request(subject=SUBJECT, actors=frozenset(), action="access", purpose="TREAT", at=T0)
PERMIT, DENY = Terms(base=Effect.PERMIT), Terms(base=Effect.DENY)
DAY = timedelta(days=1)


def consent(n: int, given_terms: Terms, **changes: object) -> Version:
    return version(given_terms, consent_id=UUID(int=n), order=n, **changes)


def events(*later: Event, at: timedelta = timedelta()) -> tuple[StatusEvent, ...]:
    granted = StatusEvent(event=Event.GRANTED, at=T0 - 5 * DAY)
    return (granted, *(StatusEvent(event=event, at=T0 + at) for event in later))


def outcome(*versions: Version, circumstances: Circumstances = Circumstances()) -> Outcome:  # noqa: B008
    return evaluate(versions, Q, circumstances).outcome


def by(key: str, capacity: Capacity, power: Period = Period()) -> Grantor:  # noqa: B008
    return Grantor(key=key, capacity=capacity, powers=(power,))


MOTHER, FATHER = by("mother", Capacity.PARENT), by("father", Capacity.PARENT)
ATTORNEY = by("attorney", Capacity.ATTORNEY)


@given(histories(), requests(whole=False), st.randoms(use_true_random=False))
def test_p1_the_order_of_consents_does_not_matter(
    versions: list[Version], q: Request, rng: random.Random
) -> None:
    other = rng.sample(versions, len(versions))
    assert evaluate(versions, q).outcome is evaluate(other, q).outcome


WITHOUT_BTG = tuple(code for code in PURPOSES if code != "BTG")


@given(histories(most=4, alone=True), requests(purposes=WITHOUT_BTG))
def test_several_say_what_the_specification_says_read_naively(
    versions: list[Version], q: Request
) -> None:
    assert evaluate(versions, q).outcome is oracle.several(versions, q)


def with_all_known(q: Request, whole: Data) -> Data:
    names = ("category", "resource_type", "codes", "item", "labels", "dated_at")
    known = {n: getattr(q.data, n) for n in names if getattr(q.data, n) is not None}
    return replace(whole, **known)


@given(histories(alone=True), requests(whole=False), data())
def test_p4_enforcing_what_is_left_is_deciding_with_all_known(
    versions: list[Version], q: Request, whole: Data
) -> None:
    r = with_all_known(q, whole)
    assert enforce(evaluate(versions, q), r) is evaluate(versions, replace(q, data=r)).outcome


@given(histories(), requests(whole=False), data())
def test_p4_where_others_speak_for_the_patient_too_it_is_never_less_strict(
    versions: list[Version], q: Request, whole: Data
) -> None:
    r = with_all_known(q, whole)
    enforced = enforce(evaluate(versions, q), r)
    if enforced in {Outcome.PERMIT, Outcome.NOT_APPLICABLE}:
        assert evaluate(versions, replace(q, data=r)).outcome is enforced


def test_what_others_said_counts_where_the_patients_own_words_are_about_something_else() -> None:
    tests = Conditions(categories=frozenset({Category.TESTS}))
    own = consent(1, Terms(base=Effect.PERMIT, scope=tests))
    parent = consent(2, DENY, grantor=MOTHER)
    asked = evaluate([own, parent], Q)
    assert enforce(asked, Data(category=Category.MEDICINES)) is Outcome.DENY
    whole = replace(Q, data=Data(category=Category.TESTS))
    assert evaluate([own, parent], whole).outcome is Outcome.PERMIT


@given(histories(), requests(), st.data())
def test_p5_withdrawing_a_permit_never_grants(
    versions: list[Version], q: Request, pick: st.DataObject
) -> None:
    permits = [n for n, v in enumerate(versions) if v.terms.base is Effect.PERMIT]
    if not permits or evaluate(versions, q).outcome is Outcome.PERMIT:
        return
    n = pick.draw(st.sampled_from(permits))
    granted = versions[n].events[:1]
    gone = (*granted, StatusEvent(event=Event.WITHDRAWN, at=granted[0].at))
    plain = replace(versions[n].terms, exceptions=(), closed=False)
    before = [*versions[:n], replace(versions[n], terms=plain), *versions[n + 1 :]]
    after = [*before[:n], replace(before[n], events=gone), *before[n + 1 :]]
    if all(v.grantor.capacity is Capacity.PATIENT for v in versions):
        granted_by_it = evaluate(after, q).outcome is Outcome.PERMIT
        assert granted_by_it <= (evaluate(before, q).outcome is Outcome.PERMIT)


@given(histories(), terms(), requests())
def test_p5_adding_a_deny_on_another_matter_never_grants(
    versions: list[Version], t: Terms, q: Request
) -> None:
    deny = replace(t, base=Effect.DENY, exceptions=())
    more = [*versions, consent(99, deny, category="another")]
    old, new = evaluate(versions, q).outcome, evaluate(more, q).outcome
    assert (new is Outcome.PERMIT) <= (old is Outcome.PERMIT)


def test_deny_overrides() -> None:
    dissent = consent(2, DENY, kind=Kind.DISSENT)
    assert outcome(consent(1, PERMIT), dissent) is Outcome.DENY


def test_nothing_said_is_not_applicable() -> None:
    assert outcome() is Outcome.NOT_APPLICABLE


def test_the_newest_on_a_matter_counts() -> None:
    assert outcome(consent(1, DENY), consent(2, PERMIT)) is Outcome.PERMIT
    assert outcome(consent(1, PERMIT), consent(2, DENY)) is Outcome.DENY


def test_an_old_permit_never_revives() -> None:
    ended = replace(DENY, period=Period(ends_at=T0 - DAY))
    withdrawn = consent(2, PERMIT, events=events(Event.WITHDRAWN))
    refused = consent(2, PERMIT, events=(StatusEvent(event=Event.REFUSED, at=T0 - DAY),))
    for newer in (consent(2, ended), withdrawn, refused):
        assert outcome(consent(1, PERMIT), newer) is Outcome.NOT_APPLICABLE


def test_an_old_deny_stands_again_when_a_newer_permit_ends() -> None:
    ended = replace(PERMIT, period=Period(ends_at=T0 - DAY))
    assert outcome(consent(1, DENY), consent(2, ended)) is Outcome.DENY


def test_what_was_never_valid_replaces_nothing() -> None:
    void = consent(2, DENY, events=events(Event.ENTERED_IN_ERROR, at=3 * DAY))
    assert outcome(consent(1, PERMIT), void) is Outcome.PERMIT


def test_what_has_not_begun_replaces_nothing_yet() -> None:
    later = replace(PERMIT, period=Period(starts_at=T0 + DAY))
    assert outcome(consent(1, DENY), consent(2, later)) is Outcome.DENY


def test_of_one_consent_the_newest_version_counts() -> None:
    narrow = Terms(base=Effect.PERMIT, scope=Conditions(purposes=frozenset({"HRESCH"})))
    assert outcome(consent(1, PERMIT), consent(1, narrow, number=2)) is Outcome.NOT_APPLICABLE


CHILD = Circumstances(decides=False)


def test_p18_parents_who_disagree_conflict_and_a_competent_minor_overrides_both() -> None:
    yes, no = consent(1, PERMIT, grantor=MOTHER), consent(2, DENY, grantor=FATHER)
    own = consent(3, PERMIT)
    for order in ((yes, no), (no, yes)):
        assert outcome(*order, circumstances=CHILD) is Outcome.CONFLICT
        assert outcome(*order) is Outcome.CONFLICT
        assert outcome(*order, own) is Outcome.PERMIT
        assert outcome(*order, own, circumstances=CHILD) is Outcome.CONFLICT
        assert outcome(*order, replace(own, terms=DENY)) is Outcome.DENY


def test_an_attorney_acts_only_while_the_patient_cannot_decide() -> None:
    said = consent(1, PERMIT, grantor=ATTORNEY)
    assert outcome(said) is Outcome.NOT_APPLICABLE
    assert outcome(said, circumstances=CHILD) is Outcome.PERMIT


def test_p16_a_power_ends_at_its_date_and_at_death() -> None:
    until = by("mother", Capacity.PARENT, Period(ends_at=T0))
    still = by("mother", Capacity.PARENT, Period(ends_at=T0 + timedelta(microseconds=1)))
    assert outcome(consent(1, PERMIT, grantor=until)) is Outcome.NOT_APPLICABLE
    assert outcome(consent(1, PERMIT, grantor=still)) is Outcome.PERMIT
    dead = Circumstances(died_at=T0)
    assert outcome(consent(1, PERMIT, grantor=MOTHER), circumstances=dead) is Outcome.NOT_APPLICABLE


def test_a_yes_decided_before_a_standing_no_is_noticed() -> None:
    dissent = consent(1, DENY, decided_at=T0 - 10 * DAY)
    withdrawn = consent(1, PERMIT, events=events(Event.WITHDRAWN, at=-DAY))
    refused = consent(1, PERMIT, events=(StatusEvent(event=Event.REFUSED, at=T0 - DAY),))
    for no in (dissent, withdrawn, refused):
        assert decided_before_a_no(T0 - 20 * DAY, [no])
        assert not decided_before_a_no(T0, [no])
    void = replace(dissent, events=events(Event.ENTERED_IN_ERROR))
    assert not decided_before_a_no(T0 - 20 * DAY, [void, consent(2, PERMIT)])


def test_a_residual_of_a_dissent_and_a_permit_leaves_what_is_permitted() -> None:
    but = Conditions(categories=frozenset({Category.MENTAL_HEALTH}))
    dissent = consent(2, Terms(base=Effect.DENY, scope=but), kind=Kind.DISSENT)
    both = evaluate([consent(1, PERMIT), dissent], Q)
    assert both.outcome is Outcome.RESIDUAL
    assert both.permits_otherwise
    assert enforce(both, Data(category=Category.TESTS)) is Outcome.PERMIT
    assert enforce(both, Data(category=Category.MENTAL_HEALTH)) is Outcome.DENY
