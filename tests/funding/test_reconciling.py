"""Reconciling by the commands a user would call: from the file to the second signature."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.authority import Refused
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.replay import replay
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation import saying as reconciling_said
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.queries import ReconciliationView, Result
from ledger.funding.reconciliation.rules.code_maps import Coded, CodeMap, CodesRefused, VatRegime
from ledger.funding.reconciliation.rules.files import LinesRefused, LinesUnreadable
from ledger.funding.reconciliation.rules.findings import Line, Reason, Source
from ledger.funding.reconciliation.saying import (
    DoesNotAddUp,
    NotADifference,
    NotExplained,
    NotPrepared,
    NotSuggested,
    PreparerSigns,
)
from ledger.funding.reconciliation.service import (
    DoesNotSumUp,
    NoCodes,
    NotInPool,
    NotOpen,
    NotTheNextDays,
    ReceivedAlready,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import RankTooLow
from ledger.funding.service import corrections, money
from tests.conftest import Sequenced
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, paid, posted, received
from tests.given.reconciling import CODES, bank_csv, ledger_csv

MARCH: dict[str, Any] = {"first_day": date(2026, 1, 1), "last_day": date(2026, 3, 2)}


def line(
    amount_minor: int, reference: str, day: date = date(2026, 3, 2), nominal: str = ""
) -> Line:
    return Line(key="", day=day, amount_minor=amount_minor, reference=reference, nominal=nominal)


def statement(given: GivenPool, lines: Sequence[Line], *, opening: int = 0, **said: Any) -> UUID:
    """Send a bank statement as the manager, and run the comparison."""
    chosen = {**MARCH, "content": bank_csv(lines), "opening_minor": opening, **said}
    chosen.setdefault("closing_minor", opening + sum(one.amount_minor for one in lines))
    made = posted(
        given.manager, reconciling.receive, given.id,
        organisation_id=given.partners[0], source=Source.BANK, **chosen,
    )  # fmt: skip
    posted(given.manager, reconciling.run, given.id, made)
    return made


def result(given: GivenPool, made: UUID) -> Result:
    session = db.session()
    session.rollback()
    return queries.result(session, view(given, made))


def view(given: GivenPool, made: UUID) -> ReconciliationView:
    return queries.reconciliation(db.session(), given.id, made)


def moved(given: GivenPool, sequenced: Sequenced) -> None:
    """Have £500 come in and £80 go out; the log has both."""
    allocated(given, first=200_00)
    received(given, 500_00)
    accrued(given, 80_00)
    paid(given, 80_00)
    sequenced()
    db.session().rollback()


def explained(given: GivenPool, made: UUID, finding: str, **said: Any) -> None:
    chosen = {
        "words": "The bank's charge: a journal follows",
        "owner_id": given.partners[0],
        "due_on": date(2026, 4, 1),
        **said,
    }
    posted(given.manager, reconciling_said.explain, given.id, made, finding, **chosen)


def test_from_the_file_to_the_second_signature(
    given: GivenPool, sequenced: Sequenced, session: Session, tmp_path: Path
) -> None:
    moved(given, sequenced)
    made = statement(
        given, [line(500_00, "Bank line 1"), line(-80_00, "FP 22"), line(-5_00, "FEE 1")]
    )
    first = result(given, made)
    assert [one.reason for one in first.findings] == [
        Reason.EXACT, Reason.OTHER_REFERENCE, Reason.MISSING_HERE,
    ]  # fmt: skip
    assert first.proof.holds
    assert first.proof.closing == (415_00, 420_00)
    suggested, fee = first.unmatched
    with pytest.raises(NotExplained):
        posted(given.manager, reconciling_said.prepare, given.id, made)
    with pytest.raises(NotSuggested):
        posted(given.manager, reconciling_said.accept, given.id, made, [fee.key])
    posted(given.manager, reconciling_said.accept, given.id, made, [suggested.key])
    with pytest.raises(NotSuggested):
        posted(given.manager, reconciling_said.accept, given.id, made, [suggested.key])
    with pytest.raises(NotADifference):
        explained(given, made, suggested.key)
    explained(given, made, fee.key, words="At first sight nothing")
    explained(given, made, fee.key)
    with pytest.raises(NotPrepared):
        posted(given.approver, reconciling_said.sign, given.id, made)
    posted(given.manager, reconciling_said.prepare, given.id, made)
    with pytest.raises(NotOpen):
        posted(given.manager, reconciling_said.undo, given.id, made, suggested.key)
    with pytest.raises(PreparerSigns):
        posted(given.manager, reconciling_said.sign, given.id, made)
    posted(given.approver, reconciling_said.give_back, given.id, made)
    posted(given.manager, reconciling_said.prepare, given.id, made)
    digest = posted(given.approver, reconciling_said.sign, given.id, made)
    accrued(given, 10_00)  # What comes later changes nothing of what was signed.
    sequenced()
    after = result(given, made)
    assert after.digest == digest == view(given, made).result_digest
    assert after.explained[fee.key].words == "The bank's charge: a journal follows"
    with pytest.raises(NotPrepared):
        posted(given.approver, reconciling_said.sign, given.id, made)
    check_replay(session, tmp_path)


def check_replay(session: Session, folder: Path) -> None:
    copy = create_engine(f"sqlite:///{folder / 'copy.sqlite3'}")
    session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["pool_reconciliations"] == 1
    assert report.rows["pool_matches_said"] == report.rows["pool_differences_said"] == 1


def test_what_was_left_open_goes_on_to_the_next(given: GivenPool, sequenced: Sequenced) -> None:
    moved(given, sequenced)
    days: dict[str, Any] = {"first_day": date(2026, 1, 1), "last_day": date(2026, 3, 1)}
    early = line(-5_00, "FEE 1", date(2026, 2, 1))
    made = statement(given, [early], **days)
    (fee,) = result(given, made).unmatched
    explained(given, made, fee.key)
    posted(given.manager, reconciling_said.prepare, given.id, made)
    posted(given.approver, reconciling_said.sign, given.id, made)
    late = {"partner_id": given.partners[0], "amount_minor": 5_00, "effective_on": date(2026, 2, 1)}
    posted(given.manager, money.fall_due, given.id, reference="Late", **late)
    posted(given.manager, money.receive, given.id, reference="LATE 9", **late)
    sequenced()
    with pytest.raises(NotTheNextDays):
        statement(given, [line(1, "X 1")], opening=-5_00)
    both = [line(500_00, "Bank line 1"), line(-80_00, "FP 22")]
    march: dict[str, Any] = {"first_day": date(2026, 3, 2), "last_day": date(2026, 3, 2)}
    second = statement(given, both, opening=-5_00, **march)
    found = result(given, second)
    assert found.proof.holds
    assert found.proof.carried == (-5_00, 5_00)
    assert {one.reason for one in found.unmatched} == {Reason.OTHER_REFERENCE, Reason.SIGN_REVERSED}
    wrong = statement(given, [*both, line(1, "Y 1")], opening=-4_00, **march)
    assert not result(given, wrong).proof.holds
    with pytest.raises(DoesNotAddUp):
        posted(given.manager, reconciling_said.prepare, given.id, wrong)


def test_a_general_ledger_by_the_hosts_codes(given: GivenPool, sequenced: Sequenced) -> None:
    moved(given, sequenced)
    theirs = [
        line(80_00, "Invoice 1", nominal="5999"),
        line(-80_00, "Invoice 1", nominal="2100"),
        line(500_00, "Bank line 1", nominal="1000"),
    ]
    send = {"organisation_id": given.partners[0], "source": Source.LEDGER, **MARCH}
    theirs[0] = replace(theirs[0], cost_centre="CC1")
    made = posted(given.manager, reconciling.receive, given.id, content=ledger_csv(theirs), **send)
    with pytest.raises(NoCodes):
        posted(given.manager, reconciling.run, given.id, made)
    with pytest.raises(CodesRefused):
        bad = CodeMap(
            lines=(Coded(head=Head.AVAILABLE, nominal=""),) * 2,
            vat_regime=VatRegime.NOTHING, vat_rate_percent=20,
        )  # fmt: skip
        posted(given.manager, reconciling.map_codes, given.id,
               organisation_id=given.partners[0], codes=bad)  # fmt: skip
    for version in (1, 2):
        assert version == posted(
            given.manager, reconciling.map_codes, given.id,
            organisation_id=given.partners[0], codes=CODES,
        )  # fmt: skip
    posted(given.manager, reconciling.run, given.id, made)
    found = result(given, made)
    assert found.proof.holds
    reasons = sorted(one.reason for one in found.unmatched)
    assert Reason.WRONG_NOMINAL in reasons
    assert reasons.count(Reason.TIMING_THERE) == len(reasons) - 1
    wrong = next(step for step in found.proof.steps if step.nominal == "5999")
    assert (wrong.theirs_minor, wrong.ours_minor, wrong.listed_minor) == (80_00, 0, 80_00)


def test_a_partners_ledger_is_the_other_side(given: GivenPool, sequenced: Sequenced) -> None:
    received(given, 300_00, partner=1)
    received(given, 200_00)
    sequenced()
    codes = replace(CODES, lines=(Coded(head=Head.RECEIVABLE, nominal="2500"),))
    lead = given.leads[1]
    send = {"organisation_id": given.partners[1]}
    posted(lead, reconciling.map_codes, given.id, codes=codes, **send)
    owed = [line(-300_00, "Quarter 1", nominal="2500"), line(300_00, "Bank line 1", nominal="2500")]
    made = posted(lead, reconciling.receive, given.id, source=Source.LEDGER,
                  content=ledger_csv(owed), **MARCH, **send)  # fmt: skip
    posted(lead, reconciling.run, given.id, made)
    found = result(given, made)
    assert {one.reason for one in found.findings} == {Reason.EXACT}
    assert found.proof.not_mapped_minor == 300_00


def test_who_may_do_it(given: GivenPool, sequenced: Sequenced) -> None:
    """Each organisation's finance people, for their own accounts; and a stranger sees no pool."""
    moved(given, sequenced)
    made = statement(given, [line(500_00, "Bank line 1"), line(-80_00, "Invoice 1")])
    board = directory.member(Role.BOARD_MEMBER, at=given.partners[0])
    auditor = directory.member(Role.AUDITOR, at=given.partners[0])
    stranger = directory.member(Role.POOL_MANAGER, at=directory.organisation())
    for actor, refused in (
        (given.leads[1], Refused), (board, Refused), (auditor, Refused), (stranger, NotFound),
    ):  # fmt: skip
        with pytest.raises(refused):
            posted(actor, reconciling.run, given.id, made)
        with pytest.raises(refused):
            posted(actor, reconciling_said.prepare, given.id, made)
    posted(given.approver, reconciling.run, given.id, made)
    with pytest.raises(NotInPool):
        posted(given.leads[1], reconciling.receive, given.id, organisation_id=given.partners[1],
               source=Source.BANK, content=bank_csv([line(1, "A 1")]), **MARCH)  # fmt: skip
    posted(given.approver, reconciling_said.prepare, given.id, made)
    other_manager: Actor = directory.member(Role.POOL_MANAGER, at=given.partners[0])
    with pytest.raises(RankTooLow):
        posted(other_manager, reconciling_said.sign, given.id, made)


def test_a_rejected_match_is_two_differences_and_may_be_taken_back(
    given: GivenPool, sequenced: Sequenced
) -> None:
    moved(given, sequenced)
    made = statement(given, [line(500_00, "Bank line 1"), line(-80_00, "FP 22")])
    (one,) = result(given, made).unmatched
    posted(given.manager, reconciling_said.reject, given.id, made, one.key)
    assert len(result(given, made).unmatched) == 2
    posted(given.manager, reconciling_said.undo, given.id, made, one.key)
    assert [each.key for each in result(given, made).unmatched] == [one.key]
    with pytest.raises(NotFound):
        posted(given.manager, reconciling_said.undo, given.id, made, one.key)


def test_an_accrual_beyond_the_budget_is_flagged(given: GivenPool, sequenced: Sequenced) -> None:
    beyond = accrued(given, 80_00)
    sequenced()
    send = {"organisation_id": given.partners[0]}
    posted(given.manager, reconciling.map_codes, given.id, codes=CODES, **send)
    content = ledger_csv([line(1_00, "Other 7", nominal="9")])
    made = posted(given.manager, reconciling.receive, given.id, source=Source.LEDGER,
                  content=content, **MARCH, **send)  # fmt: skip
    posted(given.manager, reconciling.run, given.id, made)
    ours = [each for one in result(given, made).findings for each in one.ours]
    assert {each.transaction_id for each in ours} == {beyond}
    assert all(each.flagged for each in ours)


HOSTILE: tuple[tuple[bytes, type[Invalid]], ...] = (
    (b"", LinesUnreadable),
    (b"\x00\x01", LinesUnreadable),
    (b"Date,Text\n2026-03-01,x\n", LinesUnreadable),
    (b"Date,Amount,Value\n2026-03-01,1,2\n", LinesUnreadable),
    (b'Date,Amount\n"2026-03-01,1\n', LinesUnreadable),
    (b"Date,Amount\n2026-03-01,1e9\n", LinesRefused),
    (b"Date,Amount\n2026-03-01,=1+1\n", LinesRefused),
    (b"Date,Amount\n31/02/2026,1.00\n", LinesRefused),
    (b"Date,Amount\n2026-03-01,0.00\n", LinesRefused),
    (b"Date,Amount\n2026-03-01,99999999999999999999\n", LinesRefused),
    (b"Date,Amount\n2025-12-31,1.00\n", LinesRefused),
    (b"Date,Paid out,Paid in\n2026-03-01,1.00,2.00\n", LinesRefused),
    (b"Date,Amount,Reference\n2026-03-01,1.00,9434765919\n", LinesRefused),
    (b"Date,Amount,Reference\n2026-03-01,1.00," + b"x" * 65 + b"\n", LinesRefused),
    (b"Date,Amount\n2026-03-01,1.00\n", DoesNotSumUp),
)


def test_a_file_is_taken_whole_or_not_at_all(given: GivenPool, session: Session) -> None:
    for content, refused in HOSTILE:
        with pytest.raises(refused):
            statement(given, [], content=content, closing_minor=7)
    session.rollback()
    assert queries.reconciliations(session, given.view) == []


def test_the_same_file_twice_and_days_to_come(given: GivenPool) -> None:
    statement(given, [line(1_00, "A 1")])
    with pytest.raises(ReceivedAlready):
        statement(given, [line(1_00, "A 1")])
    with pytest.raises(Invalid):
        statement(given, [line(2_00, "A 1")], last_day=date(2026, 3, 2) + timedelta(400))


def test_the_words_of_a_line_are_not_kept(given: GivenPool, session: Session) -> None:
    made = statement(given, [line(1_00, "INV-0042")])
    session.rollback()
    (kept,) = queries.lines_kept(session, view(given, made).lines_digest)
    assert kept.papers == {"inv0042"}
    assert "PERSON" not in repr(kept)


def test_a_reversal_and_its_original_leave_nothing_open(
    given: GivenPool, sequenced: Sequenced
) -> None:
    received(given, 300_00)
    posted(given.manager, money.fall_due, given.id, partner_id=given.partners[0],
                   amount_minor=50_00, reference="Q 2")  # fmt: skip
    got = posted(given.manager, money.receive, given.id, partner_id=given.partners[0],
                 amount_minor=50_00, reference="B 2")  # fmt: skip
    posted(given.manager, corrections.reverse, given.id, got.transaction_id, reference="Not so")
    sequenced()
    made = statement(given, [line(300_00, "Bank line 1")])
    assert sorted(one.reason for one in result(given, made).findings) == [
        Reason.EXACT, Reason.REVERSED_HERE,
    ]  # fmt: skip
