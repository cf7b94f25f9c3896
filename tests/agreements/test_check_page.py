"""Anybody may ask whose a file or a digest is: by page and by program, with no account."""

import re
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ledger.agreements import queries
from ledger.core.actor import Actor
from ledger.core.db import db
from tests.conftest import Sequenced
from tests.given import agreements as given


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody is signed in."""
    return app.test_client()


@pytest.fixture
def file(app: Flask, ann: Actor, proposed: UUID, sequenced: Sequenced) -> bytes:
    """A PDF of a version that one of two parties has signed, as a party takes it away."""
    given.signed(proposed, ann)
    sequenced()
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(g, "actor", ann))
    answer = app.test_client().get(f"/api/v1/agreements/{proposed}/versions/1/pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    app.before_request_funcs[None].pop()
    return bytes(answer.data)


def sent(client: FlaskClient, **fields: object) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/agreements/check").text)
    assert token is not None
    return client.post("/agreements/check", data={"csrf_token": token[1], **fields}).text


class TestThePage:
    def test_it_knows_the_file_it_issued(self, client: FlaskClient, file: bytes) -> None:
        answer = sent(client, file=(BytesIO(file), "ours.pdf"))
        assert "Issued by this service" in answer
        assert "Northside Demonstration Trust" in answer

    def test_one_bit_more_and_it_is_not_ours(self, client: FlaskClient, file: bytes) -> None:
        assert "Not ours" in sent(client, file=(BytesIO(file + b"\n"), "ours.pdf"))

    def test_the_address_on_the_file_answers_for_the_text(
        self, client: FlaskClient, file: bytes, ann: Actor, proposed: UUID
    ) -> None:
        assert file
        text = queries.version(db.session(), ann, proposed, 1).document_sha256
        answer = client.get(f"/agreements/check?sha256={text}").text
        assert "A text of this service" in answer
        assert "Northside Demonstration Trust" in answer

    @pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "<script>"])
    def test_what_is_no_digest_is_said_to_be_none(self, client: FlaskClient, digest: str) -> None:
        answer = sent(client, sha256=digest)
        assert "There is a problem" in answer
        assert "<script>" not in answer

    def test_too_much_is_refused(self, client: FlaskClient) -> None:
        token = re.search(
            r'name="csrf_token" value="([^"]+)"', client.get("/agreements/check").text
        )
        assert token is not None
        much = {"csrf_token": token[1], "file": (BytesIO(b"x" * 2**21), "large.pdf")}
        assert client.post("/agreements/check", data=much).status_code == 413


class TestPrograms:
    def test_a_text_is_known_and_names_organisations_alone(
        self, client: FlaskClient, file: bytes, ann: Actor, proposed: UUID
    ) -> None:
        assert file
        text = queries.version(db.session(), ann, proposed, 1).document_sha256
        answer = client.get(f"/api/v1/agreement-documents/{text}")
        assert answer.status_code == 200
        assert answer.json is not None
        assert [one["organisation"] for one in answer.json["signed"]] == [
            "Northside Demonstration Trust"
        ]
        assert str(ann.id) not in answer.text

    @pytest.mark.parametrize("digest", ["0" * 64, "nothing"])
    def test_anything_else_is_not_found(self, client: FlaskClient, digest: str) -> None:
        assert client.get(f"/api/v1/agreement-documents/{digest}").status_code == 404
