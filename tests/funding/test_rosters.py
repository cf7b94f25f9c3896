"""Paying by kept rosters, through HTTP and commands; what a file may not hold; real practices."""

import csv
import io
from datetime import date
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.directory import queries as directory_queries
from ledger.directory import service as directory_service
from ledger.funding.evidence import service as evidence
from ledger.funding.models import PoolPosting, PoolTransaction
from ledger.funding.reversing import run as reverse_due
from ledger.funding.rules.chart import Head
from ledger.funding.rules.rosters import Purpose
from ledger.funding.service import capitation, pools, rosters
from tests.conftest import NOW
from tests.directory.conftest import ActAs
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, held, posted

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def kept(given: GivenPool, text: str, purpose: Purpose = Purpose.ROSTER) -> str:
    return posted(
        given.manager,
        evidence.keep,
        given.id,
        content=text.encode(),
        media_type="text/csv",
        purpose=purpose,
        reference="Roster of January",
    ).digest


def paid_by(given: GivenPool, digest: str, **chosen: Any) -> Any:
    said = {
        "scheme_id": given.schemes[0],
        "month": JANUARY,
        "roster_digest": digest,
        "withhold_rate": Fraction(1, 10),
        "rate_minor": Fraction("125.5"),
        "reference": "January",
        **chosen,
    }
    return posted(given.manager, rosters.run, given.id, **said)


def practices(given: GivenPool, codes: list[str]) -> None:
    """Register organisations by their codes, and make them providers of the pool."""
    rows = "".join(f"{code},Practice {code},gp_practice\n" for code in codes)
    posted(
        Actor.system("operator"),
        directory_service.import_organisations,
        content=f"ods code,name,kind\n{rows}".encode(),
    )
    for start in range(0, len(codes), 500):

        def add(work: Any, some: list[str] = codes[start : start + 500]) -> None:
            for code in some:
                view = directory_queries.organisation_by_code(work.session, code)
                assert view is not None
                pools.add_provider(work, given.id, provider_id=view.id)

        posted(given.manager, add)


def test_a_roster_is_previewed_paid_and_corrected(
    session: Session, act_as: ActAs, given: GivenPool
) -> None:
    client = act_as(given.manager)
    path, provider = f"/api/v1/pools/{given.id}", given.provider
    text = f"provider,members,stratum\n{provider},100.5,young\n{provider},40,old\n"
    where = f"{path}/evidence?purpose=roster&reference=January"

    def send(text: str, **said: Any) -> Any:
        return client.post(where, data=text, content_type=said.get("content_type", "text/csv"))

    answer = send(text)
    assert answer.status_code == 201, answer.json
    digest = answer.json["digest"]
    assert send(text).json == {"digest": digest, "again": True}
    body = {
        "scheme_id": str(given.schemes[0]),
        "month": "2026-01-09",
        "roster_digest": digest,
        "rate_minor": "100.5",
        "withhold_rate": "1/10",
        "reference": "January",
    }
    run = f"{path}/capitation/by-roster"
    foreseen: Any = client.post(run, json={**body, "preview": True})
    assert foreseen.status_code == 200, foreseen.json
    assert foreseen.json["items"][0]["overspent_minor"] == 14_120  # 140.5 at 100.5, half-even.
    assert session.scalar(select(func.count()).select_from(PoolTransaction)) == 3
    session.rollback()
    assert client.post(run, json=body).status_code == 201
    assert held(session, given, Head.SPENT, given.schemes[0]) == 14_120
    session.rollback()

    fewer = send(f"provider,members,stratum\n{provider},90.5,young\n{provider},40,old\n").json
    mend = {**body, "months": ["2026-01-01"], "roster_digest": fewer["digest"]}
    del mend["month"]
    corrected: Any = client.post(f"{path}/capitation/corrections/by-roster", json=mend)
    assert corrected.status_code == 201, corrected.json
    assert held(session, given, Head.SPENT, given.schemes[0]) == 14_120 - 1_005
    session.rollback()
    again: Any = client.post(f"{path}/capitation/corrections/by-roster", json=mend)
    assert again.status_code == 422  # The last correction's roster is what it is compared with.

    listed: Any = client.get(f"{path}/evidence").json
    assert {one["digest"] for one in listed["items"]} == {digest, fewer["digest"]}
    auditor = act_as(directory.member("auditor"))  # type: ignore[arg-type]
    got = auditor.get(f"{path}/evidence/{digest}")
    assert got.data == text.encode()
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert auditor.get(f"{path}/evidence/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("text", "slug", "says"),
    [
        ("provider,members\nA,1\nB,x\nC,-3\n", "rows-refused", "line 3, members"),
        ("provider,members\nA,1\nA,2\n", "rows-refused", "line 3, provider"),
        ("provider,members,nhs number\nA,1,9990000018\n", "evidence-has-more", "columns"),
        ("provider,members\n9990000018,1\n", "evidence-personal", ""),
        ("provider\nA\n", "unreadable-table", ""),
        ("", "evidence-refused", ""),
        ("\x00\xff", "unreadable-table", ""),
    ],
)
def test_what_a_roster_may_not_be(
    act_as: ActAs, given: GivenPool, text: str, slug: str, says: str
) -> None:
    answer: Any = act_as(given.manager).post(
        f"/api/v1/pools/{given.id}/evidence?purpose=roster&reference=x",
        data=text.encode(),
        content_type="text/csv",
    )
    assert answer.status_code == 422, answer.json
    assert answer.json["type"].endswith(slug), answer.json
    assert says in str(answer.json)


def test_evidence_of_another_pool_or_purpose_is_none(given: GivenPool) -> None:
    digest = kept(given, "place,weighted population\nLeeds,5\n", Purpose.POPULATIONS)
    with pytest.raises(evidence.EvidenceNotKept):
        paid_by(given, digest)
    with pytest.raises(evidence.EvidenceRefused):
        posted(
            given.manager,
            evidence.keep,
            given.id,
            content=b"<script>",
            media_type="text/html",
            purpose=Purpose.OUTCOME,
            reference="x",
        )
    stranger = kept(given, "provider,members\nY99999,5\n")
    with pytest.raises(Exception, match="not right") as refused:
        paid_by(given, stranger)
    assert "Y99999" in refused.value.faults[0].field  # type: ignore[attr-defined]
    with pytest.raises(capitation.NotCapitated):
        posted(
            given.manager,
            rosters.correct,
            given.id,
            scheme_id=given.schemes[0],
            months=[FEBRUARY],
            roster_digest=kept(given, f"provider,members\n{given.provider},5\n"),
            withhold_rate=Fraction(0),
            rate_minor=Fraction(1),
            reference="x",
        )


def test_an_amount_is_divided_between_places_by_kept_need(
    session: Session, given: GivenPool
) -> None:
    text = "icb,upper_tier_authority,practices,population,weighted_population\n"
    text += "One,Leeds,24,10,1\nTwo,Leeds,2,10,1\nOne,Kent,3,9,1\nOne,York,1,9,70\n"
    digest = kept(given, text, Purpose.POPULATIONS)
    places = [
        posted(given.manager, pools.add_scheme, given.id, title="Falls", place=place)
        for place in ("Leeds", "Kent")
    ]
    said = {"title": "Falls", "total_minor": 100_01, "populations_digest": digest}
    posted(given.manager, rosters.divide_by_need, given.id, reference="Board", **said)
    assert [held(session, given, Head.AVAILABLE, one) for one in places] == [66_67, 33_34]
    session.rollback()
    posted(given.manager, pools.add_scheme, given.id, title="Falls", place="Hull")
    with pytest.raises(Exception, match="without a population"):
        posted(given.manager, rosters.divide_by_need, given.id, reference="Board", **said)


def test_an_accrual_of_the_periods_end_is_undone_in_the_next(
    session: Session,
    act_as: ActAs,
    given: GivenPool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allocated(given, first=100_00)
    body = {
        "scheme_id": str(given.schemes[0]),
        "provider_id": str(given.provider),
        "amount_minor": 12_00,
        "reference": "Not invoiced yet",
    }
    answer: Any = act_as(given.manager).post(
        f"/api/v1/pools/{given.id}/accruals/reversing", json=body
    )
    assert answer.status_code == 201, answer.json
    assert answer.json["reversed_on"] == "2027-01-01"
    assert reverse_due() == 0
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2027))
    assert reverse_due() == 0  # There is no period for that day yet.
    days = {"first_day": date(2027, 1, 1), "last_day": date(2027, 12, 31)}
    posted(given.manager, pools.open_period, given.id, **days)
    assert reverse_due() == 1
    assert reverse_due() == 0
    assert held(session, given, Head.PAYABLE, given.provider) == 0
    undoing = session.scalars(
        select(PoolTransaction).where(PoolTransaction.reverses.is_not(None))
    ).one()
    assert undoing.effective_on == date(2027, 1, 1)
    assert UUID(answer.json["transaction_id"]) == undoing.reverses
    accrued(given, 12_00, effective_on=date(2027, 1, 9))


def test_three_hundred_practices_are_paid_to_the_penny(session: Session, given: GivenPool) -> None:
    check_run(session, given, {f"P{n:05}": Fraction(n * 7 % 997 + 1, 8) for n in range(300)})


@pytest.mark.soak
def test_every_practice_of_england_is_paid_to_the_penny(
    session: Session, given: GivenPool, real_data: Path, record_property: Any
) -> None:
    path = real_data / "funding" / "nhs_gp_weighted_populations_2024_25.csv"
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    weights = {
        row["Practice_Code"]: Fraction(row["Final WP"]).limit_denominator(10**6) for row in rows
    }
    assert len(weights) == 6_553
    taken = check_run(session, given, weights)
    record_property(f"{session.get_bind().dialect.name}_seconds", round(taken, 1))
    assert taken < 120  # A month of England in two minutes, on a slow machine.


def check_run(session: Session, given: GivenPool, weights: dict[str, Fraction]) -> float:
    """Pay every practice by its weight; return the seconds that the run took."""
    practices(given, list(weights))
    text = io.StringIO()
    csv.writer(text).writerows(
        [("practice code", "weighted population")]
        + [(code, f"{float(weight):.6f}") for code, weight in weights.items()]
    )
    digest = kept(given, text.getvalue())
    began = perf_counter()
    outcomes = paid_by(given, digest)
    taken = perf_counter() - began
    exact = sum(Fraction(f"{float(one):.6f}") for one in weights.values()) * Fraction("125.5")
    assert held(session, given, Head.SPENT, given.schemes[0]) == round(exact)
    legs = session.execute(
        select(PoolPosting.transaction_id, func.count().label("n")).group_by(
            PoolPosting.transaction_id
        )
    ).all()
    assert max(one.n for one in legs) <= 2 * capitation.PROVIDERS_AT_ONCE + 3
    fewest, most = -(-len(weights) // capitation.PROVIDERS_AT_ONCE), -(-len(weights) // 75)
    assert fewest <= len(outcomes) <= most  # As many as an entry has room for.
    by_head = {Head.PAYABLE: 0, Head.WITHHOLD: 0}
    for account, (before, after) in [x for one in outcomes for x in one.moved.items()]:
        if account.head in by_head:
            by_head[account.head] += after - before
    assert -sum(by_head.values()) == round(exact)
    assert -by_head[Head.WITHHOLD] == round(Fraction(round(exact), 10))
    return taken
