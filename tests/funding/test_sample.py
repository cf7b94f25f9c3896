"""The sample pool: a real budget's figures through the commands, and every figure adds up."""

import csv
import shutil
import subprocess
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.as_said import LogNotThatLong
from ledger.directory.rules.organisations import OrganisationKind
from ledger.funding.export import hledger
from ledger.funding.queries import as_of, pools, proposals, statements, transactions
from ledger.funding.rules.statement import PartnerLine
from ledger.sample import fund_terms
from ledger.sample import funding as sample
from tests.conftest import Sequenced
from tests.given import agreements, directory


@pytest.fixture
def cast(session: Session) -> sample.Cast:
    organisations = {
        "board": directory.organisation(kind=OrganisationKind.BOARD),
        "council": directory.organisation(kind=OrganisationKind.COUNCIL),
        "trust": directory.organisation(),
        "carers": directory.organisation(kind=OrganisationKind.VOLUNTARY),
    }
    today = clock.civil_date(clock.now())
    terms = fund_terms.fund_terms(organisations, today)
    parties = [organisations[key] for key in fund_terms.AGREED_MINOR]
    return sample.Cast(
        agreement_id=agreements.active(*parties, given=terms),
        data_agreement_id=None,
        manager=directory.member(Role.POOL_MANAGER, at=organisations["board"]),
        approver=directory.member(Role.FINANCE_LEAD, at=organisations["board"]),
        organisations=organisations,
    )


def test_the_sample_pool_adds_up_from_the_real_figures(
    session: Session, cast: sample.Cast, sequenced: Sequenced, tmp_path: Path
) -> None:
    pool_id = sample.run(cast, clock.civil_date(clock.now()))
    pool = pools.pool(session, cast.manager, pool_id)
    said = statements.statement_now(session, pool)

    months = range(11)  # April to February: the clock says 2 March.
    real_minor = sum(one.amount_minor for one in sample.spent() if one.month in months)
    assert said.spent_minor == real_minor == 56_948_070_81
    assert said.agreed_minor == 185_000_000_00 == sum(
        (said.unallocated_minor, said.reserve_minor, said.available_minor, said.committed_minor,
         said.spent_minor, said.lapsed_minor)
    )  # fmt: skip
    by_scheme = {(s.title, s.place): said.schemes[s.id].budget_minor for s in pool.schemes}
    assert sum(by_scheme.values()) == sum(sample.DIVIDED_MINOR.values())
    assert by_scheme["Learning disability", "Leeds"] == 61_657_540_76
    assert said.partners_total == PartnerLine.total(said.partners.values())
    assert said.partners_total.spent_minor == said.spent_minor
    assert said.partners_total.cash_minor == said.cash_minor
    newest = sum(one.amount_minor for one in sample.spent() if one.month == 10)
    assert sum(said.providers.values()) == newest
    assert (
        sum(p.transaction.postings[0].amount_minor for p in proposals.waiting(session, pool))
        == newest
    )
    assert len(statements.spent_by_month(session, pool)) == 11

    sequenced()
    session.rollback()  # To see what was sequenced meanwhile.
    size = as_of.log_size(session)
    assert statements.statement_at_size(session, pool, size) == said
    assert statements.statement_at_size(session, pool, 1).agreed_minor == 0
    with pytest.raises(LogNotThatLong):
        statements.statement_at_size(session, pool, size + 1)
    if shutil.which("hledger"):
        journal = tmp_path / "pool.journal"
        names = {scheme.id: scheme.label for scheme in pool.schemes}
        every = transactions.every_transaction(session, pool)
        journal.write_text(hledger(every, names, "GBP", "Sample"))
        subprocess.run(["hledger", "check", "--strict", "-f", str(journal)], check=True)  # noqa: S607


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 3, 2), date(2025, 4, 1)),
        (date(2026, 6, 30), date(2025, 4, 1)),
        (date(2026, 7, 1), date(2026, 4, 1)),
    ],
)
def test_the_year_that_is_told_has_three_months_behind_it(today: date, start: date) -> None:
    assert fund_terms.year_start(today) == start


def test_our_data_states_the_real_figures(real_data: Path) -> None:
    with (real_data / "funding/leeds_pooled_budget_monthly.csv").open() as file:
        year = [r for r in csv.DictReader(file) if "2012-04" <= r["month"] <= "2013-03"]
    real = sorted(Fraction(row["amount_gbp"]) * 100 for row in year)
    assert sorted(Fraction(one.amount_minor) for one in sample.spent()) == real
    with (real_data / "funding/nhs_weighted_population_by_icb_place.csv").open() as file:
        places = {
            row["upper_tier_authority"]: Fraction(row["weighted_population"])
            for row in csv.DictReader(file)
            if row["icb"] == "NHS West Yorkshire ICB"
        }
    assert sample.populations() == places
