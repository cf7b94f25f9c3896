"""Where a party's programs are told of changes: who may say so, and which addresses will do."""

import socket
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from time import sleep
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.work import unit_of_work
from ledger.messages import posting
from ledger.messages.models import Endpoint
from ledger.messages.posting import post
from ledger.messages.rules.endpoints import (
    RETRY_AFTER,
    BadEndpoint,
    NotInThatState,
    check,
    may_be_reached,
    retry_after,
)
from ledger.messages.service import endpoints
from tests.given.directory import member, organisation

URL = "https://care.example.org/hooks/8f3b"


def registered(steward: Actor, url: str = URL) -> tuple[UUID, str]:
    assert steward.organisation_id is not None
    with unit_of_work(steward) as work:
        return endpoints.register(
            work, organisation_id=steward.organisation_id, url=url, private=True
        )


def test_a_steward_registers_one_for_their_own_organisation_only(app: Flask) -> None:
    steward, other = member(Role.STEWARD), organisation()
    endpoint_id, secret = registered(steward)
    assert secret.startswith("whsec_")
    with pytest.raises(Forbidden), unit_of_work(steward) as work:
        endpoints.register(work, organisation_id=other, url=URL, private=False)
    stranger = member(Role.STEWARD)
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        endpoints.close(work, endpoint_id=endpoint_id)


def test_neither_the_secret_nor_the_address_is_in_the_log_or_readable_in_the_table(
    app: Flask,
) -> None:
    _, secret = registered(member(Role.STEWARD))
    row = db.session.query(Endpoint).one()
    assert secret.encode() not in row.sealed_secret
    bodies = db.session.connection().exec_driver_sql("SELECT body FROM entries").scalars()
    assert not [body for body in bodies if b"8f3b" in bytes(body) or secret.encode() in bytes(body)]


def test_pausing_and_resuming_ask_for_the_state_they_change(app: Flask) -> None:
    steward = member(Role.STEWARD)
    endpoint_id, _ = registered(steward)
    with pytest.raises(NotInThatState), unit_of_work(steward) as work:
        endpoints.resume(work, endpoint_id=endpoint_id)
    with unit_of_work(steward) as work:
        endpoints.pause(work, endpoint_id=endpoint_id)
    with pytest.raises(NotInThatState), unit_of_work(steward) as work:
        endpoints.pause(work, endpoint_id=endpoint_id)


@pytest.mark.parametrize(
    "url",
    [
        "http://care.example.org/x",
        "ftp://care.example.org/x",
        "https://user:word@care.example.org/",
        "https://care.example.org/#part",
        "https://care.example.org/a b",
        "https:///nowhere",
        "https://[::1",
        "https://care.example.org:99999/",
        "javascript:alert(1)",
        "https://care.example.org/" + "x" * 1000,
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str) -> None:
    with pytest.raises(BadEndpoint):
        check(url, (), private=False)


def test_every_fault_is_said_at_once() -> None:
    with pytest.raises(BadEndpoint) as caught:
        check("http://x", ("Agreement!", "agreement.signed", "../x"), private=False)
    assert [fault.field for fault in caught.value.faults] == ["kinds", "kinds", "url"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104  # Judged, never bound to.
        "100.64.0.1", "224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "255.255.255.255", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::a00:1", "2002:7f00:1::1", "::7f00:1", "::ffff:0:10.0.0.1", "fec0::1",
    ],
)  # fmt: skip
def test_what_lies_behind_the_firewall_is_not_reached(address: str) -> None:
    assert not may_be_reached(ip_address(address), private=False)


def test_a_name_that_leads_to_this_computer_is_not_connected_to() -> None:
    outcome = post("https://localhost:9/", "{}", {}, private=False)
    assert (outcome.status, outcome.taken) == (None, False)
    assert outcome.problem == "the name leads to an address that is not public"


@pytest.mark.parametrize("drip", [b"HTTP/1.1 100 Continue\r\n\r\n", b"H", b"\x16"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_trickles_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, drip: bytes, scheme: str
) -> None:
    monkeypatch.setattr(posting, "IN_ALL_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            there, _ = listening.accept()
            with there, suppress(OSError):
                for _ in range(100):  # Ten seconds, were it let.
                    there.sendall(drip)
                    sleep(0.1)

        thread = Thread(target=trickle)
        thread.start()
        address = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/"
        outcome = post(address, "{}", {}, private=True)
        assert outcome.status is None
        assert outcome.took_ms < 3000
        thread.join()


@given(st.integers(1, 30), st.floats(0, 1))
def test_it_is_tried_ever_more_seldom_and_then_no_more(attempts: int, share: float) -> None:
    pause = retry_after(attempts, share=share)
    if attempts > len(RETRY_AFTER):
        assert pause is None
    else:
        assert pause is not None
        assert RETRY_AFTER[attempts - 1] <= pause <= RETRY_AFTER[attempts - 1] * 1.2
