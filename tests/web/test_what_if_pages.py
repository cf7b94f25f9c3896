"""What other rules would have changed, and decisions decided again, as a browser uses them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.access.replaying import Difference, Finding, Replayed
from ledger.access.rules.words import Outcome, Reason
from ledger.access.what_if import Flip, Judged, Tally
from ledger.agreements import queries as agreed
from ledger.agreements import service as agreements
from ledger.commands.access import group
from ledger.core import authority
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.web.again import Again
from ledger.web.what_if_words import as_csv, groups, summed
from tests.databases import NewDatabase, running
from tests.given import directory
from tests.given.access import Scene, scene
from tests.given.agreements import signatory
from tests.given.identity import signed_in

PAGE = "/what-if"
LESS = "p, clinician, medicines, care, deny\n"


@pytest.fixture
def app(sqlite_databases: NewDatabase) -> Iterator[Flask]:
    with running(sqlite_databases()) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        yield app


@pytest.fixture
def here(app: Flask) -> Scene:
    here = scene()
    here.ask()
    here.grant()
    here.ask(purpose="HRESCH")
    return here


@pytest.fixture
def steward(app: Flask, here: Scene) -> FlaskClient:
    return signed_in(app, directory.member(Role.STEWARD, at=here.trust))


def reach() -> str:
    return authority.in_force().texts["reach.csv"].decode()


def without_research(here: Scene) -> None:
    """Have the trust draft a next version of the agreement, without the flow for research."""
    drafter = signatory(at=here.trust)
    given = agreed.agreement(db.session(), drafter, here.agreement_id).terms
    flows = tuple(one for one in given.flows if one.key != "RESEARCH")
    with unit_of_work(drafter) as work:
        agreements.amend(work, here.agreement_id, terms=replace(given, flows=flows))


def test_an_edited_copy_of_a_file_shows_who_would_lose(steward: FlaskClient) -> None:
    assert "p, clinician" in steward.get(f"{PAGE}?edit=reach.csv").text
    text = (reach() + LESS).replace("\n", "\r\n")  # As browsers send it.
    shown = steward.post(PAGE, data={"name": "reach.csv", "text": text, "last": "100"}).text
    assert "Of 2 decisions, 1 would be answered otherwise." in shown
    assert shown.count("cl-chart--wide") == 4
    assert "Clinician" in shown
    sent = steward.post(PAGE, data={"name": "reach.csv", "text": text, "last": "100", "as": "csv"})
    assert sent.mimetype == "text/csv"
    (row,) = csv.DictReader(StringIO(sent.text))
    assert (row["category"], row["flip"]) == ("medicines", "lost")


def test_an_uploaded_file_is_tried_and_what_is_none_is_refused(steward: FlaskClient) -> None:
    def upload(name: str, text: bytes) -> str:
        return steward.post(PAGE, data={"file": (BytesIO(text), name), "last": "100"}).text

    assert "1 would be answered otherwise" in upload("reach.csv", (reach() + LESS).encode())
    assert "There is a problem" in upload("reach.csv", b"<script>")
    assert "There is a problem" in upload("../../x", b"a")
    assert "There is a problem" in upload("reach.csv", b"\xff\x00")
    assert "Change a file of the rules" in upload("reach.csv", reach().encode())


def test_an_agreement_is_tried_suspended_and_by_a_version_that_is_only_drafted(
    app: Flask, here: Scene, steward: FlaskClient
) -> None:
    without_research(here)
    suspend, suppose = f"suspend:{here.agreement_id}", f"suppose:{here.agreement_id}:2"
    shown = steward.get(PAGE).text
    assert suspend in shown
    assert suppose in shown
    for choice in (suspend, suppose):
        shown = steward.post(PAGE, data={"agreement": choice, "last": "100"}).text
        assert "Of 2 decisions, 1 would be answered otherwise." in shown, choice
    same = steward.post(PAGE, data={"agreement": f"suppose:{here.agreement_id}:1", "last": "100"})
    assert "Of 2 decisions, 0 would be answered otherwise." in same.text
    assert here.ask(purpose="HRESCH").permits, "nothing has changed"
    body = {"suppose_agreement_id": str(here.agreement_id), "suppose_version": 2}
    found = steward.post("/api/v1/what-if", json=body).get_json()
    assert (found["lost"], found["gained"]) == (1 + 1, 0)
    del body["suppose_version"]
    assert steward.post("/api/v1/what-if", json=body).status_code in {400, 422}
    db.session.rollback()
    run = app.test_cli_runner().invoke(group, ["what-if", "--suppose", str(here.agreement_id), "2"])
    assert "0 gained, 2 lost" in run.output, run.output


@pytest.mark.parametrize(
    "choice",
    ["suspend:x", "suppose:", "end:1", f"suppose:{UUID(int=3)}:1", f"suspend:{UUID(int=3)}", "🙂"],
)
def test_what_is_no_agreement_of_theirs_is_refused(steward: FlaskClient, choice: str) -> None:
    answer = steward.post(PAGE, data={"agreement": choice, "last": "100"})
    assert answer.status_code == 422
    assert "Choose an agreement from the list" in answer.text


def test_who_may_not_does_not_and_how_many_is_bounded(
    app: Flask, here: Scene, steward: FlaskClient
) -> None:
    clinician = signed_in(app, here.clinician)
    assert clinician.get(PAGE).status_code == 403
    for last in ("", "0", "1000000", "x"):
        choice = f"suspend:{here.agreement_id}"
        assert steward.post(PAGE, data={"agreement": choice, "last": last}).status_code == 422
    other = signed_in(app, directory.member(Role.STEWARD))
    without_research(here)
    hidden = f"suppose:{here.agreement_id}:2"
    assert other.post(PAGE, data={"agreement": hidden, "last": "100"}).status_code == 422


def test_a_decision_is_decided_again_from_its_entry(app: Flask, here: Scene) -> None:
    look = here.ask().entry_id
    auditor = signed_in(app, directory.member(Role.AUDITOR))
    page = auditor.get(f"/trail/{look}").text
    found = re.search(r'href="(/trail/[^"]+/again)"', page)
    assert found
    shown = auditor.get(found[1]).text
    assert "The same" in shown
    assert "gives the same answer" in shown
    assert "again" in signed_in(app, here.patient).get(f"/trail/{look}").text
    _, other = directory.patient()
    for client in (signed_in(app, other), signed_in(app, here.clinician)):
        assert client.get(found[1]).status_code in {403, 404}
    assert auditor.get(f"/trail/{uuid4()}/again").status_code == 404


def replayed(finding: Finding, *differences: Difference, why: str | None = None) -> Replayed:
    return Replayed(
        entry_id=UUID(int=1),
        at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        ruleset="ab" * 32,
        outcome=Outcome.DENY,
        reason=Reason.REFUSED,
        finding=finding,
        differences=differences,
        why=why,
    )


def test_each_finding_says_what_it_means(app: Flask) -> None:
    said = {finding: Again.of(replayed(finding)) for finding in Finding}
    assert len({(one.tag, one.words, one.next) for one in said.values()}) == len(Finding)
    assert Again.of(replayed(Finding.NOT_REBUILT, why="The roster is gone.")).words == (
        "The roster is gone."
    )
    differs = replayed(
        Finding.DIFFERS,
        Difference("outcome", "deny", "permit"),
        Difference("alerts", [], ["agreement-suspended"]),
        Difference("agreement_id", None, str(UUID(int=5))),
    )
    rows = Again.of(differs).rows
    assert rows[0] == ("Outcome", "Deny", "Permit") or rows[0][1:] == ("deny", "permit")
    assert rows[1][1] == "Nothing"
    assert rows[2][2] == str(UUID(int=5))


def test_flips_are_told_in_words_the_most_first() -> None:
    tally, trust = Tally(), UUID(int=9)

    def judged(category: str, flip: Flip | None) -> Judged:
        return Judged(
            entry_id=UUID(int=1),
            at=datetime(2026, 3, 2, tzinfo=UTC),
            organisation_id=trust,
            holder_id=trust,
            roles=("clinician",),
            purpose="TREAT",
            category=category,
            was="permit",
            would_be="deny",
            reason="refused",
            flip=flip,
        )

    every = [
        judged("medicines", Flip.GAINED),
        judged("allergies", Flip.LOST),
        judged("allergies", Flip.CHANGED),
        judged("allergies", None),
    ]
    for one in (*every, None):
        tally.add(one)
    assert summed(tally) == (
        "Of 5 decisions, 3 would be answered otherwise; 1 could not be judged, because what they "
        "knew is gone."
    )
    found = {one.name: one for one in groups(tally, {trust: "=cmd()"})}
    assert [row[1:] for row in found["category"].rows] == [("1", "0", "1"), ("0", "1", "0")]
    assert found["organisation"].rows == [("=cmd()", "1", "1", "1")]
    lines = as_csv(every, {trust: "=cmd()"}).splitlines()
    assert len(lines) == 5
    assert "'=cmd()" in lines[1]
    assert lines[4].endswith("unjudged")
