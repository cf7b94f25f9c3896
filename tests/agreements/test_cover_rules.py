"""What covers a use, against an oracle that knows nothing of order or speed; and who remains."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.rules.authority import (
    Authority,
    AuthorityEnded,
    NoAuthority,
    choose_authority,
)
from ledger.agreements.rules.cover import Cover, Line, NotCovered, Why, find
from ledger.agreements.rules.leaving import ends_with
from ledger.agreements.rules.signing import AlreadySigned, OutOfOrder, check_turn, waiting_for
from ledger.agreements.rules.terms import Kind, Party
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category
from tests.agreements.strategies import ORGANISATIONS, sound

PURPOSES = ("PurposeOfUse", "TREAT", "ETREAT", "COC", "SOCIALCARE", "HRESCH", "BIORCH", "unknown")
days = st.dates(date(2026, 1, 1), date(2026, 1, 10))
lines = st.builds(
    Line,
    agreement_id=st.sampled_from(ORGANISATIONS),
    version=st.integers(1, 3),
    clause=st.sampled_from(["4.2", "4.3"]),
    flow=st.just("F1"),
    purpose=st.sampled_from(PURPOSES[:-1]),
    category=st.sampled_from([Category.MEDICINES, Category.TESTS]),
    first_day=days,
    last_day=days,
    suspended_to=st.none() | days,
)


@given(
    st.lists(lines, max_size=6),
    st.sampled_from(PURPOSES),
    st.sampled_from([Category.MEDICINES, Category.TESTS]),
    days,
)
def test_covered_is_what_some_line_in_force_allows(
    held: list[Line], purpose: str, category: Category, on: date
) -> None:
    def fits(line: Line) -> bool:
        return line.category is category and purposes.is_a(purpose, line.purpose)

    def current(line: Line) -> bool:
        return fits(line) and line.first_day <= on <= line.last_day

    def stopped(line: Line) -> bool:
        return line.suspended_to is not None and on <= line.suspended_to

    answer = find(held, purpose=purpose, category=category, on=on)
    allowing = [line for line in held if current(line) and not stopped(line)]
    assert isinstance(answer, Cover) is bool(allowing)
    if isinstance(answer, Cover):
        assert any(
            (line.agreement_id, line.version, line.clause)
            == (answer.agreement_id, answer.version, answer.clause)
            for line in allowing
        )
    elif any(map(current, held)):
        assert answer.why is Why.SUSPENDED
    elif any(fits(line) and line.last_day < on for line in held):
        assert answer.why is Why.LAPSED
    else:
        assert answer == NotCovered(why=Why.MISSING)


@given(st.lists(lines, max_size=5), st.permutations(range(5)), days)
def test_the_order_of_lines_changes_nothing(held: list[Line], order: list[int], on: date) -> None:
    shuffled = [held[place] for place in order if place < len(held)]
    first, second = (
        find(each, purpose="ETREAT", category=Category.TESTS, on=on) for each in (held, shuffled)
    )
    assert type(first) is type(second)
    if isinstance(first, Cover) and isinstance(second, Cover):
        assert (first.agreement_id, first.version) == (second.agreement_id, second.version)


parties = st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=2, max_size=4).map(
    lambda given: tuple(
        Party(organisation_id=ORGANISATIONS[n], name=str(n), signs_in_group=group, leads=n == 0)
        for n, (group, _) in enumerate(given)
    )
)


@given(parties, st.data())
def test_any_party_whose_turn_it_is_may_sign_until_all_have(
    those: tuple[Party, ...], data: st.DataObject
) -> None:
    terms, signed = sound(parties=those), frozenset[UUID]()
    while waiting := waiting_for(terms, signed=signed):
        turn = {party.organisation_id for party in waiting}
        for party in those:
            one = party.organisation_id
            try:
                check_turn(terms, signed=signed, organisation_id=one)
            except AlreadySigned:
                assert one in signed
            except OutOfOrder:
                assert one not in turn | signed
            else:
                assert one in turn
        signed |= {data.draw(st.sampled_from(sorted(turn)))}
    assert signed == terms.party_ids


@given(
    parties,
    st.dictionaries(st.sampled_from(ORGANISATIONS), st.dates(date(2026, 4, 2), date(2028, 1, 1))),
)
def test_an_agreement_goes_on_while_two_remain_and_the_lead_is_one(
    those: tuple[Party, ...], gone: dict[UUID, date]
) -> None:
    terms = sound(parties=those)
    leaving = {one: day for one, day in gone.items() if one in terms.party_ids}
    last = ends_with(terms, gone=leaving)
    assert last <= terms.ends_on

    def stands(day: date) -> bool:
        left = {one for one in terms.party_ids if one not in leaving or leaving[one] > day}
        return len(left) >= 2 and terms.lead_id in left

    assert stands(last)
    assert last == terms.ends_on or not stands(last + timedelta(days=1))


@given(st.data())
def test_authority_is_chosen_only_where_it_holds(data: st.DataObject) -> None:
    organisation, today = ORGANISATIONS[0], date(2026, 1, 5)
    held = [
        Authority(
            id=UUID(int=n),
            person_id=ORGANISATIONS[3],
            organisation_id=data.draw(st.sampled_from(ORGANISATIONS[:2])),
            position="Chair",
            first_day=data.draw(days),
            last_day=data.draw(st.none() | days),
            kinds=data.draw(st.frozensets(st.sampled_from(Kind))),
            from_authority_id=data.draw(st.sampled_from([None, UUID(int=100), UUID(int=101)])),
            ended_on=data.draw(st.none() | days),
        )
        for n in range(data.draw(st.integers(0, 4)))
    ]
    source = Authority(
        id=UUID(int=100),
        person_id=ORGANISATIONS[2],
        organisation_id=organisation,
        position="Chief executive",
        first_day=data.draw(days),
    )
    behind = {source.id: source}
    good = {
        one.id
        for one in held
        if one.is_for(organisation, Kind.DATA_SHARING)
        and one.holds_on(today)
        and (
            one.from_authority_id is None
            or (one.from_authority_id == source.id and source.holds_on(today))
        )
    }
    try:
        by = choose_authority(
            held,
            behind=behind,
            organisation_id=organisation,
            kind=Kind.DATA_SHARING,
            today=today,
        )
    except NoAuthority:
        assert not any(one.is_for(organisation, Kind.DATA_SHARING) for one in held)
    except AuthorityEnded:
        assert not good
    else:
        assert by.authority.id in good
        assert (by.behind is None) is (by.authority.from_authority_id is None)
