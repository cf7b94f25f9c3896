"""What an agreement says follows an overspend, and whether its board's vote stands alone."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from audit.values import from_json, to_json
from ledger.agreements import queries, service
from ledger.agreements.entries import AgreementDraftedV1
from ledger.agreements.rules import odrl_in, odrl_out
from ledger.agreements.rules.checks import faults
from ledger.agreements.rules.fund import FundTermsV1, OverspendTerms
from ledger.agreements.rules.odrl_in import UnreadableOdrl
from ledger.agreements.rules.template import TemplateRef
from ledger.agreements.rules.terms import Terms, TermsV1
from ledger.api.agreements_terms import TermsBody
from ledger.core import clock
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.funding import schedule
from ledger.funding.overspend import queries as overspends
from ledger.funding.terms import fund_on
from ledger.governance.motions import queries as motions
from ledger.governance.motions.service import execute
from tests.directory.conftest import ActAs, form
from tests.funding.test_overspend import TODAY
from tests.given import agreements, directory
from tests.given.funding import GivenPool, accrued, allocated, pool, posted
from tests.given.motions import allocation, board_of, passed

SAID = OverspendTerms(notice_days=3, plan_days=10, warning_percent=Fraction(5, 2))


def fund(**chosen: Any) -> Terms:
    terms = agreements.fund_terms(directory.organisation(), directory.organisation())
    assert terms.fund is not None
    return replace(terms, fund=replace(terms.fund, **chosen))


def drafted(terms: Terms) -> UUID:
    with unit_of_work(agreements.signatory(at=terms.parties[0].organisation_id)) as work:
        return service.draft(work, terms=terms).agreement_id


def test_the_text_says_it_and_it_comes_back_whole(session: Session) -> None:
    terms = fund(overspends=SAID, board_decides=False)
    reader = agreements.signatory(at=terms.parties[0].organisation_id)
    shown = queries.version(session, reader, drafted(terms), 1)
    (clause,) = [one for one in shown.document.clauses if one.states == "overspends"]
    assert "why within 3 days" in clause.text
    assert "plan within 10 days" in clause.text
    assert "more than 2.5% above" in clause.text
    assert "voted for: whoever approves it otherwise" in shown.document.text
    assert shown.terms.fund == terms.fund
    sent = odrl_out.write(terms, agreement_id=UUID(int=1), version=1, document_sha256="0" * 64)
    assert odrl_in.read(sent).fund == terms.fund
    assert TermsBody().load(_sendable(TermsBody().dump(terms))).fund == terms.fund


def _sendable(dumped: Any) -> Any:
    for party in dumped["parties"]:
        del party["name"]
    return dumped


@pytest.mark.parametrize("percent", ["1e999999999", "-1", "101", "1/0", "", " 2", 2, None, "nan"])
def test_a_hostile_percentage_is_refused(session: Session, percent: object) -> None:
    terms = fund(overspends=SAID)
    sent = odrl_out.write(terms, agreement_id=UUID(int=1), version=1, document_sha256="0" * 64)
    sent["ledger:fund"]["overspends"]["warning_percent"] = percent
    with pytest.raises(UnreadableOdrl):
        odrl_in.read(sent)
    body = _sendable(TermsBody().dump(terms))
    body["fund"]["overspends"]["warning_percent"] = percent
    assert "overspends" in TermsBody().validate(body)["fund"]


def test_what_cannot_be_kept_to_is_a_fault(session: Session) -> None:
    bad = OverspendTerms(notice_days=0, plan_days=999, warning_percent=Fraction(101))
    terms = fund(overspends=bad)
    reader = agreements.signatory(at=terms.parties[0].organisation_id)
    shown = queries.version(session, reader, drafted(terms), 1)
    today = clock.civil_date(clock.now())
    assert len(faults(shown.document, shown.terms, today=today)) == 3


def test_what_was_written_before_reads_as_not_said(session: Session, tmp_path: Path) -> None:
    now = fund()
    assert now.fund is not None
    names = FundTermsV1.__dataclass_fields__
    then = FundTermsV1(**{name: getattr(now.fund, name) for name in names})
    said = {name: getattr(now, name) for name in TermsV1.__dataclass_fields__}
    old = TermsV1(**{**said, "fund": then})
    assert from_json(Terms, to_json(old)) == now
    agreement_id, partner = new_id(), now.parties[0].organisation_id
    reader = agreements.signatory(at=partner)
    kept = queries.version(session, reader, drafted(now), 1)
    with unit_of_work(reader) as work:
        work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=old.party_ids))
        work.record(
            AgreementDraftedV1(
                agreement_id=agreement_id,
                number=1,
                drafter_id=partner,
                terms=old,
                template=TemplateRef(name="t", version=1, sha256="0" * 64),
                document_sha256=kept.document_sha256,
                labels=(),
            )
        )
    assert queries.version(session, reader, agreement_id, 1).terms == now
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    assert replay(db.engine, copy).differences == []
    copy.dispose()


def warned(given: GivenPool) -> int:
    """Spend £61 of £100 in 61 of 365 days: the forecast is £365."""
    allocated(given, first=100_00)
    accrued(given, 61_00)
    db.session.rollback()
    return schedule.warn()


def test_the_clock_keeps_the_agreements_days(session: Session) -> None:
    given = pool(overspends=SAID)
    allocated(given, first=100_00)
    accrued(given, 200_00)
    db.session.rollback()
    assert {job.name: job.run for job in schedule.JOBS}["pools overspends"]() == 1
    one = overspends.overspend(db.session(), given.view, given.schemes[0])
    assert (one.notice_by, one.plan_by) == (TODAY + timedelta(3), TODAY + timedelta(10))


def test_a_forecast_warns_by_the_agreements_percentage(session: Session) -> None:
    assert warned(pool(overspends=replace(SAID, warning_percent=Fraction(100)))) == 1
    given = pool(overspends=replace(SAID, warning_percent=Fraction(100)))
    allocated(given, first=200_00)
    assert warned(given) == 0  # £365 of £300 is less than twice.
    usual = fund_on(db.session(), pool().agreement_id, TODAY)
    assert usual.overspends == OverspendTerms()
    assert usual.board_decides


def test_the_form_of_a_draft(app: Any, act_as: ActAs, session: Session) -> None:
    terms = fund()
    drafter = agreements.signatory(at=terms.parties[0].organisation_id)
    agreement_id = drafted(terms)
    client, address = act_as(drafter), f"/agreements/{agreement_id}/draft"
    page = {"headers": {"Accept": "text/html"}}
    assert "The draft does not say" in client.get(address, **page).text
    good = {"notice_days": "7", "plan_days": "21", "warning_percent": "1.5", "board_decides": "no"}
    for name, bad in (
        ("notice_days", "0"),
        ("notice_days", "٣"),
        ("plan_days", "9" * 5000),
        ("warning_percent", "1e9"),
        ("board_decides", "perhaps"),
    ):
        answer = client.post(f"{address}/overspends", data=form(**{**good, name: bad}), **page)
        assert answer.status_code == 422
    answer = client.post(f"{address}/overspends", data=form(**good), **page)
    assert answer.status_code == 303
    shown = client.get(address, **page).text
    assert "why within 7 days" in shown
    assert "1.5%" in shown
    assert 'value="7"' in client.get(f"{address}/overspends", **page).text


def test_where_a_vote_does_not_stand_alone_what_it_decides_waits(session: Session) -> None:
    steps = (("allocation", None, "every partner's chief finance officer"),)
    given = pool(steps=steps, board_decides=False)
    made = board_of(given)
    motion_id = passed(made, **allocation(given, 100_00))
    posted(made.members[0], execute, motion_id)
    assert motions.motion(db.session(), made.members[0], motion_id, on=TODAY).waiting
