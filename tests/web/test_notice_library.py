"""The library of notices, as a steward uses it in a browser."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.consent.notices import queries
from ledger.core.actor import Role
from ledger.core.db import db
from tests.databases import NewDatabase, running
from tests.given import directory
from tests.given.identity import signed_in

FORM = {
    "id": "sharing-with-the-council",
    "version": "1",
    "language": "en-GB",
    "format": "standard",
    "title": "Sharing with the council",
    "text": "The council sees your care plan.\r\n\r\nYou can say no at any time.",
}
WHERE = "/notices/sharing-with-the-council/1/en-GB/standard"
RETIRE = "/notices/sharing-with-the-council/1/retire"


@pytest.fixture
def app(sqlite_databases: NewDatabase) -> Iterator[Flask]:
    with running(sqlite_databases()) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        yield app


@pytest.fixture
def trust(app: Flask) -> UUID:
    return directory.organisation()


@pytest.fixture
def steward(app: Flask, trust: UUID) -> FlaskClient:
    return signed_in(app, directory.member(Role.STEWARD, at=trust))


def write(client: FlaskClient, **changed: str) -> tuple[int, str]:
    answer = client.post("/notices/new", data={**FORM, "once": once_of(client), **changed})
    return answer.status_code, answer.text


def once_of(client: FlaskClient) -> str:
    return client.get("/notices/new").text.split('name="once" value="')[1].split('"')[0]


def kept() -> list[tuple[str, int, str, bool]]:
    db.session.rollback()
    found = queries.notices(db.session(), retired=True)
    return [(one.language, one.version, one.format, one.retired_at is None) for one in found]


def test_a_notice_is_written_read_continued_and_retired(steward: FlaskClient) -> None:
    assert "No organisation has written one yet" in steward.get("/notices").text
    assert write(steward)[0] == 303
    assert write(steward, language="cy", title="Rhannu")[0] == 303
    assert WHERE in steward.get("/notices").text
    page = steward.get(WHERE).text
    assert "<p>The council sees your care plan.</p>" in page
    assert 'lang="cy"' in steward.get(WHERE.replace("en-GB", "cy")).text

    again = steward.get(f"{WHERE}/again").text
    assert 'value="2"' in again
    assert "You can say no at any time." in again
    assert write(steward, version="2", text="Another word.")[0] == 303

    gone = steward.post(RETIRE, data={"once": once_of(steward)})
    assert gone.status_code == 303
    assert kept() == [
        ("en-GB", 2, "standard", True),
        ("cy", 1, "standard", False),
        ("en-GB", 1, "standard", False),
    ]
    assert "Nobody is shown it since" in steward.get(WHERE).text


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"id": "Sharing!"}, 422, "Use small letters, digits and hyphens"),
        ({"version": "7"}, 422, "The next version is 1"),
        ({"version": "no"}, 422, "The next version is 1"),
        ({"language": "English"}, 422, "Use a code such as en-GB or cy"),
        ({"format": "song"}, 422, "Choose how it is written"),
        ({"title": " "}, 422, "Write 1 to 200 characters"),
        ({"text": ""}, 422, "Write 1 to 100000 characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    steward: FlaskClient, changed: dict[str, str], status: int, said: str
) -> None:
    answered, page = write(steward, **changed)
    assert (answered, said in page, kept()) == (status, True, [])
    if "text" not in changed:
        assert "You can say no at any time." in page, "what was typed is still there"


def test_a_text_is_written_once_and_a_name_is_one_organisations(
    app: Flask, steward: FlaskClient
) -> None:
    write(steward)
    status, page = write(steward)
    assert (status, "A changed word is a new version" in page) == (409, True)
    other = signed_in(app, directory.member(Role.STEWARD, at=directory.organisation()))
    status, page = write(other, version="2")
    assert (status, "choose another name" in page) == (409, True)
    assert "Write the next version" not in other.get(WHERE).text
    assert other.post(RETIRE, data={"once": once_of(other)}).status_code == 404


def test_only_stewards_keep_the_library(app: Flask, trust: UUID) -> None:
    clinician = signed_in(app, directory.member(Role.CLINICIAN, at=trust))
    assert clinician.get("/notices").status_code == 403
    assert (
        signed_in(app, directory.member(Role.STEWARD, at=trust))
        .get("/notices/none/1/en-GB/standard")
        .status_code
        == 404
    )
