"""Telling programs: signed, in order, at least once, and one that is dead holds up nobody."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from ledger.agreements.rules.terms import Kind
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.work import unit_of_work
from ledger.messages import queue
from ledger.messages.models import Attempt, Delivery, Endpoint
from ledger.messages.service import acknowledging, endpoints, resending
from tests.conftest import NOW
from tests.given import agreements
from tests.given.directory import member, organisation
from tests.messages.receiver import Receiver

pytestmark = pytest.mark.usefixtures("app")


def told(at: UUID, url: str, kinds: tuple[str, ...] = ("agreement",)) -> tuple[UUID, str, Actor]:
    steward = member(Role.STEWARD, at=at)
    with unit_of_work(steward) as work:
        endpoint_id, secret = endpoints.register(
            work, organisation_id=at, url=url, kinds=kinds, private=True
        )
    return endpoint_id, secret, steward


def events(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.got]


def test_both_parties_are_told_of_each_change_signed_thin_and_in_order(
    receiver: Receiver, deliver: Callable[[], None]
) -> None:
    trust, council, stranger = organisation(), organisation(), organisation()
    _, secret, _ = told(trust, receiver.url)
    told(council, receiver.url)
    told(stranger, receiver.url)
    deliver()
    assert receiver.got == []  # What was before nobody is told of.
    agreement_id = agreements.active(trust, council)
    deliver()
    types = [event["type"].removeprefix("org.care-ledger.agreement.") for event in events(receiver)]
    assert sorted(types) == sorted(
        ["drafted", *["proposed", "signed", "signed", "activated"] * 2,
         *["signatory-appointed"] * 2]
    )  # fmt: skip
    theirs: dict[str, list[int]] = {}
    for headers, body in receiver.got:
        event = json.loads(body)
        assert headers["webhook-id"].startswith(event["id"])
        theirs.setdefault(headers["webhook-id"].partition(".")[2], []).append(
            event["data"]["index"]
        )
        assert set(event["data"]) == {"entry", "index", "about", "links"}
        assert headers["content-type"] == "application/cloudevents+json"
    assert all(indexes == sorted(indexes) for indexes in theirs.values())
    assert any(f"agreement:{agreement_id}" == event.get("subject") for event in events(receiver))
    assert secret


def test_a_receiver_can_check_the_signature_with_either_secret_while_it_changes(
    receiver: Receiver, deliver: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = organisation()
    endpoint_id, before, steward = told(trust, receiver.url, ())
    with unit_of_work(steward) as work:
        after = endpoints.rotate_secret(work, endpoint_id=endpoint_id)
    deliver()
    headers, body = receiver.got[-1]
    for secret in (before, after):
        Webhook(secret).sign(headers["webhook-id"], clock.now(), body)
        signed = Webhook(secret).sign(
            headers["webhook-id"],
            datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=NOW.tzinfo),
            body,
        )
        assert signed in headers["webhook-signature"].split(" ")
    monkeypatch.setattr(clock, "now", lambda: NOW + endpoints.OVERLAP + timedelta(seconds=1))
    with unit_of_work(steward) as work:
        endpoints.pause(work, endpoint_id=endpoint_id)
        work.session.flush()
    with unit_of_work(steward) as work:
        endpoints.resume(work, endpoint_id=endpoint_id)
    deliver()
    assert len(receiver.got[-1][0]["webhook-signature"].split(" ")) == 1


def test_what_is_not_taken_is_tried_again_before_anything_later(
    receiver: Receiver, deliver: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, council = organisation(), organisation()
    endpoint_id, _, _ = told(trust, receiver.url)
    receiver.statuses = [500, 302, 204]
    agreements.active(trust, council)
    deliver()
    assert len(receiver.got) == 1
    moment = NOW
    for waits in (timedelta(seconds=7), timedelta(minutes=7)):
        moment += waits
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        deliver()
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == len(ids) - 2
    db.session.rollback()
    first = db.session.query(Attempt).order_by(Attempt.at, Attempt.id).limit(3)
    assert [attempt.status for attempt in first] == [500, 302, 204]
    endpoint = db.session.get_one(Endpoint, endpoint_id)
    assert endpoint.failing_since is None


def test_a_dead_endpoint_is_paused_in_the_end_and_holds_up_nobody(
    receiver: Receiver, deliver: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, council = organisation(), organisation()
    dead, _, steward = told(trust, "http://127.0.0.1:9/")
    told(council, receiver.url)
    agreements.active(trust, council)
    deliver()
    assert receiver.got
    moment = NOW
    for _ in range(12):
        moment += timedelta(days=2)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        deliver()
    db.session.rollback()
    endpoint = db.session.get_one(Endpoint, dead)
    assert endpoint.paused == "unreachable"
    attempts = db.session.query(Attempt).filter_by(endpoint_id=dead).count()
    assert attempts == 10
    waiting = db.session.query(Delivery).filter_by(endpoint_id=dead, delivered_at=None).count()
    endpoint.url = receiver.url
    db.session.commit()
    before = len(receiver.got)
    with unit_of_work(steward) as work:
        endpoints.resume(work, endpoint_id=dead)
    deliver()
    assert len(receiver.got) - before == waiting


def test_who_answers_gone_is_paused_at_once(
    receiver: Receiver, deliver: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    endpoint_id, _, _ = told(trust, receiver.url)
    receiver.statuses = [410]
    agreements.active(trust, council)
    deliver()
    db.session.rollback()
    assert db.session.get_one(Endpoint, endpoint_id).paused == "gone"
    assert len(receiver.got) == 1


def test_what_was_sent_can_be_sent_again_all_of_it_or_one(
    receiver: Receiver, deliver: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    endpoint_id, _, steward = told(trust, receiver.url)
    agreements.active(trust, council)
    deliver()
    first = [headers["webhook-id"] for headers, _ in receiver.got]
    with unit_of_work(steward) as work:
        assert resending.since(work, endpoint_id=endpoint_id, moment=NOW) == len(first)
    deliver()
    assert [headers["webhook-id"] for headers, _ in receiver.got] == first * 2
    entry_id = UUID(first[0].partition(".")[0])
    with unit_of_work(steward) as work:
        resending.one(work, endpoint_id=endpoint_id, entry_id=entry_id)
    deliver()
    assert receiver.got[-1][0]["webhook-id"] == first[0]
    with pytest.raises(NotFound), unit_of_work(steward) as work:
        resending.one(work, endpoint_id=endpoint_id, entry_id=UUID(int=1))


def test_a_party_acknowledges_once_and_a_stranger_never(deliver: Callable[[], None]) -> None:
    trust, council = organisation(), organisation()
    agreements.active(trust, council)
    deliver()
    officer, stranger = member(Role.PRIVACY_OFFICER, at=council), member(Role.PRIVACY_OFFICER)
    entry_id = _newest("agreement.activated")
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        acknowledging.acknowledge(work, entry_id=entry_id)
    with unit_of_work(officer) as work:
        acknowledging.acknowledge(work, entry_id=entry_id)
    with pytest.raises(acknowledging.AcknowledgedAlready), unit_of_work(officer) as work:
        acknowledging.acknowledge(work, entry_id=entry_id)


def test_nobody_but_its_drafter_hears_of_a_draft(
    receiver: Receiver, deliver: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    told(council, receiver.url)
    from ledger.agreements import service  # noqa: PLC0415

    drafter = agreements.signatory(at=trust)
    with unit_of_work(drafter) as work:
        service.draft(work, terms=agreements.terms(trust, council, kind=Kind.DATA_SHARING))
    deliver()
    assert receiver.got == []


def test_an_endpoint_with_a_thousand_waiting_is_not_given_more(
    receiver: Receiver, deliver: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "WAITING_MAX", 1)
    trust, council = organisation(), organisation()
    endpoint_id, _, _ = told(trust, receiver.url)
    receiver.statuses = [500]
    agreements.active(trust, council)
    deliver()
    db.session.rollback()
    count = db.session.query(Delivery).filter_by(endpoint_id=endpoint_id).count()
    agreements.active(trust, organisation())
    deliver()
    db.session.rollback()
    assert db.session.query(Delivery).filter_by(endpoint_id=endpoint_id).count() == count


def _newest(kind: str) -> UUID:
    found = db.session.connection().exec_driver_sql(
        f"SELECT id FROM entries WHERE kind = '{kind}' ORDER BY position DESC LIMIT 1"
    )
    value = found.scalar_one()
    db.session.rollback()
    return value if isinstance(value, UUID) else UUID(value)
