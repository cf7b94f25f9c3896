"""Telling people: a real mail server gets what is due, and the message gives nothing away."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import socket
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.agreements import service as agreement_service
from ledger.agreements.rules.leaving import Ground
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory.queries.holders import email_of, holders
from ledger.edge import recovery
from ledger.messages import mailing
from ledger.messages.mailing import Mailer, Post
from ledger.messages.models import Alert
from ledger.messages.rules.alerts import DIGEST_AT, How, due_at
from ledger.messages.service import choosing
from tests.conftest import NOW
from tests.given import agreements
from tests.given.directory import member, organisation
from tests.given.identity import account

SOURCE = "https://test.example"


class MailServer:
    """A real SMTP server on this computer. `refuse` holds addresses that it does not take."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.refuse: set[str] = set()

    async def handle_RCPT(  # noqa: N802  # The library's name.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.got.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[MailServer, str]]:
    handler = MailServer()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=False)
    controller.start()
    yield handler, f"smtp+plain://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def mailer(app: Flask, server: tuple[MailServer, str]) -> Mailer:
    post = Post(
        server[1], "Care Ledger <ledger@test.example>", "https://test.example", demonstration=True
    )
    one = Mailer(db.engine, post, zone="Europe/London")
    one.begin()
    return one


@pytest.fixture
def send(mailer: Mailer, sequenced: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        db.session.rollback()
        sequenced()
        while mailer.fill():
            pass
        while mailer.send():
            pass
        db.session.rollback()

    return run


def _to(got: list[EmailMessage], actor: Actor) -> list[EmailMessage]:
    address = email_of(db.session(), actor.id)
    return [message for message in got if message["To"] == address]


def test_who_has_to_sign_is_told_when_it_is_their_turn_and_not_before(
    server: tuple[MailServer, str], send: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    first, second = agreements.signatory(at=trust), agreements.signatory(at=council)
    terms = agreements.terms(trust, council)
    later = tuple(
        type(party)(**{**_fields(party), "signs_in_group": place + 1})
        for place, party in enumerate(terms.parties)
    )
    agreement_id = agreements.proposed(
        agreements.terms(trust, council, parties=later), by=member(Role.SIGNATORY, at=trust)
    )
    send()
    assert len(_to(server[0].got, first)) == 1
    assert _to(server[0].got, second) == []
    agreements.signed(agreement_id, first)
    send()
    [told] = _to(server[0].got, second)
    text = told.get_content()
    assert "An agreement waits for your signature." in text
    assert f"https://test.example/agreements/{agreement_id}" in text
    assert "DEMONSTRATION" in told["Subject"]
    assert told["Auto-Submitted"] == "auto-generated"


def _fields(party: object) -> dict[str, Any]:
    names = type(party).__dataclass_fields__  # type: ignore[attr-defined]
    return {name: getattr(party, name) for name in names}


def test_a_message_names_nobody_and_nothing(
    server: tuple[MailServer, str], send: Callable[[], None]
) -> None:
    trust, council = organisation(name="Secretive Hospital"), organisation()
    officer = member(Role.PRIVACY_OFFICER, at=council, name="Petra Person")
    agreements.active(trust, council)
    send()
    assert _to(server[0].got, officer)
    for message in server[0].got:
        said = message.get_content() + message["Subject"]
        assert "Falls pathway" not in said
        assert "Secretive" not in said
        assert "Petra" not in said


def test_who_wants_no_mail_gets_none_and_who_wants_one_a_day_gets_one(
    server: tuple[MailServer, str], send: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, council = organisation(), organisation()
    never = member(Role.PRIVACY_OFFICER, at=council)
    daily = member(Role.PRIVACY_OFFICER, at=council)
    for actor, how in ((never, How.NEVER), (daily, How.DAILY)):
        with unit_of_work(actor) as work:
            choosing.choose(work, how=how)
    agreement_id = agreements.active(trust, council)
    send()
    assert _to(server[0].got, daily) == []
    by = agreements.signatory(at=trust)
    with unit_of_work(by) as work:
        agreement_service.suspend(
            work, agreement_id, ground=next(iter(Ground)), to=clock.civil_date(NOW), words="-"
        )
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    send()
    [one] = _to(server[0].got, daily)
    assert one.get_content().count("/agreements/") == 1
    assert _to(server[0].got, never) == []


def test_an_address_that_is_refused_is_not_tried_for_ever_and_stops_nobody_else(
    server: tuple[MailServer, str], send: Callable[[], None]
) -> None:
    trust, council = organisation(), organisation()
    gone = member(Role.PRIVACY_OFFICER, at=trust)
    there = member(Role.PRIVACY_OFFICER, at=council)
    server[0].refuse.add(str(email_of(db.session(), gone.id)))
    agreements.active(trust, council)
    send()
    assert _to(server[0].got, there)
    rows = db.session.query(Alert).filter_by(person_id=gone.id).all()
    assert {(row.problem, row.due_at) for row in rows} == {("address-refused", None)}


def test_a_server_that_is_away_loses_nothing(app: Flask, sequenced: Callable[[], None]) -> None:
    post = Post(
        "smtp+plain://127.0.0.1:9", "x@test.example", "https://test.example", demonstration=False
    )
    mailer = Mailer(db.engine, post, zone="Europe/London")
    mailer.begin()
    trust, council = organisation(), organisation()
    member(Role.PRIVACY_OFFICER, at=council)
    agreements.active(trust, council)
    db.session.rollback()
    sequenced()
    mailer.fill()
    assert mailer.send() == 0
    rows = db.session.query(Alert).all()
    assert rows
    assert {(row.problem, row.due_at) for row in rows} == {
        ("no-server", NOW + timedelta(minutes=1))
    }


def test_nobody_is_told_of_what_was_before(
    app: Flask, sequenced: Callable[[], None], server: tuple[MailServer, str]
) -> None:
    trust, council = organisation(), organisation()
    member(Role.PRIVACY_OFFICER, at=council)
    agreements.active(trust, council)
    db.session.rollback()
    sequenced()
    mailer = Mailer(
        db.engine,
        Post(server[1], "x@test.example", "https://t", demonstration=False),
        zone="Europe/London",
    )
    mailer.begin()
    mailer.fill()
    assert mailer.send() == 0


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_days_message_comes_at_seven_on_the_clock_within_a_day(now: datetime) -> None:
    due = due_at(How.DAILY, now, "Europe/London")
    assert due is not None
    assert timedelta(0) <= due - now <= timedelta(hours=25)

    assert due.astimezone(ZoneInfo("Europe/London")).time() == DIGEST_AT
    assert (due_at(How.AT_ONCE, now, "UTC"), due_at(How.NEVER, now, "UTC")) == (now, None)


def test_only_who_has_accepted_an_invitation_holds_a_role(app: Flask) -> None:
    at = organisation()
    actor = member(Role.STEWARD, at=at)
    found: dict[UUID, UUID] = holders(db.session(), [at], [Role.STEWARD], on=clock.civil_date(NOW))
    assert list(found) == [actor.id]


def test_a_lost_password_is_answered_by_mail_and_a_stranger_learns_nothing(
    app: Flask, server: tuple[MailServer, str], sequenced: Callable[[], None]
) -> None:
    person = member(Role.STEWARD)
    account(person, "a.steward")
    with unit_of_work(person) as work:
        choosing.choose(work, how=How.NEVER)
    post = Post(server[1], "x@test.example", SOURCE, demonstration=False)
    mailer = Mailer(db.engine, post, zone="Europe/London", recovery=recovery.link)
    mailer.begin()
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answers = [
        client.post("/recover/link", data={"name": name})
        for name in ("a.steward", "a.steward", "nobody.here")
    ]
    assert {(one.status_code, one.headers["Location"]) for one in answers} == {
        (303, "/recover/sent")
    }
    while mailer.send():
        pass
    [told] = server[0].got
    assert told["To"] == email_of(db.session(), person.id)
    [link] = [line for line in told.get_content().splitlines() if "/recover/" in line]
    taken = client.get(link[link.index("/recover/") :])
    assert taken.headers["Location"] == "/recover/password"
    again = [client.post("/recover/link", data={"name": "a.steward"}) for _ in range(5)]
    assert again[-1].status_code == 429


def test_an_address_that_cannot_be_written_to_keeps_nobody_from_their_mail(
    server: tuple[MailServer, str], send: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes plain addresses alone (RFC 6531 is an extension), and some never will do."""
    trust, council = organisation(), organisation()
    officers = [member(Role.PRIVACY_OFFICER, at=council) for _ in range(3)]
    wrong = {officers[0].id: "zoë@demonstration.example", officers[2].id: "two\nlines@example.org"}
    monkeypatch.setattr(
        mailing, "email_of", lambda session, one: wrong.get(one) or email_of(session, one)
    )
    agreements.active(trust, council)
    send()
    assert _to(server[0].got, officers[1])
    rows = db.session.scalars(select(Alert).where(Alert.person_id.in_(wrong)))
    assert {(row.problem, row.due_at) for row in rows} == {("address-refused", None)}
