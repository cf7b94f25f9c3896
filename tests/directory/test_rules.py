"""The directory's rules, on their own."""

from datetime import date, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.core.actor import Role
from ledger.core.errors import Invalid
from ledger.directory.rules import names, nhs_number, organisations
from ledger.directory.rules.care import CareRelationship, CareSource, standing
from ledger.directory.rules.memberships import (
    STAFF_ROLES,
    NotAStaffRole,
    RoleAlreadyEnded,
    RoleAlreadyHeld,
    check_end,
    check_role,
    last_day,
)
from ledger.directory.rules.nhs_number import NotAnNhsNumber, WrongRange
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.rules.periods import (
    BadPeriod,
    Period,
    check_date_of_birth,
    check_period,
)

TODAY = date(2026, 3, 1)

nine = st.text(alphabet="0123456789", min_size=9, max_size=9)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))
periods = st.builds(
    lambda first, length: Period(first, None if length is None else first + timedelta(length)),
    days,
    st.none() | st.integers(min_value=0, max_value=800),
)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    digits = draw(nine)
    check = nhs_number.check_digit(digits)
    assume(check is not None)
    return f"{digits}{check}"


@pytest.mark.parametrize("number", ["9434765919", "9990000018", "4010232137", "943 476 5919"])
def test_numbers_that_are_published_as_valid(number: str) -> None:
    assert nhs_number.parse(number) == number.replace(" ", "")


@given(numbers())
def test_a_number_is_read_however_it_is_spaced(number: str) -> None:
    assert nhs_number.parse(nhs_number.spaced(number)) == number
    assert nhs_number.parse(f" {number[:3]}-{number[3:]} ") == number


@given(numbers(), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: str, place: int, by: int) -> None:
    wrong = (int(number[place]) + by) % 10
    with pytest.raises(NotAnNhsNumber):
        nhs_number.parse(f"{number[:place]}{wrong}{number[place + 1 :]}")


@given(numbers(), st.integers(0, 8))
def test_two_swapped_digits_are_always_noticed(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    with pytest.raises(NotAnNhsNumber) as refused:
        nhs_number.parse(swapped)
    assert swapped not in str(refused.value)


@given(st.text(max_size=20))
def test_no_text_is_read_as_anything_but_ten_ascii_digits(text: str) -> None:
    try:
        number = nhs_number.parse(text)
    except NotAnNhsNumber:
        return
    assert len(number) == 10
    assert number.isascii()
    assert number.isdigit()


def test_a_demonstration_takes_999_numbers_and_nothing_else_does() -> None:
    nhs_number.check_range("9990000018", demonstration=True)
    nhs_number.check_range("9434765919", demonstration=False)
    with pytest.raises(WrongRange, match="belong to nobody"):
        nhs_number.check_range("9434765919", demonstration=True)
    with pytest.raises(WrongRange, match="for demonstrations"):
        nhs_number.check_range("9990000018", demonstration=False)


@given(st.text())
def test_a_name_is_tidy_or_refused(text: str) -> None:
    try:
        name = names.name(text)
    except names.BadName:
        return
    assert names.name(name) == name
    assert name == name.strip()
    assert name[0] not in "=+-@"
    assert name.isprintable()


@pytest.mark.parametrize("name", ["", "  ", "=1+1", "@x", "a\u202eb", "a\x00b", "x" * 121, "..."])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(names.BadName):
        names.name(name)


@pytest.mark.parametrize("name", ["Siân O'Neill-Ng", "李小龍", "Ngũgĩ wa Thiong'o", "X"])
def test_names_that_are_not_refused(name: str) -> None:
    assert names.name(f"  {name} ") == name


@pytest.mark.parametrize("email", ["", "a", "a@b", "a b@c.org", "<a@b.org>", "a@b.org,c@d.org"])
def test_addresses_that_are_refused_and_not_repeated(email: str) -> None:
    with pytest.raises(names.BadEmail) as refused:
        names.email(email)
    assert not email or f"{email} " not in str(refused.value)


def test_addresses_are_the_same_whatever_their_case() -> None:
    assert names.email(" Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize("code", ["", "R", "RG-T", "R" * 13, "RGÜ"])
def test_ods_codes_that_are_refused(code: str) -> None:
    with pytest.raises(organisations.NotAnOdsCode):
        organisations.ods_code(code)


def test_an_organisation_is_kept_in_one_spelling() -> None:
    given_details = OrganisationDetails(
        name=" St  Mary's ",
        kind=OrganisationKind.SITE,
        ods_code="rgt01",
        postcode="ls11ur",
    )
    with pytest.raises(Invalid, match="postcode"):
        organisations.checked(given_details)
    details = organisations.checked(
        OrganisationDetails(
            name=" St  Mary's ",
            kind=OrganisationKind.SITE,
            ods_code="rgt01",
            postcode="ls1  1ur",
        )
    )
    assert (details.name, details.ods_code, details.postcode) == (
        "St Mary's",
        "RGT01",
        "LS1 1UR",
    )
    assert organisations.parent_code(details) == "RGT"


@given(periods, periods)
def test_periods_overlap_if_and_only_if_some_day_is_in_both(one: Period, other: Period) -> None:
    latest_start = max(one.from_on, other.from_on)
    assert one.overlaps(other) is (one.holds(latest_start) and other.holds(latest_start))
    assert one.overlaps(other) is other.overlaps(one)


def test_both_ends_of_a_period_are_in_it() -> None:
    period = Period(date(2026, 3, 29), date(2026, 3, 30))  # The clocks change on the first.
    assert [period.holds(date(2026, 3, day)) for day in (28, 29, 30, 31)] == [
        0,
        1,
        1,
        0,
    ]


@pytest.mark.parametrize(
    "period",
    [
        Period(TODAY, TODAY - timedelta(1)),
        Period(date(2126, 3, 1)),
        Period(date(26, 3, 1)),
    ],
)
def test_periods_that_are_refused(period: Period) -> None:
    with pytest.raises(BadPeriod):
        check_period(period, today=TODAY)


def test_a_date_of_birth_is_in_the_last_130_years() -> None:
    check_date_of_birth(TODAY, today=TODAY)
    check_date_of_birth(date(1896, 1, 1), today=TODAY)
    for wrong in (TODAY + timedelta(1), date(1895, 12, 31)):
        with pytest.raises(Invalid, match="check the year") as refused:
            check_date_of_birth(wrong, today=TODAY)
        assert str(wrong) not in str(refused.value)


def test_a_role_is_held_once_at_a_time() -> None:
    held = (Period(date(2026, 1, 1), date(2026, 3, 10)),)
    check_role(Role.CLINICIAN, period=Period(date(2026, 3, 11)), held=held, today=TODAY)
    with pytest.raises(RoleAlreadyHeld, match="until 2026-03-10"):
        check_role(Role.CLINICIAN, period=Period(date(2026, 3, 10)), held=held, today=TODAY)


@pytest.mark.parametrize("role", sorted(frozenset(Role) - STAFF_ROLES))
def test_no_organisation_makes_anybody_a_patient_a_proxy_a_program_or_the_system(
    role: Role,
) -> None:
    with pytest.raises(NotAStaffRole):
        check_role(role, period=Period(TODAY), held=(), today=TODAY)


@given(periods, days)
def test_a_role_ends_at_once_or_later_and_never_earlier_or_longer(
    period: Period, until_on: date
) -> None:
    try:
        check_end(period, until_on=until_on, today=TODAY)
    except (BadPeriod, RoleAlreadyEnded):
        return
    assert until_on >= last_day(TODAY)
    assert period.until_on is None or TODAY <= period.until_on >= until_on


ORG, OTHER_ORG, TEAM, OTHER_TEAM, ME, SOMEBODY = (UUID(int=n) for n in range(1, 7))

relationships = st.builds(
    CareRelationship,
    id=st.uuids(),
    patient_id=st.just(UUID(int=9)),
    organisation_id=st.sampled_from([ORG, OTHER_ORG]),
    team_id=st.sampled_from([None, TEAM, OTHER_TEAM]),
    person_id=st.sampled_from([None, ME, SOMEBODY]),
    source=st.sampled_from(CareSource),
    period=periods,
)


@given(st.lists(relationships, max_size=4, unique_by=lambda each: each.id), days)
def test_care_stands_whatever_the_order_and_only_for_whom_it_names(
    found: list[CareRelationship], on: date
) -> None:
    answers = {
        standing(order, organisation_id=ORG, person_id=ME, team_ids=frozenset({TEAM}), on=on)
        for order in permutations(found)
    }
    (answer,) = answers
    covering = [
        each
        for each in found
        if each.organisation_id == ORG
        and each.period.holds(on)
        and (each.person_id == ME or (each.person_id is None and each.team_id in (None, TEAM)))
    ]
    assert (answer is None) is (not covering)
    assert answer is None or answer in covering


@given(st.lists(relationships, max_size=6), days)
def test_what_covers_a_whole_organisation_covers_each_person_in_it(
    found: list[CareRelationship], on: date
) -> None:
    whole = standing(found, organisation_id=ORG, person_id=None, team_ids=frozenset(), on=on)
    one = standing(found, organisation_id=ORG, person_id=ME, team_ids=frozenset(), on=on)
    assert whole is None or one is not None
    assert whole is None or (whole.person_id is None and whole.team_id is None)
