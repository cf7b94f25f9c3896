"""Who must approve how much: the agreement's table, read as a table."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.actor import Role
from ledger.funding.rules import events
from ledger.funding.rules.controls import (
    CONTROLS,
    RANKS,
    Approval,
    Control,
    RankTooLow,
    Voice,
    check_approval,
    enough,
    highest_rank,
)
from ledger.funding.rules.events import LIABILITIES, Event
from ledger.funding.rules.thresholds import (
    APPROVERS,
    MOVEMENTS,
    STRICTEST,
    Step,
    control_for,
    size_minor,
)

CHIEF = Role.CHIEF_FINANCE_OFFICER
HOST_LEAD, TWO = APPROVERS["host finance lead"], APPROVERS["two host finance leads"]
HOST_CHIEF = APPROVERS["host chief finance officer"]
EVERY_CHIEF = APPROVERS["every partner's chief finance officer"]
ANY = CONTROLS[Event.BUDGET_VIRED]
TABLE = [
    Step(movement=movement, up_to_minor=up_to, approver=approver)
    for movement, up_to, approver in (
        ("Virement", 500_000_00, "Host chief finance officer"),
        ("virement", 50_000_00, "host finance lead"),
        ("virement", None, "every partner’s  chief finance officer"),
        ("commitment", 10_000_00, "pool manager"),
        ("commitment", 100_000_00, "two host finance leads"),
        ("payment", 1_000_00, "pool manager"),
        ("payment", None, "the treasurer's cat"),
        ("reserve release", None, "host finance lead"),
        ("allocation", None, "host finance lead"),
    )
]
E = Event


@pytest.mark.parametrize(
    ("event", "amount_minor", "waits_for"),
    [
        (E.BUDGET_VIRED, 1, HOST_LEAD),
        (E.BUDGET_VIRED, 50_000_00, HOST_LEAD),
        (E.BUDGET_VIRED, 50_000_01, HOST_CHIEF),
        (E.BUDGET_VIRED, 500_000_00, HOST_CHIEF),
        (E.BUDGET_VIRED, 500_000_01, EVERY_CHIEF),
        (E.SPENDING_COMMITTED, 10_000_00, None),
        (E.BUNDLE_STARTED, 10_000_00, None),
        (E.SPENDING_COMMITTED, 10_000_01, TWO),
        (E.SPENDING_COMMITTED, 100_000_01, STRICTEST),  # Above the last step.
        (E.PAYMENT_MADE, 1_00, HOST_LEAD),  # The agreement cannot ask for less.
        (E.PAYMENT_MADE, 1_000_01, STRICTEST),  # In words that nobody knows.
        (E.RESERVE_RELEASED, 1_00, STRICTEST),
        (E.OVERSPEND_AUTHORISED, 1_00, CONTROLS[E.OVERSPEND_AUTHORISED]),
        (E.BUDGET_ALLOCATED, 1_00, HOST_LEAD),
        (E.RESERVE_SET, 10**12, None),  # The table says nothing of it.
        (E.EXPENDITURE_ACCRUED, 10**12, None),
        (E.CONTRIBUTION_RECEIVED, 10**12, None),
    ],
)
def test_the_agreements_table(event: Event, amount_minor: int, waits_for: Control | None) -> None:
    assert control_for(event, amount_minor, TABLE) == waits_for
    undone = control_for(Event.TRANSACTION_REVERSED, amount_minor, TABLE, reverses=event)
    assert undone == waits_for


@pytest.mark.parametrize("event", list(Event))
def test_without_a_table_the_floor_holds(event: Event) -> None:
    assert control_for(event, 10**12, []) == CONTROLS.get(event)


def test_what_is_owed_already_never_waits() -> None:
    assert not LIABILITIES & {*MOVEMENTS, *CONTROLS}
    assert set(CONTROLS) <= set(MOVEMENTS)


STEPS = st.lists(
    st.builds(
        Step,
        movement=st.sampled_from(sorted({*MOVEMENTS.values(), "tea money"})),
        up_to_minor=st.none() | st.integers(1, 10**9),
        approver=st.sampled_from([*APPROVERS, "somebody"]),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(Event)), st.integers(1, 10**9), STEPS)
def test_no_agreement_asks_for_less_than_the_floor(
    event: Event, amount_minor: int, steps: list[Step]
) -> None:
    asked, floor = control_for(event, amount_minor, steps), CONTROLS.get(event)
    if floor is None:
        return
    assert asked is not None
    assert asked.people >= floor.people
    assert asked.voice is Voice.EVERY_PARTNER or floor.voice is not Voice.EVERY_PARTNER
    assert control_for(event, amount_minor, reversed(steps)) is not None


@pytest.mark.parametrize(
    ("rank", "organisation", "control", "passes"),
    [
        (Role.FINANCE_LEAD, 1, HOST_LEAD, True),
        (CHIEF, 1, HOST_LEAD, True),
        (Role.FINANCE_LEAD, 1, HOST_CHIEF, False),
        (CHIEF, 1, HOST_CHIEF, True),
        (Role.FINANCE_LEAD, 2, EVERY_CHIEF, False),
        (CHIEF, 2, EVERY_CHIEF, True),
    ],
)
def test_rank(rank: Role, organisation: int, control: Control, *, passes: bool) -> None:
    approval = Approval(UUID(int=9), UUID(int=organisation), rank)
    parties = {"host_id": UUID(int=1), "partner_ids": [UUID(int=1), UUID(int=2)]}

    def check() -> None:
        check_approval(control, approval, maker_id=UUID(int=8), given=(), **parties)  # type: ignore[arg-type]

    if passes:
        check()
    else:
        with pytest.raises(RankTooLow):
            check()


def test_whoever_approves_money_has_a_rank() -> None:
    assert highest_rank({*RANKS, Role.AUDITOR}) is CHIEF
    with pytest.raises(RankTooLow):
        highest_rank({Role.POOL_MANAGER})


def test_two_people_are_two_and_every_partner_is_every_one() -> None:
    one, two = (Approval(UUID(int=n), UUID(int=1)) for n in (8, 9))
    assert not enough(TWO, [one], partner_ids=[])  # type: ignore[arg-type]
    assert enough(TWO, [one, two], partner_ids=[])  # type: ignore[arg-type]
    assert not enough(STRICTEST, [one, two], partner_ids=[UUID(int=1), UUID(int=2)])


def test_how_much_a_transaction_moves() -> None:
    scheme, provider = UUID(int=1), UUID(int=2)
    assert size_minor(events.allocate({scheme: 5, provider: 7})) == 12
    assert size_minor(events.accrue(scheme, {provider: 9}, covered_minor=4)) == 9
