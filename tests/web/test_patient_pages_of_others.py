"""The patient's pages, for whoever acts for them, and by the weakest sign-in there is."""

import re
from dataclasses import replace
from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import PowerKind, Scope
from ledger.edge import providers
from tests.given import access, acting
from tests.given.access import Scene
from tests.given.acting import power
from tests.given.directory import patient
from tests.given.identity import account, signed_in


def acts(app: Flask, scene: Scene, *scope: Scope) -> FlaskClient:
    """Return the browser of an attorney with these powers, who has begun to act."""
    app.config["WTF_CSRF_ENABLED"] = False
    acting.found(scene.patient_id, Capable.LACKS_CAPACITY, at=scene.trust)
    _, person_id = power(
        scene.patient_id, at=scene.trust, kind=PowerKind.ATTORNEY, scope=scope or tuple(Scope)
    )
    browser = signed_in(app, directory.actor_for(db.session(), person_id, None))
    assert browser.post(f"/acting-for/{scene.patient_id}").status_code == 303
    return browser


def test_an_attorney_sees_only_what_the_power_lets(app: Flask) -> None:
    scene = access.scene()
    scene.ask()
    browser = acts(app, scene, Scope.READ)
    assert browser.get("/my/choices").status_code == 200
    assert "You are acting for" in browser.get("/my/stop").text
    for path in ("/my/looked", "/my/mistakes", "/my/contact", "/my/hidden"):
        assert browser.get(path).status_code in {403, 404}, path


def test_who_acts_for_a_patient_is_told_of_no_emergency_by_that(app: Flask) -> None:
    scene = access.scene()
    browser = acts(app, scene)
    assert browser.get("/my/looked").status_code == 200
    page = browser.get("/my/choices").text
    assert "Where we tell you" not in page
    assert "In an emergency" not in browser.get("/my/looked").text
    start = browser.get("/")
    assert start.status_code == 200
    assert "looked in an emergency" not in start.text


def test_the_weakest_sign_in_says_no_and_no_more(app: Flask) -> None:
    _, own = patient(born_on=date(1948, 3, 1))
    account(own, "weak.patient")
    weak = replace(app.extensions["settings"], local_level="low")
    app.extensions["settings"] = weak
    app.extensions["providers"] = {one.slug: one for one in providers.read(weak)}
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, own)
    html = {"Accept": "text/html"}
    assert client.get("/", headers=html).status_code == 200

    def send(path: str, **form: str | list[str]) -> str:
        token = re.search(r'name="once" value="([^"]+)"', client.get(path, headers=html).text)
        assert token, path
        sent = client.post(path, data={"once": token[1], **form}, headers=html)
        assert sent.status_code == 303, sent.text
        return sent.headers["Location"]

    send("/my/stop", kinds=["opt-out"])
    assert "Stopped" in client.get(send("/my/stop/check"), headers=html).text
    assert "You opted out of this use" in client.get("/my/choices", headers=html).text
    for path in ("/my/looked", "/my/hidden", "/my/mistakes"):
        assert "/sign-in/again" in client.get(path, headers=html).headers["Location"], path
