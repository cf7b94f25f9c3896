"""The trail as people read it."""

import re
from html import unescape
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from audit import Receipt
from audit.verify import verify
from ledger.commands.log import group
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.filters import Filter
from ledger.core.ids import new_id
from ledger.core.reading import search
from ledger.core.work import unit_of_work
from ledger.web.trail_facts import recorded
from ledger.web.trail_words import kind_choices, kind_words
from tests.conftest import Sequenced
from tests.core.given import register_organisation
from tests.given import consent, directory
from tests.given.identity import signed_in
from tests.trail.given import AUDITOR, tamper


@pytest.fixture
def auditor(app: Flask) -> Actor:
    return directory.member(Role.AUDITOR)


def newest(kind: str) -> UUID:
    with unit_of_work(AUDITOR) as work:
        found = search(work, which=Filter(kind=kind), limit=1).entries[0].id
    db.session.rollback()
    return found


def told(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_kinds_are_said_in_words() -> None:
    assert kind_words("directory.organisation-registered") == (
        "An organisation was added to the directory"
    )
    assert kind_words("never.heard-of") == "never: heard of"
    choices = dict(kind_choices())
    assert choices["directory"] == "Everything: directory"
    assert all(words.strip() for words in choices.values())


def test_an_auditor_searches_and_opens(app: Flask, auditor: Actor, sequenced: Sequenced) -> None:
    sequenced()
    client = signed_in(app, auditor)

    page = told(client.get("/trail?kind=directory&since=2026-03-02&until=2026-03-02"))
    assert "An organisation was added to the directory" in page
    assert "No entry fits" in told(client.get("/trail?kind=directory&until=2026-03-01"))

    entry_id = newest("directory.organisation-registered")
    entry = told(client.get(f"/trail/{entry_id}"))
    assert "Download the receipt" in entry
    assert "not what the log signed" not in entry
    assert "Kept apart" not in entry
    assert "Kept apart" in told(client.get(f"/trail/{newest('directory.person-registered')}"))

    receipt = client.get(f"/trail/{entry_id}/receipt").text
    body = client.get(f"/trail/{entry_id}/bytes").data
    key = app.extensions["signers"]["ledger"].verifier()
    assert Receipt.from_text(receipt).verify(body, key).size
    assert "the log has not signed it yet" in told(client.get(f"/trail/{newest('trail.read')}"))


def test_an_entry_is_said_in_words_and_the_rest_is_left_to_its_bytes(
    app: Flask, auditor: Actor
) -> None:
    trust, council = directory.organisation(), directory.organisation()
    patient, agreement_id = consent.shared(trust, council)
    consent.granted(patient, agreement_id, to=council)

    page = told(signed_in(app, auditor).get(f"/trail/{newest('consent.granted')}"))
    shown, _, hashed = page.partition("The entry as it is hashed")
    facts = re.sub(r"<[^>]*>", " ", shown)
    for words in ("Used for", "Looking after you", "Said by", "The patient", "This agreement"):
        assert words in facts
    for opaque in (str(patient.patient_id), str(agreement_id)):
        assert opaque[-8:] not in facts
        assert opaque in hashed
    for absent in ("Statement", "Rules in force", "{", "&#34;"):
        assert absent not in facts


def test_only_what_has_words_is_listed(app: Flask) -> None:
    some, other = "0190a1b2-0000-7000-8000-000000000001", "0190a1b2-0000-7000-8000-000000000002"
    data = {
        "host_id": some,
        "pool_id": other,
        "organisation_ids": [some, other],
        "party_ids": [some],
        "transaction": {"lines": []},
        "document_sha256": "ab" * 32,
        "filters": [f"id={other}"],
        "overspent_minor": 123456,
        "ring_fenced": False,
        "first_day": "2026-04-01",
        "until_on": "2026-13-99",
        "reason": "changed-mind",
        "name": "falls",
        "purpose": "HRESCH",
        "category": "medicines",
        "role": None,
    }
    with app.test_request_context():
        lines = [(line.label, line.words) for line in recorded(data, {some: "A trust"})]
    assert lines == [
        ("Host", "A trust"),
        ("Party", "A trust"),
        ("Overspent", "£1,234.56"),
        ("Ring fenced", "No"),
        ("First day", "1 April 2026"),
        ("Until", "2026-13-99"),
        ("Reason", "Changed mind"),
        ("Name", "falls"),
        ("Purpose", "Research"),
        ("Category", "Your medicines"),
    ]


def test_older_entries_are_a_link_away(app: Flask, auditor: Actor) -> None:
    for _ in range(60):
        register_organisation()
    client = signed_in(app, auditor)

    first = told(client.get("/trail?kind=directory.organisation-registered"))
    older = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)
    assert older is not None
    second = told(client.get(unescape(older.group(1))))
    rows = [page.count('role="rowheader"') for page in (first, second)]
    assert rows == [50, 11]
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("subject=9990000018", "Give it as patient:&lt;id&gt;"),
        ("actor=x", "Give it as person:&lt;id&gt;"),
        ("kind=X", "Give it as area.past-participle"),
        ("since=yesterday", "Choose a day"),
        ("since=2026-03-02&until=2026-03-01", "Give a moment after"),
        ("log=other", "Give one of"),
    ],
)
def test_a_bad_search_says_what_is_wrong(app: Flask, auditor: Actor, query: str, said: str) -> None:
    answer = signed_in(app, auditor).get(f"/trail?{query}")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert said in answer.text


def test_a_bundle_is_taken_away_once(app: Flask, auditor: Actor, sequenced: Sequenced) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sequenced()
    client = signed_in(app, auditor)
    form = {"kind": "directory", "recipient": "The board", "once": "a-token-of-this-form"}

    answer = client.post("/trail/bundle", data=form)
    assert answer.content_type == "application/zip"
    assert verify(BytesIO(answer.data)).statement.recipient == "The board"
    assert client.post("/trail/bundle", data=form).status_code == 409

    answer = client.post("/trail/bundle", data={**form, "recipient": " ", "once": "another-one"})
    assert answer.status_code == 422
    assert "Say who gets it, in 1 to 200 characters" in answer.text


def test_an_entry_that_was_forged_is_shown_as_such(
    app: Flask, auditor: Actor, sequenced: Sequenced
) -> None:
    sequenced()
    entry_id = newest("directory.organisation-registered")
    for body in (b"not an entry", b'{"about":["person:x",1],"data":[],"private":7}', b"[]"):
        tamper("entries", "UPDATE entries SET body = :b, actor = 'person:x'", b=body)
        page = told(signed_in(app, auditor).get(f"/trail/{entry_id}"))
        assert "This is not what the log signed" in page
        told(signed_in(app, auditor).get("/trail"))


def test_others_have_no_trail_but_their_own_entries(app: Flask, auditor: Actor) -> None:
    steward = directory.member(Role.STEWARD)
    client = signed_in(app, steward)
    assert client.get("/trail").status_code == 403
    entry_id = newest("directory.organisation-registered")
    assert client.get(f"/trail/{entry_id}").status_code in (403, 404)


def test_everybody_finds_what_concerns_them_and_takes_it_away(
    app: Flask, sequenced: Sequenced
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    trust = directory.organisation()
    _, patient = directory.patient(at=trust)
    sequenced()
    app.test_cli_runner().invoke(group, ["commit-heads"])
    sequenced()
    client = signed_in(app, patient)
    assert 'href="/trail/mine"' in told(client.get("/"))
    assert 'href="/trail/mine"' in told(client.get("/my/choices"))

    page = told(client.get("/trail/mine"))
    assert "What was recorded about you" in page
    subject = f"patient:{patient.patient_id}"
    assert re.findall(r'<option value="((?:patient|organisation):[^"]*)"', page) == [subject]

    def taken(**fields: str) -> TestResponse:
        sent = {"of": "mine", "log": "ledger", "subject": subject, "once": new_id().hex, **fields}
        return client.post("/trail/bundle", data=sent)

    nobody = taken(recipient="")
    assert nobody.status_code == 422
    assert "Say who gets it" in nobody.text
    assert "Keep a copy" in nobody.text
    found = verify(BytesIO(taken(recipient="Myself").data))
    assert found.completeness is not None
    assert found.completeness.subject == subject
    theirs = f"patient:{directory.patient(at=trust)[1].patient_id}"
    assert taken(recipient="Myself", subject=theirs).status_code == 403

    officer = directory.member(Role.PRIVACY_OFFICER, at=trust)
    page = told(signed_in(app, officer).get("/trail/mine"))
    assert "What your organisation recorded" in page
    assert f'value="organisation:{trust}"' in page
    signatory = directory.member(Role.SIGNATORY, at=trust)
    assert "Keep a copy" not in told(signed_in(app, signatory).get("/trail/mine"))
