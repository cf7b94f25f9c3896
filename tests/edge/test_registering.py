"""Programs are registered on the record, by a steward for their own organisation or an operator."""

import re
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, OctKey

from ledger.commands import clients as commands
from ledger.core.actor import Role
from ledger.core.authority import Refused
from ledger.core.errors import Invalid, NotFound
from ledger.core.permissions import Permission
from ledger.core.work import unit_of_work
from ledger.edge.oauth import clients
from ledger.web import scope_words
from tests.given import directory as given
from tests.given.identity import Program, program, signed_in, token

EC = ECKey.generate_key("P-256", parameters={"kid": "k"})


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"name": "a\x00b"}, "printable"),
    ({"scopes": ["everything"]}, "is no scope; known: "),
    ({"scopes": []}, "at least one scope"),
    ({"grant_types": ["password"]}, "is no grant type"),
    ({"auth_method": "client_secret_jwt"}, "is no way to authenticate"),
    ({"auth_method": "none"}, "cannot authenticate"),
    ({"grant_types": ["authorization_code"]}, "needs a redirect URI"),
    ({"grant_types": ["refresh_token"]}, "something to refresh"),
    ({"redirect_uris": ["https://a.example/"]}, "needs a redirect URI, and only it"),
    ({"auth_method": "private_key_jwt"}, "needs the client's public keys"),
    ({"jwks": {"keys": [EC.as_dict(private=False)]}}, "and only it"),
    ({"auth_method": "private_key_jwt", "jwks": {"keys": "x"}}, "no JWK set"),
    ({"auth_method": "private_key_jwt", "jwks": {"keys": []}}, "no JWK set"),
    (
        {"auth_method": "private_key_jwt", "jwks": {"keys": [EC.as_dict(private=True)]}},
        "public halves",
    ),
    (
        {
            "auth_method": "private_key_jwt",
            "jwks": {"keys": [OctKey.generate_key(256).as_dict(private=True)]},
        },
        "public halves",
    ),
]


def test_what_cannot_be_is_refused(app: Flask) -> None:
    plain = {"name": "P", "organisation_id": given.organisation(), "scopes": ["log:read"]}
    for wanted, says in IMPOSSIBLE:
        with pytest.raises(Invalid, match=says), unit_of_work(given.SYSTEM) as work:
            clients.register(work, **{**plain, **wanted})
    assert clients.registered() == []


def test_redirect_addresses_that_leak_are_refused(app: Flask) -> None:
    organisation_id = given.organisation()
    for uri in (
        "http://elsewhere.example/back",
        "https:///back",
        "https://a.example/#part",
        "javascript:alert(1)",
        "https://[bad/",
        "/back",
        "https://ä.example/",
    ):
        with pytest.raises(Invalid), unit_of_work(given.SYSTEM) as work:
            clients.register(
                work,
                name="P",
                organisation_id=organisation_id,
                scopes=["log:read"],
                grant_types=["authorization_code"],
                redirect_uris=[uri],
            )


def test_a_steward_registers_and_closes_by_pages(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    steward = given.member(Role.STEWARD)
    browser = signed_in(app, steward)
    assert "None is registered yet" in browser.get("/programs").text
    form = {"name": "Ward screen", "scopes": ["access:ask"], "once": "o1"}
    assert browser.post("/programs", data={**form, "name": ""}).status_code == 422
    assert browser.post("/programs", data={**form, "scopes": []}).status_code == 422
    page = browser.post("/programs", data=form)
    assert page.status_code == 201
    (one,) = clients.registered()
    assert one.organisation_id == steward.organisation_id
    secret = next(
        word for word in re.findall(r"[\w-]{43}", page.text) if one.check_client_secret(word)
    )
    assert token(app, Program(one.client_id, secret))

    stranger = signed_in(app, given.member(Role.STEWARD))
    assert "Ward screen" not in stranger.get("/programs").text
    address = f"/programs/{one.client_id}/close"
    assert stranger.post(address, data={"once": "o2"}).status_code == 404
    assert browser.post(address, data={"once": "o3"}).status_code == 303
    assert clients.registered() == []


def test_every_permission_has_words() -> None:
    for one in Permission:
        assert ":" not in scope_words.words(one), one
    assert scope_words.words("seat:*").count(";") == 1


def test_nobody_else_registers(app: Flask) -> None:
    clinician = given.member(Role.CLINICIAN)
    assert clinician.organisation_id
    with pytest.raises(Refused), unit_of_work(clinician) as work:
        clients.register(
            work,
            name="Mine",
            organisation_id=clinician.organisation_id,
            scopes=["access:ask"],
        )
    assert signed_in(app, clinician).get("/programs").status_code == 403


def test_closing_twice_is_told(app: Flask) -> None:
    one = clients.find(program(given.organisation()).client_id)
    assert one
    assert one.id
    with unit_of_work(given.SYSTEM) as work:
        clients.close(work, one.id)
    with pytest.raises(NotFound), unit_of_work(given.SYSTEM) as work:
        clients.close(work, one.id)


def test_an_operator_registers_by_command(app: Flask) -> None:
    given.organisation(ods_code="DEMX")
    runner = app.test_cli_runner()
    arguments = ["register", "--name", "Ward screen", "--organisation", "DEMX"]
    done = runner.invoke(commands.group, [*arguments, "--scope", "access:ask"])
    assert done.exit_code == 0, done.output
    client_id, secret = re.findall(r"client_(?:id|secret) (\S+)", done.output)
    assert token(app, Program(client_id, secret))
    assert "Ward screen: access:ask" in runner.invoke(commands.group, ["list"]).output
    assert runner.invoke(commands.group, ["close", client_id]).exit_code == 0
    assert "signs in an hour" in runner.invoke(commands.group, ["rotate-key"]).output
    assert runner.invoke(commands.group, [*arguments, "--scope", "no:such"]).exit_code != 0
