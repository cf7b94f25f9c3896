"""Each thing that is refused about returns, as a program is answered; and what pages lead to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ledger.api import returns as api
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.edge.identity import SignIn
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns import signing as return_signing
from ledger.funding.returns.rules.steps import SendBack
from tests.conftest import NOW, Sequenced
from tests.directory.conftest import ActAs, form
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, received
from tests.given.returns import APRIL, Chiefs, chiefs, filled, opened, signed

PAGE = {"Accept": "text/html"}
PROOF = SignIn(
    iss="x",
    sub="x",
    acr="high",
    amr=(),
    auth_time=int(APRIL.timestamp()),
    token_id=None,
    session_id=UUID(int=1),
    user_agent="",
)


pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Rules, not SQL.


@dataclass(kw_only=True)
class Stage:
    """A pool with a return that waits for signatures, and one that may be begun."""

    given: GivenPool
    who: Chiefs
    sequenced: Sequenced
    return_id: UUID
    digest: str


@pytest.fixture
def stage(session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch) -> Stage:
    given = pool()
    allocated(given, first=500_00, second=200_00)
    received(given, 400_00)
    accrued(given, 330_00)
    monkeypatch.setattr(clock, "now", lambda: APRIL)
    monkeypatch.setattr(api, "require_step_up", lambda: PROOF)
    sequenced()
    return_id = opened(given)
    filled(given, return_id)
    sequenced()
    _, digest = posted(given.manager, service.submit, return_id)
    session.rollback()
    return Stage(
        given=given, who=chiefs(given), sequenced=sequenced, return_id=return_id, digest=digest
    )


def begun(stage: Stage, **chosen: Any) -> dict[str, Any]:
    (period,) = stage.given.view.periods
    return {"kind": "quarter", "number": 1, "period_id": str(period.id), **chosen}


Ask = Callable[[Stage], tuple[str, str, Actor, dict[str, Any] | None]]
"""Returns method, path, who, and body; the path is below the pool's returns."""


def sign_as(actor: Callable[[Stage], Actor], *, digest: str | None = None) -> Ask:
    return lambda on: (
        "POST",
        f"/{on.return_id}/signatures",
        actor(on),
        {"digest": digest or on.digest},
    )


def _withdrawn(on: Stage) -> UUID:
    posted(on.given.manager, service.withdraw, on.return_id)
    return on.return_id


def _draft(on: Stage) -> UUID:
    _withdrawn(on)
    return opened(on.given)


def _unnumbered(on: Stage) -> UUID:
    draft = _draft(on)
    filled(on.given, draft)
    return draft


def _signed(on: Stage) -> Actor:
    posted(
        on.who.finance[0],
        return_signing.sign,
        on.return_id,
        read_digest=on.digest,
        acr=None,
        auth_time=APRIL,
    )
    return on.who.finance[0]


def _preparer(on: Stage) -> Actor:
    return Actor.person(
        on.given.manager.id,
        roles=on.who.finance[0].roles,
        organisation_id=on.given.partners[0],
    )


def to(path: str, body: dict[str, Any] | None, method: str = "POST") -> Ask:
    return lambda on: (method, path.format(id=on.return_id), on.given.manager, body)


REFUSED: dict[str, tuple[int, Ask]] = {
    "return-quarter-refused": (
        422,
        lambda on: ("POST", "", on.given.manager, begun(on, kind="year", number=1)),
    ),
    "return-period-not-over": (
        409,
        lambda on: ("POST", "", on.given.manager, begun(on, number=2)),
    ),
    "return-there-already": (409, lambda on: ("POST", "", on.given.manager, begun(on))),
    "return-not-amendable": (
        409,
        lambda on: ("POST", "", on.given.manager, begun(on, replaces=str(on.return_id))),
    ),
    "return-not-draft": (409, to("/{id}", {"answers": {"plan/agreement-signed": "no"}}, "PATCH")),
    "return-not-for-signing": (
        409,
        lambda on: (
            "POST",
            f"/{_withdrawn(on)}/sending-back",
            on.who.finance[1],
            {"reason": "figures-wrong"},
        ),
    ),
    "return-incomplete": (
        409,
        lambda on: (
            "POST",
            f"/{_draft(on)}/submission",
            on.given.manager,
            None,
        ),
    ),
    "return-answers-not-numbered": (
        409,
        lambda on: ("POST", f"/{_unnumbered(on)}/submission", on.given.manager, None),
    ),
    "return-changed": (409, sign_as(lambda on: on.who.finance[0], digest="0" * 64)),
    "return-not-your-step": (403, sign_as(lambda on: on.who.executive[0])),
    "return-signed-already": (409, sign_as(_signed)),
    "return-preparer-may-not-sign": (403, sign_as(_preparer)),
    "return-no-such-cell": (
        422,
        lambda on: (
            "POST",
            f"/{on.return_id}/sending-back",
            on.who.finance[0],
            {"reason": "words-wrong", "cells": ["nowhere"]},
        ),
    ),
    "return-answer-refused": (
        422,
        lambda on: (
            "PATCH",
            f"/{_draft(on)}",
            on.given.manager,
            {"answers": {"narrative/confidence": "101"}},
        ),
    ),
    "return-words-personal": (
        422,
        lambda on: (
            "PATCH",
            f"/{_draft(on)}",
            on.given.manager,
            {"answers": {"narrative/successes": "Write to ann@example.org about it"}},
        ),
    ),
}


@pytest.mark.parametrize("slug", REFUSED)
def test_each_refusal_is_named_and_changes_nothing(
    act_as: ActAs, session: Session, stage: Stage, slug: str
) -> None:
    status, ask = REFUSED[slug]
    method, path, actor, body = ask(stage)
    before = returns.returns(session, stage.given.view)
    address = f"/api/v1/pools/{stage.given.id}/returns{path}"
    said = act_as(actor).open(address, method=method, json=body)
    assert said.status_code == status, said.text
    assert said.json is not None
    assert said.json["type"].endswith(slug), said.json
    session.rollback()
    assert returns.returns(session, stage.given.view) == before


@pytest.fixture
def chief(act_as: ActAs, stage: Stage) -> FlaskClient:
    return act_as(stage.who.finance[1])


def test_it_is_sent_back_with_the_cells_that_are_meant(chief: FlaskClient, stage: Stage) -> None:
    address = f"/pools/{stage.given.id}/returns/{stage.return_id}"
    page = chief.get(address, headers=PAGE).text
    assert 'form="send-back" name="cells"' in page
    said = {**form(reason="words-wrong"), "cells": ["narrative/successes", "narrative/challenges"]}
    page = chief.post(f"{address}/send-back", data=said, headers=PAGE, follow_redirects=True).text
    assert "words are wrong or unclear. They mean: What went well; What was difficult." in page
    assert page.count("Meant when it was sent back") == 2


def test_an_amended_return_stands_beside_what_it_replaces(
    act_as: ActAs, session: Session, stage: Stage
) -> None:
    signed(stage.given, stage.return_id, stage.who)
    accrued(stage.given, 10_00, effective_on=NOW.date())
    stage.sequenced()
    amended = opened(stage.given, replaces=stage.return_id)
    stage.sequenced()
    client = act_as(stage.given.manager)
    page = client.get(f"/pools/{stage.given.id}/returns/{amended}", headers=PAGE).text
    table = page.partition("Beside the version that it replaces")[2].partition("</table>")[0]
    values = re.findall(r"cl-table__value\">([^<]*)<", table)
    rows = [values[at : at + 4] for at in range(0, len(values), 4)]
    assert ["Spent: Reablement", "£330.00", "£340.00", "£10.00"] in rows
    moved = {row[0]: row[3] for row in rows if row[3] not in {"£0.00", "0"}}
    assert set(moved.values()) <= {"£10.00", "−£10.00", ""}, moved


def test_each_figure_is_the_same_where_its_link_leads(
    act_as: ActAs, session: Session, stage: Stage
) -> None:
    accrued(stage.given, 99_00, effective_on=NOW.date())
    stage.sequenced()
    client = act_as(stage.given.manager)
    base = f"/pools/{stage.given.id}/returns/{stage.return_id}"
    page = unescape(client.get(base, headers=PAGE).text)
    shown = client.get(f"/api/v1{base}").json or {}
    same = re.findall(
        r"<strong>([^<]*)</strong>\s*<br>[^\n]*\s*<br><a[^>]*href=\"([^\"]*)\">See why it is", page
    )
    assert len(same) > 15
    for value, href in same:
        found = client.get(f"/api/v1{href}").json or {}
        pounds = f"{abs(found['amount_minor']) / 100:,.2f}"
        assert value == f"£{pounds}", href
        assert f"size={shown['log_size']}" in href
    parts = re.findall(r'href="([^"]*)">See the figure that it is part of', page)
    assert parts
    assert all(client.get(one, headers=PAGE).status_code == 200 for one in parts)


def test_the_pools_page_says_what_is_due(act_as: ActAs, stage: Stage) -> None:
    client = act_as(stage.given.manager)
    words = "The return of Quarter 1, January 2026 to March 2026 waits for signatures. Due 15 May"
    assert words in client.get(f"/pools/{stage.given.id}", headers=PAGE).text
    posted(stage.who.finance[1], return_signing.send_back, stage.return_id, reason=SendBack.WORDS)
    page = client.get(f"/pools/{stage.given.id}", headers=PAGE).text
    assert "is incomplete, or not submitted" in page
