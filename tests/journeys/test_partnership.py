"""A partnership of four organisations, from a template to one party's withdrawal.

Two providers vouch for its people: one for the trust and the surgery, another for the council
and the charity, whose chief lets a colleague sign. By pages in a browser, and by programs on
both kinds of database; everything is in the trail, and each signature has a receipt that holds.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from time import time
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.api.agreements_terms import TermsBody
from ledger.core import clock, publishing, receipts, sequencer
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.trail import EntrySubject, LogEntry
from ledger.core.work import unit_of_work
from ledger.directory.rules.organisations import OrganisationKind
from ledger.edge import provider_links
from ledger.edge.sessions import Authentication, SignedIn
from tests.databases import NewDatabase, running
from tests.edge.provider import CLIENT_ID, Provider, provider
from tests.given import agreements as given
from tests.given.directory import member, organisation
from tests.journeys.conftest import DESKTOP, Server, assert_accessible, serving

LIFE: Final = [
    "agreement.drafted",
    "agreement.proposed",
    "agreement.signed",
    "agreement.signed",
    "agreement.signed",
    "agreement.signed",
    "agreement.activated",
    "agreement.drafted",
    "agreement.proposed",
    "agreement.signed",
    "agreement.signed",
    "agreement.superseded",
    "agreement.activated",
    "agreement.party-withdrawn",
    "agreement.obligations-arisen",
]


@dataclass
class Partnership:
    """Four organisations and who signs for each; the charity's does so by delegation."""

    organisations: list[UUID] = field(default_factory=list)
    people: list[Actor] = field(default_factory=list)

    @classmethod
    def made(cls) -> "Partnership":
        found = cls()
        for name, kind, code in (
            ("Northmoor Demonstration Trust", OrganisationKind.TRUST, "DEMT1"),
            ("Mill Lane Surgery", OrganisationKind.PRACTICE, "DEMS1"),
            ("Eastvale Council", OrganisationKind.COUNCIL, "DEMC1"),
            ("Westfold Community Care", OrganisationKind.VOLUNTARY, "DEMV1"),
        ):
            at = organisation(name, kind, ods_code=code)
            found.organisations.append(at)
            found.people.append(given.signatory(at=at) if code != "DEMV1" else found.delegated(at))
        return found

    @staticmethod
    def delegated(at: UUID) -> Actor:
        """Return a colleague for whom the charity's chief has let go of a week's signing."""
        chief, colleague = member(Role.SIGNATORY, at=at), member(Role.SIGNATORY, at=at)
        behind, today = given.appointed(chief, at=at), clock.civil_date(clock.now())
        with unit_of_work(chief) as work:
            service.delegate(
                work,
                behind,
                person_id=colleague.id,
                position="Deputy director",
                first_day=today,
                last_day=today + timedelta(days=7),
                kinds=frozenset(),
            )
        return colleague


def check_the_trail(
    app: Flask, session: Session, agreement_id: UUID, *, issuers: set[str], refused: int
) -> None:
    """Check what was recorded, who vouched for whom who signed, and that every receipt holds."""
    signers = app.extensions["signers"]
    sequencer.drain(db.engine, signers)
    publishing.publish_now(db.engine)
    session.rollback()  # From here on it sees what was signed just now.
    entry, about = LogEntry, EntrySubject
    rows = session.execute(
        select(entry.id, entry.kind, entry.body)
        .join(about, about.position == entry.position)
        .where(about.subject == f"agreement:{agreement_id}")
        .order_by(entry.position)
    ).all()
    beside = {"agreement.redrafted", "agreement.signing-refused"}
    assert [row.kind for row in rows if row.kind not in beside] == LIFE
    assert sum(row.kind == "agreement.signing-refused" for row in rows) == refused
    for row in rows:
        receipts.receipt_of(session, row.id).verify(bytes(row.body), signers["ledger"].verifier())
    signed = [bytes(row.body).decode() for row in rows if row.kind == "agreement.signed"]
    vouched = [{one for one in issuers if one in body} for body in signed]
    assert [len(found) for found in vouched] == [1] * len(signed)
    assert set().union(*vouched) == issuers


# By programs


ActAs = Callable[[Actor], FlaskClient]


def known(health: str, civic: str) -> str:
    """Return the two providers as the setting names them; both vouch by hardware keys."""
    both = {"client_id": CLIENT_ID, "client_secret": "s" * 32, "levels": {"AAL3": "high"}}
    named = [
        {"slug": "health", "name": "Health sign-in", "issuer": health},
        {"slug": "civic", "name": "Civic sign-in", "issuer": civic},
    ]
    return json.dumps([one | both for one in named])


HEALTH, CIVIC = "https://health.test", "https://civic.test"


@pytest.fixture
def app(new_database: NewDatabase) -> Iterator[Flask]:
    with running(new_database(), oidc_providers=known(HEALTH, CIVIC)) as app:
        yield app


@pytest.fixture
def act_as(app: Flask) -> ActAs:
    """Return a client for whom somebody has signed in, through the provider of their party."""
    who: list[Actor] = []
    parties: list[UUID | None] = []

    def identified() -> None:
        actor = who[-1]
        if actor.organisation_id not in parties:
            parties.append(actor.organisation_id)
        first = parties.index(actor.organisation_id) % 2 == 0
        g.actor = actor
        g.signed_in = SignedIn(
            session_id=uuid4(),
            person_id=actor.id,
            membership_id=actor.membership_id,
            provider="health" if first else "civic",
            authentication=Authentication(
                iss=HEALTH if first else CIVIC,
                sub=str(actor.id),
                acr="AAL3",
                amr=("hwk",),
                auth_time=int(clock.now().timestamp()) - 5,
            ),
        )

    app.before_request_funcs.setdefault(None, []).append(identified)

    def client(actor: Actor) -> FlaskClient:
        who.append(actor)
        return app.test_client()

    return client


def sent(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.json
    return answer


def as_json(*organisations: UUID, **chosen: Any) -> dict[str, Any]:
    body: dict[str, Any] = TermsBody().dump(given.terms(*organisations, **chosen))
    for party in body["parties"]:
        del party["name"]
    return body


def test_by_programs(app: Flask, session: Session, act_as: ActAs) -> None:
    four = Partnership.made()
    ann, *others = four.people
    body = as_json(*four.organisations)
    for place, party in enumerate(body["parties"]):
        party["signs_in_group"] = 1 + (place > 0)
    drafted = sent(act_as(ann).post("/api/v1/agreements", json=body)).json
    root = f"/api/v1/agreements/{drafted['agreement_id']}"
    sent(act_as(ann).put(f"{root}/draft", json=body), 200)
    sent(act_as(ann).post(f"{root}/proposal"), 204)

    def sign(actor: Actor, number: int, status: int = 201) -> Any:
        shown: Any = act_as(actor).get(f"{root}/versions/{number}").json
        given_hash = {"document_sha256": shown["document_sha256"]}
        answer = act_as(actor).post(f"{root}/versions/{number}/signatures", json=given_hash)
        return sent(answer, status).json

    assert sign(others[0], 1, 409)["type"] == "/problems/signing-out-of-order"
    assert [sign(actor, 1)["in_force"] for actor in four.people] == [False, False, False, True]
    first, *rest = body["flows"]
    body["flows"] = [{**first, "categories": ["medicines"]}, *rest]
    for party in body["parties"]:
        party["signs_in_group"] = 1 + (party != body["parties"][0])
    sent(act_as(ann).post(f"{root}/versions", json=body))
    sent(act_as(ann).post(f"{root}/proposal"), 204)
    assert sign(others[2], 2, 409)["type"] == "/problems/signature-not-asked"
    sign(ann, 2)
    assert sign(others[0], 2)["in_force"] is True
    leaves = clock.civil_date(clock.now()) + timedelta(days=90)
    noticed = sent(act_as(others[1]).post(f"{root}/notices", json={"leaves_on": str(leaves)}))
    assert noticed.json["last_day"] > str(leaves)
    shown: Any = act_as(ann).get(root).json
    assert shown["state"] == "active"
    agreement_id = UUID(drafted["agreement_id"])
    check_the_trail(app, session, agreement_id, issuers={HEALTH, CIVIC}, refused=2)


# By pages


@dataclass
class Two:
    """Two providers, and who comes from each."""

    first: Provider
    second: Provider


@pytest.fixture
def two() -> Iterator[Two]:
    with provider() as first, provider() as second:
        yield Two(first, second)


@pytest.fixture
def served(sqlite_databases: NewDatabase, two: Two) -> Iterator[Server]:
    chosen = {"oidc_providers": known(two.first.url, two.second.url), "demonstration": True}
    with serving(sqlite_databases(), **chosen) as made:
        yield made


class Pages:
    """Everybody in a browser of their own, signed in through their provider."""

    def __init__(self, server: Server, browser: Browser, two: Two, four: Partnership) -> None:
        self.pages: list[Page] = []
        for place, actor in enumerate(four.people):
            slug, where = ("health", two.first) if place < 2 else ("civic", two.second)
            context = browser.new_context(base_url=server.url, viewport=DESKTOP)  # type: ignore[arg-type]
            page = context.new_page()
            page.set_default_timeout(10_000)
            subject, now_s = f"person-{place}", int(time())
            provider_links.link(where.url, subject, actor.id)
            where.changes = {
                "sub": subject,
                "sid": f"session-{place}",
                "iat": now_s,
                "exp": now_s + 300,
                "auth_time": now_s,
            }
            page.goto(f"/sign-in/{slug}")
            page.wait_for_selector("text=Sign out")
            self.pages.append(page)

    def close(self) -> None:
        for page in self.pages:
            page.context.close()


def sign(page: Page, address: str, says: str) -> None:
    page.goto(address)
    assert says in page.locator(".nhsuk-inset-text").inner_text()
    page.get_by_label("I state this").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    page.wait_for_selector("text=You have signed")


@pytest.mark.real_time
def test_by_pages(served: Server, browser: Browser, two: Two) -> None:
    four = Partnership.made()
    everybody = Pages(served, browser, two, four)
    ann, surgery, council, charity = everybody.pages
    with unit_of_work(four.people[0]) as work:  # What a program drafted, people look through.
        drafted = service.draft(work, terms=given.terms(*four.organisations))
    root = f"/agreements/{drafted.agreement_id}"
    ann.goto(f"{root}/draft")
    ann.get_by_role("link", name="Change who is party, who leads, and who signs when").click()
    for place in (2, 3, 4):
        ann.fill(f"#group_{place}", "2")
    ann.get_by_role("button", name="Save").click()
    ann.get_by_role("button", name="Propose to the parties").click()
    ann.wait_for_selector("text=its parties can sign it")

    surgery.goto(f"{root}/sign")
    surgery.wait_for_selector("text=You cannot sign this now")
    sign(ann, f"{root}/sign", "for Northmoor Demonstration Trust.")
    surgery.goto("/")
    surgery.get_by_role("link", name="Falls pathway").click()
    sign(surgery, f"{root}/sign", "for Mill Lane Surgery.")
    sign(council, f"{root}/sign", "for Eastvale Council.")
    sign(charity, f"{root}/sign", "by authority delegated from its Chief executive")
    assert "In force" in charity.inner_text("main")

    ann.goto(root)
    ann.get_by_role("button", name="Draft the next version").click()
    ann.get_by_role("button", name=re.compile("Demonstration Trust gives Mill Lane")).click()
    ann.wait_for_selector("text=Nothing is missing")
    ann.get_by_role("button", name="Propose to the parties").click()
    ann.goto(f"{root}/changes?version=2")
    assert_accessible(ann)
    assert ann.get_by_text("Need not sign").count() == 2
    council.goto(f"{root}/sign")
    council.wait_for_selector("text=Nothing in this version concerns your organisation")
    sign(ann, f"{root}/sign", "version 2")
    sign(surgery, f"{root}/sign", "version 2")

    council.goto(f"{root}/leave")
    council.get_by_role("button", name="Give notice").click()
    council.wait_for_selector("text=You have given notice")
    assert_accessible(council)
    everybody.close()
    session = db.session()
    issuers = {two.first.url, two.second.url}
    check_the_trail(served.app, session, drafted.agreement_id, issuers=issuers, refused=0)
    shown = queries.agreement(session, four.people[0], drafted.agreement_id)
    assert [party for party, _ in shown.leaving] == [four.organisations[2]]
