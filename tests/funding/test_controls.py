"""Who else must agree: people, not accounts."""

from uuid import UUID

import pytest

from ledger.funding.rules.controls import (
    CONTROLS,
    Approval,
    ApprovedAlready,
    MakerApproves,
    SpeaksForNobodyHere,
    Voice,
    check_approval,
    enough,
)
from ledger.funding.rules.events import Event

MAKER, COLLEAGUE, THIRD = (UUID(int=n) for n in (1, 2, 3))
HOST, PARTNER, STRANGER = (UUID(int=n) for n in (11, 12, 13))
PAYMENT, RESERVE = CONTROLS[Event.PAYMENT_MADE], CONTROLS[Event.RESERVE_RELEASED]


@pytest.mark.parametrize(
    ("approval", "given", "error"),
    [
        (Approval(COLLEAGUE, HOST), (), None),
        (Approval(MAKER, HOST), (), MakerApproves),
        (Approval(MAKER, PARTNER), (), MakerApproves),
        (Approval(COLLEAGUE, HOST), (Approval(COLLEAGUE, PARTNER),), ApprovedAlready),
        (Approval(COLLEAGUE, PARTNER), (), SpeaksForNobodyHere),
        (Approval(COLLEAGUE, STRANGER), (), SpeaksForNobodyHere),
    ],
)
def test_a_payment_waits_for_another_person_of_the_host(
    approval: Approval, given: tuple[Approval, ...], error: type[Exception] | None
) -> None:
    def check() -> None:
        check_approval(
            PAYMENT,
            approval,
            maker_id=MAKER,
            given=given,
            host_id=HOST,
            partner_ids=[HOST, PARTNER],
        )

    if error is None:
        check()
    else:
        with pytest.raises(error):
            check()


def test_a_reserve_waits_for_every_partner() -> None:
    partners = [HOST, PARTNER]

    assert RESERVE.voice is Voice.EVERY_PARTNER
    assert not enough(RESERVE, [Approval(COLLEAGUE, HOST)], partner_ids=partners)
    assert not enough(
        RESERVE, [Approval(COLLEAGUE, HOST), Approval(THIRD, HOST)], partner_ids=partners
    )
    assert enough(
        RESERVE, [Approval(COLLEAGUE, HOST), Approval(THIRD, PARTNER)], partner_ids=partners
    )
