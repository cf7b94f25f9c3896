"""What was signed stays what it was: each version of the rules, pinned; and files of 5,000 rows."""

from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from time import perf_counter
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from audit import canonical
from audit.values import to_json
from ledger.core.db import Projected, db, writing
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.models import Reconciliation
from ledger.funding.reconciliation.rules.findings import Line, Reason, Source, Window
from ledger.funding.reconciliation.rules.versions import NEWEST, VERSIONS, RulesUnknown, rules_of
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs
from tests.funding.test_reconciling import line, moved, statement, view
from tests.given.funding import GivenPool

PINNED = {1: "261c44fb98b565a5a3f465c19c0f24f9567fe9f05ccaaddfcaeabcd9a37c4b45"}
WINDOW = Window(source=Source.LEDGER, first_day=date(2026, 4, 1), last_day=date(2026, 4, 30))


def one(key: str, day: int, amount_minor: int, paper: str = "", **said: object) -> Line:
    papers = frozenset({paper} if paper else ())
    chosen = {"nominal": "5000", "cost_centre": "CC1", "reference": paper, **said}
    return Line(
        key=key, day=date(2026, 4, day), amount_minor=amount_minor, papers=papers, **chosen,  # type: ignore[arg-type]
    )  # fmt: skip


THEIRS = (
    one("t1", 1, 100, "a1"), one("t2", 2, 200, "b2"), one("t3", 3, 700, "c3"),
    one("t4", 4, 400, "d4", nominal="6000"), one("t5", 5, 500, "e5", cost_centre="CC2"),
    one("t6", 6, 600, "f6", nominal="5001"), one("t7", 7, -710, "g7"), one("t8", 8, 801, "h8"),
    one("t9", 9, 1200, "i9"), one("ta", 10, 1023, "j1"), one("tb", 11, 1111, "k1"),
    one("tc", 12, 100, "a1"), one("td", 13, 77, "l1"), one("te", 13, -77, "l1"),
    one("tf", 14, 31), one("tg", 14, 32), one("th", 29, 9_00, "z9"),
)  # fmt: skip
OURS = (
    one("o1", 2, 100, "a1"), one("o2", 4, 200, "x2"), one("o3", 3, 300, "y3"),
    one("o4", 3, 400, "y4"), one("o5", 4, 400, "d4"), one("o6", 5, 500, "e5"),
    one("o7", 6, 600, "f6", capital=True, revenue_nominal="5001"), one("o8", 7, 710, "g7"),
    one("o9", 8, 800, "h8"), one("oa", 9, 1000, "i9"), one("ob", 10, 1032, "j1"),
    one("oc", 11, 1999, "k1"), one("od", 15, 63, "m1"),
    one("oe", 16, 55, "n1", transaction_id=UUID(int=1)),
    one("of", 17, -55, "n2", undoes=UUID(int=1)), one("og", 28, 999, "o1"),
    one("oh", 1, 5, "p1"),
)  # fmt: skip


def test_each_version_makes_of_the_same_lines_what_it_always_did() -> None:
    assert set(PINNED) == set(VERSIONS)
    later = (Line(key="n1", day=date(2026, 5, 2), amount_minor=9_00, papers=frozenset({"z9"}),
                  nominal="5000", cost_centre="CC1"),)  # fmt: skip
    for version, rules in VERSIONS.items():
        found = rules.match(THEIRS, OURS, WINDOW, later=later)
        assert len({each.reason for each in found}) > len(Reason) * 2 / 3
        body = canonical.encode(
            [to_json(each) for each in (*found, rules.prove(found, THEIRS, OURS))]
        )
        assert sha256(body).hexdigest() == PINNED[version]


def test_what_was_run_by_rules_of_the_future_is_not_guessed_at(
    act_as: ActAs, given: GivenPool, sequenced: Sequenced, session: Session
) -> None:
    moved(given, sequenced)
    made = statement(given, [line(500_00, "Bank line 1")])
    assert view(given, made).rules_version == NEWEST
    session = db.session()
    session.rollback()
    with writing(Projected):
        session.get_one(Reconciliation, made).rules_version = NEWEST + 1
        session.commit()
    with pytest.raises(RulesUnknown, match="bring this up to date"):
        queries.result(session, view(given, made))
    db.session.remove()
    answer = act_as(given.manager).get(f"/api/v1/pools/{given.id}/reconciliations/{made}")
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (
        409, "reconciliation-rules-unknown",
    )  # fmt: skip
    with pytest.raises(RulesUnknown):
        rules_of(0)


@pytest.mark.parametrize("alike", ["papers", "amounts", "both", "nothing"])
def test_files_of_5000_rows_are_compared_in_seconds(alike: str) -> None:
    def side(name: str, step: int) -> list[Line]:
        return [
            Line(
                key=f"{name}{number:05}",
                day=date(2026, 4, 1) + timedelta(days=number % 28),
                amount_minor=1_00 if alike in {"amounts", "both"} else number * step + step,
                papers=frozenset({"p" if alike in {"papers", "both"} else f"{name}{number}"}),
                nominal="5000",
            )
            for number in range(5_000)
        ]

    theirs, ours = side("t", 2), side("o", 3)
    began = perf_counter()
    found = rules_of(NEWEST).match(theirs, ours, WINDOW)
    proved = rules_of(NEWEST).prove(found, theirs, ours)
    assert perf_counter() - began < 10
    assert proved.holds
    lines = Counter(each.key for one in found for each in (*one.theirs, *one.ours))
    assert lines == Counter([each.key for each in (*theirs, *ours)])
