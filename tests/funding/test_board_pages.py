"""Each partner says on a page which board decides about the pool."""

from uuid import uuid4

from ledger.core.db import db
from ledger.funding.boards import queries as boards
from tests.directory.conftest import ActAs, form
from tests.given.funding import GivenPool
from tests.given.motions import board

PAGE = {"Accept": "text/html"}


def test_a_board_decides_once_every_partner_has_said_so(act_as: ActAs, given: GivenPool) -> None:
    made, elsewhere = board(host=given.partners[0]), board()
    db.session.remove()
    at = f"/pools/{given.id}/board"
    assert f'href="{at}"' in act_as(given.manager).get(f"/pools/{given.id}", headers=PAGE).text
    client, done = act_as(given.leads[0]), ""
    for number, lead in enumerate(given.leads):
        client = act_as(lead)
        page = client.get(at, headers=PAGE).text
        assert str(made.id) in page
        assert str(elsewhere.id) not in page
        assert "No board decides" in page
        assert client.post(at, data=form(body_id="x"), headers=PAGE).status_code == 422
        assert client.post(at, data=form(body_id=str(uuid4())), headers=PAGE).status_code == 404
        sent = form(body_id=str(made.id))
        done = client.post(at, data=sent, headers=PAGE, follow_redirects=True).text
        assert ("It decides from now on." in done) is (number == 2)
    assert "as every partner has agreed" in done
    again = client.post(at, data=form(body_id=str(made.id)), headers=PAGE)
    assert again.status_code == 422
    assert boards.board_of(db.session(), given.id) == made.id
    db.session.remove()
    manager = act_as(given.manager)
    assert "Agree, for your organisation" not in manager.get(at, headers=PAGE).text
    assert manager.post(at, data=form(body_id=str(made.id)), headers=PAGE).status_code == 403
