"""The witness answers as tlog-witness says, in that order, and signs one history only."""

import signal
import socket
import sqlite3
import stat
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from hashlib import sha256
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from random import Random
from threading import Timer
from time import sleep

import pytest

from audit import Checkpoint
from audit.__main__ import main
from audit.cosignature import parse_key
from audit.ed25519 import Ed25519Signer
from audit.note import read_any, read_signed, sign
from audit.witness.keys import KeyFileError, Keys
from tests.audit.witnesses import (
    LOG,
    OTHER_TREE,
    TREE,
    WITNESS_KEY,
    Answer,
    body,
    checkpoint,
    get,
    note,
    post,
    process,
    serving,
)

ADDRESS = f"/{sha256(LOG.name.encode()).hexdigest()}/checkpoint"
NOW_S = 1_700_000_000


@pytest.fixture
def clock() -> list[int]:
    return [NOW_S]


@pytest.fixture
def port(tmp_path: Path, clock: list[int]) -> Iterator[int]:
    with serving(tmp_path / "state.db", clock) as port:
        yield port


def cosigned(answer: Answer, size: int) -> int:
    """Check that the answer cosigns the checkpoint of *size*, and return when."""
    assert (answer.status, answer.kind) == (200, "text/plain; charset=utf-8")
    _, found = read_signed(note(size) + answer.text, [WITNESS_KEY])
    return max(WITNESS_KEY.signed_at_s(signature) for _, signature in found)


def test_it_signs_a_log_that_grows_and_shows_the_newest(port: int) -> None:
    assert get(port, ADDRESS).status == 404
    for old, size in ((0, 0), (0, 1), (1, 1), (1, 7), (7, 256), (256, 300)):
        assert cosigned(post(port, body(old, size)), size) == NOW_S
        newest = get(port, ADDRESS).text
        text, found = read_any(newest, [LOG.verifier(), WITNESS_KEY])
        assert (Checkpoint.from_text(text), len(found)) == (checkpoint(size), 2)
    assert get(port, f"/{'0' * 64}/checkpoint").status == 404


def test_the_codes_are_those_of_the_specification(port: int) -> None:
    assert post(port, body(0, 5)).status == 200
    stranger = Ed25519Signer("stranger.example", b"s" * 32)
    unknown = sign(Checkpoint(stranger.name, 5, b"r" * 32).to_text(), stranger)
    forged = sign(checkpoint(9).to_text(), Ed25519Signer(LOG.name, b"f" * 32))
    conflict = Answer(409, "text/x.tlog.size", "5\n")

    # Each is wrong in every way that is looked at later, too.
    assert post(port, body(10, 9, note=unknown, lines=["x"])).status == 404
    assert post(port, body(10, 9, note=forged, lines=["x"])).status == 403
    assert post(port, body(10, 9)).status == 400
    assert post(port, body(4, 9, lines=["x"])).status == 400
    assert post(port, body(4, 9, lines=[])) == conflict
    assert post(port, body(0, 9)) == conflict
    assert post(port, body(5, 9, lines=[])).status == 422
    assert post(port, body(5, 9, OTHER_TREE)).status == 422
    assert post(port, body(5, 5, OTHER_TREE)).status == 422
    assert cosigned(post(port, body(5, 9)), 9)


def test_a_first_checkpoint_has_no_proof_and_an_empty_log_one_root(port: int) -> None:
    assert post(port, body(0, 0, note=sign(f"{LOG.name}\n0\n{'A' * 43}=\n", LOG))).status == 422
    proof = body(1, 5).decode().partition("\n\n")[0].split("\n")[1:]
    assert post(port, body(0, 5, lines=proof)).status == 422
    assert get(port, ADDRESS).status == 404
    assert post(port, body(1, 5)) == Answer(409, "text/x.tlog.size", "0\n")


GOOD = body(3, 9).decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 3\n",
        b"\xff\n\n" + note(9).encode(),
        GOOD.replace("old 3", "old 03").encode(),
        GOOD.replace("old 3", "old +3").encode(),
        GOOD.replace("old 3", "old -0").encode(),
        GOOD.replace("old 3", "old \u0663").encode(),
        GOOD.replace("old 3", "Old 3").encode(),
        GOOD.replace("old 3", "old  3").encode(),
        GOOD.replace("old 3", "old 3\r").encode(),
        GOOD.replace("old 3", "old 9223372036854775808").encode(),
        body(3, 9, lines=["AAAA"]),
        body(3, 9, lines=["A" * 42 + "B="]),
        body(3, 9, lines=["A" * 43 + "="] * 64),
        body(3, 9, note=note(9).removesuffix("\n")),
        body(3, 9, note=sign(f"{LOG.name}\n09\n{'A' * 43}=\n", LOG)),
        body(3, 9, note=sign(f"{LOG.name}\n9\nAAAA\n", LOG)),
    ],
)
def test_what_is_malformed_is_refused(port: int, content: bytes) -> None:
    assert post(port, content).status == 400
    assert get(port, ADDRESS).status == 404


def test_addresses_and_lengths_that_are_none(port: int) -> None:
    assert get(port, "/add-checkpoint").status == 404
    assert post(port, b"", "/health").status == 404
    assert get(port, "/health") == Answer(200, "text/plain; charset=utf-8", "ok\n")
    assert str(WITNESS_KEY) in get(port, "/").text
    assert post(port, b"x" * (64 * 1024 + 1)).status == 413
    for headers, status in (
        ("Transfer-Encoding: chunked\r\n", b"411"),
        ("", b"411"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", b"411"),
        ("Content-Length: -1\r\n", b"400"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
            raw.sendall(f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n{headers}\r\n".encode())
            assert raw.recv(100).split()[1] == status


def test_what_was_signed_before_can_be_signed_again_but_never_goes_back(port: int) -> None:
    """Somebody who replays what a log once sent gets no second signature of it."""
    for old, size in ((0, 5), (5, 9), (9, 20)):
        assert post(port, body(old, size)).status == 200
    for old, size in ((0, 5), (5, 9), (9, 20), (5, 20), (0, 0), (20, 20)):
        answer = post(port, body(old, size))
        assert answer.status == (200 if old == 20 else 409)
    assert get(port, ADDRESS).text.split("\n")[1] == "20"


def test_a_clock_that_is_put_back_does_not_make_a_signature_older(
    port: int, clock: list[int]
) -> None:
    assert cosigned(post(port, body(0, 5)), 5) == NOW_S
    clock.append(NOW_S + 60)
    assert cosigned(post(port, body(5, 5)), 5) == NOW_S + 60
    clock.append(NOW_S - 3600)
    assert cosigned(post(port, body(5, 9)), 9) == NOW_S + 60


def test_signatures_of_others_are_not_kept(port: int) -> None:
    extra = note(5) + "— somebody.example AAAAAAAA\n"
    assert post(port, body(0, 5, note=extra)).status == 200
    assert "somebody" not in get(port, ADDRESS).text


def test_of_many_requests_at_once_one_is_signed(port: int) -> None:
    """Whatever the order, each size is signed from the one before: the answers are a chain."""
    size = 0
    with ThreadPoolExecutor(12) as pool:
        for step in (1, 2, 7, 11, 30, 100):
            bodies = [body(size, size + step + extra) for extra in range(12)]
            answers = list(pool.map(lambda content: post(port, content), bodies))
            (won,) = [at for at, answer in enumerate(answers) if answer.status == 200]
            conflict = Answer(409, "text/x.tlog.size", f"{size + step + won}\n")
            assert [answer for answer in answers if answer.status != 200] == [conflict] * 11
            size += step + won
            assert get(port, ADDRESS).text.split("\n")[1] == str(size)


def test_two_processes_on_one_database_sign_one_history(tmp_path: Path) -> None:
    with process(tmp_path) as (_, first, key), process(tmp_path) as (_, second, same_key):
        assert key == same_key
        size, trees = 0, [TREE, OTHER_TREE]  # The log shows two histories, until one is signed.
        with ThreadPoolExecutor(8) as pool:
            for step in (1, 5, 20, 60):
                asked = [(tree, p) for tree in trees * 2 for p in (first, second)]
                contents = [(p, body(size, size + step, tree)) for tree, p in asked]
                answers = list(pool.map(lambda one: post(*one), contents))
                (won,) = [at for at, answer in enumerate(answers) if answer.status == 200]
                assert {answer.status for answer in answers} == {200, 409}
                size, trees = size + step, [asked[won][0]]
                root = b64encode(trees[0].root(0, size)).decode()
                for p in (first, second):
                    assert get(p, ADDRESS).text.split("\n")[1:3] == [str(size), root]


def test_an_idle_connection_ends_with_the_service(tmp_path: Path) -> None:
    with (
        process(tmp_path) as (running, port, _),
        socket.create_connection(("127.0.0.1", port), timeout=20) as idle,
    ):
        assert post(port, body(0, 5)).status == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert idle.recv(1) == b""


def test_the_first_start_makes_a_key_and_the_next_ones_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with process(folder, "--mldsa") as (_, port, key):
        answer = post(port, body(0, 5))
        kept = get(port, ADDRESS).text
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    keys = Keys.open(folder / "key", None).signers(lambda: 0, mldsa=True)
    verifiers = [one.verifier() for one in keys]
    assert parse_key(key) == verifiers[0]
    assert len(read_any(note(5) + answer.text, verifiers)[1]) == 2
    with process(folder) as (_, port, same_key):
        assert same_key == key
        assert get(port, ADDRESS).text == kept
        assert post(port, body(0, 5)).status == 409


def test_a_key_file_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(KeyFileError, match="--name"):
        Keys.open(path, None)
    with pytest.raises(KeyFileError, match="cannot name"):
        Keys.open(path, "two words")
    Keys.open(path, "witness.example")
    with pytest.raises(KeyFileError, match=r"of witness\.example, not of other"):
        Keys.open(path, "other")
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Keys.open(path, None)
    path.chmod(0o600)
    path.write_text("something else\n")
    with pytest.raises(KeyFileError, match="not a witness's key file"):
        Keys.open(path, None)


def test_a_witness_of_nothing_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["witness", "--dir", str(tmp_path), "--name", "w"]) == 2
    assert "name a log" in capsys.readouterr().err
    assert main(["witness", "--dir", str(tmp_path), "--name", "w", "--log", str(WITNESS_KEY)]) == 2
    assert "one of a witness" in capsys.readouterr().err


def test_a_witness_says_that_its_address_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = ["witness", "--dir", str(tmp_path), "--name", "w", "--listen", address]
        assert main([*command, "--log", str(LOG.verifier())]) == 2
    assert f"cannot listen on {address}: Address already in use" in capsys.readouterr().err


@pytest.mark.soak
def test_a_witness_that_is_killed_at_any_moment_never_forgets_a_signature(tmp_path: Path) -> None:
    """A hundred kills (-9), each at a random moment of a stream of requests: about 20 s."""
    chance, last, faults = Random(9), 0, 0
    while faults < 100:
        with process(tmp_path) as (running, port, _):
            stored = get(port, ADDRESS)
            size = int(stored.text.split("\n")[1]) if stored.status == 200 else 0
            assert size >= last, "a signature that was given out is forgotten"
            last = size
            killing = Timer(chance.uniform(0.0, 0.15), running.kill)
            killing.start()
            with suppress(OSError, HTTPException):
                while size < 299:
                    grown = size + chance.randrange(2)
                    assert post(port, body(size, grown)).status == 200
                    last = size = grown
            killing.join()
            faults += 1
    assert faults == 100


def test_who_sends_slowly_or_opens_many_connections_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.witness.service._REQUEST_S", 0.3)
    with serving(tmp_path / "state.db", [NOW_S]) as port, ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            for _ in range(64)
        ]
        for connection in slow:
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Le")
        too_many = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        assert too_many.recv(1) == b""
        for connection in slow:  # The time of each is over soon.
            assert connection.recv(1) == b""
        assert post_soon(port, body(0, 5)).status == 200


def post_soon(port: int, content: bytes) -> Answer:
    """Send it when a place is free: a connection is closed a moment before its place is given."""
    for _ in range(100):
        try:
            return post(port, content)
        except (RemoteDisconnected, ConnectionResetError):
            sleep(0.05)
    return post(port, content)


def test_what_cannot_be_kept_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.witness.state._BUSY_S", 0.05)
    with serving(tmp_path / "state.db", [NOW_S]) as port:
        assert post(port, body(0, 5)).status == 200
        other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert post(port, body(5, 9)).status == 503
        assert get(port, ADDRESS).text.split("\n")[1] == "5"
        other.execute("ROLLBACK")
        assert post(port, body(5, 9)).status == 200
        other.execute("DROP TABLE newest")
        other.close()
        assert post(port, body(9, 10)).status == 503
        assert get(port, ADDRESS).status == get(port, "/health").status == 503


def test_what_no_proof_connects_is_kept_as_evidence(tmp_path: Path) -> None:
    with serving(tmp_path / "state.db", [NOW_S]) as port:
        assert post(port, body(0, 5)).status == 200
        for _ in range(2):
            assert post(port, body(5, 5, OTHER_TREE)).status == 422
        for size in range(6, 120):
            assert post(port, body(5, size, OTHER_TREE)).status == 422
    kept = sqlite3.connect(tmp_path / "state.db")
    rows = kept.execute("SELECT shown, kept, at_s FROM refused ORDER BY rowid").fetchall()
    kept.close()
    assert len(rows) == 100
    shown, before, at_s = rows[0]
    assert (shown, at_s) == (note(5, OTHER_TREE), NOW_S)
    assert before.startswith(note(5))
