"""The page that lists what waits for a colleague, and the same over the API."""

import pytest
from flask import Flask, g

from tests.given.access import scene
from tests.given.directory import patient
from tests.given.identity_of_records import officers, proposed


@pytest.mark.parametrize("path", ["/records", "/api/v1/identity-proposals"])
def test_a_colleague_sees_what_waits_and_nobody_else_does(app: Flask, path: str) -> None:
    here = scene()
    two = officers(here.trust)
    proposal_id = proposed(here.patient_id, patient(at=here.trust)[0], two[0])
    who = [two[1]]
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(g, "actor", who[-1]))
    page = app.test_client().get(path)
    assert page.status_code == 200
    assert str(proposal_id) in page.text
    if path == "/records":
        assert app.test_client().get(f"/records/proposals/{proposal_id}").status_code == 200
    who.append(here.clinician)
    assert app.test_client().get(path).status_code == 403
