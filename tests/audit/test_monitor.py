"""A monitor says nothing while a log is in order, and each thing that can be wrong in its way."""

import json
from collections.abc import Iterator
from contextlib import suppress
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from socket import create_server, socket
from threading import Event, Thread
from time import monotonic

import pytest

from audit import Checkpoint
from audit.__main__ import main
from audit.cosignature import CosignatureSigner
from audit.ed25519 import Ed25519Signer
from audit.mldsa import MlDsaSigner
from audit.monitor.look import (
    Broken,
    Contradiction,
    Look,
    Silent,
    Stale,
    Unvouched,
)
from audit.monitor.memory import BadMemory, Memory, load, save
from audit.note import sign, signature_line
from audit.policy import Policy
from audit.web import Site, Unreachable
from tests.audit.logs import KEY, SIGNER, Log
from tests.audit.publishing import publish, serving

NOW_S = 1_700_000_000
NAMES = ("a", "b", "c")
NOW = [NOW_S]
WITNESSES = {
    name: CosignatureSigner(f"{name}.example", name.encode() * 32, now_s=lambda: NOW[-1])
    for name in NAMES
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    NOW[:] = [NOW_S]
    yield
    NOW[:] = [NOW_S]


class World:
    """A log in a folder that is served, and what each witness hands out."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        lines = [f"log {KEY}"]
        lines += [f"witness {n} {w.verifier()} {url}/witness-{n}" for n, w in WITNESSES.items()]
        self.text = "\n".join([*lines, "group quorum-of-us 2 a b c", "quorum quorum-of-us"]) + "\n"

    def show(self, log: Log, *names: str, note: str | None = None) -> str:
        note = (note or log.note) + cosigned(note or log.note, *names)
        publish(log, self.folder, note=note)
        return note

    def witness(self, name: str, note: str) -> None:
        place = self.folder / f"witness-{name}" / sha256(SIGNER.name.encode()).hexdigest()
        place.mkdir(parents=True, exist_ok=True)
        (place / "checkpoint").write_text(note + cosigned(note, name))

    def look(self, *, ask: bool = True, max_age_s: int | None = 600, text: str = "") -> Look:
        policy = Policy.parse(text or self.text)
        return Look(
            log=Site(self.url),
            policy=policy,
            witnesses={w.name: Site(w.url) for w in policy.witnesses if w.url} if ask else {},
            max_age_s=max_age_s,
            now_s=lambda: NOW[-1],
        )


def cosigned(note: str, *names: str) -> str:
    text = note.split("\n\n", maxsplit=1)[0] + "\n"
    return "".join(signature_line(text, WITNESSES[name]) for name in names)


def another(size: int) -> Log:
    """Return a log of other entries, signed with the same key: a fork."""
    log = Log(size + 1)
    forked = Log(0)
    forked.bodies, forked.leaves = log.bodies[1:], log.leaves[1:]
    for start in range(0, size, 256):
        forked.tree.add(forked.leaves[start : start + 256])
    forked.note = sign(Checkpoint(SIGNER.name, size, forked.tree.root()).to_text(), SIGNER)
    return forked


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "log"
    folder.mkdir()
    with serving(folder) as url:
        yield World(folder, url)


def test_a_log_that_grows_is_followed(world: World) -> None:
    kept = None
    for size in (0, 1, 2, 8, 255, 256, 257, 600, 600):
        NOW.append(NOW[-1] + 60)
        world.show(Log(size), "a", "c")
        seen = world.look(ask=False).take(kept)
        grew = kept is None or size != 600 or kept.note.split("\n")[1] != "600"
        assert (seen.memory.grew_at_s == NOW[-1]) is grew
        kept = seen.memory
        assert seen.accepted.checkpoint.size == size


@pytest.mark.parametrize("old", [1, 2, 3, 8, 100, 256, 257])
@pytest.mark.parametrize("new", [257, 300, 600])
def test_a_fork_is_proved_wherever_it_is(world: World, old: int, new: int) -> None:
    kept = Memory(Log(old).note, NOW_S)
    world.show(another(new), "a", "b")
    with pytest.raises(Contradiction, match="has forked") as alarm:
        world.look(ask=False).take(kept)
    assert [note.split("\n")[1] for note in alarm.value.shown] == [str(old), str(new)]
    assert (len(alarm.value.proof) > 0) is (old != new)


def test_a_log_that_goes_back_is_noticed(world: World) -> None:
    world.show(Log(300), "a", "b")
    with pytest.raises(Contradiction, match="gone back: it had 600 entries and now shows 300"):
        world.look(ask=False).take(Memory(Log(600).note, NOW_S))


def test_damaged_tiles_are_no_fork(world: World) -> None:
    world.show(Log(600), "a", "b")
    whole, part = Memory(Log(512).note, NOW_S), Memory(Log(300).note, NOW_S)
    for name, memories in (("tile/0/001", [part]), ("tile/1/000.p/2", [None, whole, part])):
        content = (world.folder / name).read_bytes()
        (world.folder / name).write_bytes(b"h" * len(content))
        for kept in memories:
            with pytest.raises(Broken, match="tiles"):
                world.look(ask=False).take(kept)
        (world.folder / name).write_bytes(content)
    (world.folder / "tile/0/001").unlink()
    with pytest.raises(Broken, match="tile/0/001: missing"):
        world.look(ask=False).take(Memory(Log(300).note, NOW_S))


@pytest.mark.parametrize(
    ("names", "age_s", "sort", "says"),
    [
        ((), 0, Unvouched, "cosigned by nobody"),
        (("b",), 0, Unvouched, "cosigned by b"),
        (("a", "b"), 601, Stale, "601 s old"),
        (("a", "b"), -301, Broken, "in the future"),
    ],
)
def test_a_checkpoint_needs_a_young_quorum(
    world: World, names: tuple[str, ...], age_s: int, sort: type[Exception], says: str
) -> None:
    world.show(Log(9), *names)
    NOW.append(NOW_S + age_s)
    with pytest.raises(sort, match=says):
        world.look(ask=False).take(None)


def test_one_old_signature_does_not_make_a_quorum_old(world: World) -> None:
    note = world.show(Log(9), "a")
    NOW.append(NOW_S + 700)
    world.show(Log(9), "b", "c", note=note)
    world.look(ask=False).take(None)


def test_a_log_that_signs_no_time_must_grow(world: World) -> None:
    text = f"log {KEY}\nquorum none\n"
    world.show(Log(9))
    kept = world.look(text=text).take(None).memory
    NOW.append(NOW_S + 700)
    with pytest.raises(Stale, match="not grown for 700 s"):
        world.look(text=text).take(kept)
    world.show(Log(10))
    world.look(text=text).take(kept)


def test_the_time_in_a_log_s_own_signature_counts(world: World) -> None:
    signer = MlDsaSigner(SIGNER.name, b"m" * 32, now_s=lambda: NOW[-1])
    log = Log(9)
    note = log.note + signature_line(log.note.split("\n\n")[0] + "\n", signer)
    text = f"log {KEY}\nlog {signer.verifier()}\nquorum none\n"
    world.show(log, note=note)
    kept = Memory(log.note, NOW_S - 10_000)
    world.look(text=text).take(kept)
    NOW.append(NOW_S + 700)
    with pytest.raises(Stale, match="newest signature is 700 s old"):
        world.look(text=text).take(kept)


def test_witnesses_that_know_the_same_history_are_enough_by_all_but_k_and_one(
    world: World,
) -> None:
    note = world.show(Log(300), "a", "b")
    world.witness("a", Log(300).note)
    with pytest.raises(Unvouched, match="only a could be asked"):
        world.look().take(None)
    world.witness("c", Log(100).note)  # Slower than the others, and of the same mind.
    assert world.look().take(None).heard == ("a", "c")
    assert world.look().take(Memory(note, NOW_S)).heard == ("a", "c")


@pytest.mark.parametrize("size", [100, 128, 300])
def test_a_witness_who_saw_another_history_is_the_proof(world: World, size: int) -> None:
    world.show(Log(300), "a", "b")
    world.witness("a", Log(300).note)
    world.witness("c", another(size).note)
    with pytest.raises(Contradiction, match="has forked"):
        world.look().take(None)


def test_a_witness_may_be_ahead_for_a_while(world: World) -> None:
    world.show(Log(300), "a", "b")
    world.witness("a", Log(300).note)
    world.witness("c", Log(310).note)
    assert world.look().take(None).heard == ("a", "c")
    NOW.append(NOW_S + 400)
    with pytest.raises(Unvouched, match="saw 310 entries long ago; the log shows 300"):
        world.look().take(None)


def test_what_an_old_or_lying_witness_says_does_not_count(world: World) -> None:
    world.show(Log(300), "a", "b")
    world.witness("a", Log(300).note)
    world.witness("b", Log(300).note.replace("300", "301"))
    with pytest.raises(Unvouched, match="b: the checkpoint cannot be believed"):
        world.look().take(None)
    world.witness("b", Log(300).note)
    NOW.append(NOW_S + 601)
    world.show(Log(300), "a", "b")
    world.witness("a", Log(300).note)
    with pytest.raises(Unvouched, match="b: its newest signature is 601 s old"):
        world.look().take(None)


def test_silence_and_nonsense_are_told_apart(world: World) -> None:
    with pytest.raises(Silent, match="there is none"):
        world.look().take(None)
    (world.folder / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(Broken, match="not text"):
        world.look().take(None)
    (world.folder / "checkpoint").write_text("nonsense")
    with pytest.raises(Broken, match="cannot be believed"):
        world.look().take(None)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_who_answers_a_byte_at_a_time_does_not_keep_the_monitor_silent(head: bytes) -> None:
    over = Event()

    def dribble(server: socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(head)
            while not over.wait(0.02):
                connection.sendall(b"x")

    with create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=dribble, args=(server,))
        thread.start()
        began_s = monotonic()
        try:
            with pytest.raises(Unreachable, match="took too long"):
                Site(f"http://127.0.0.1:{server.getsockname()[1]}", timeout_s=0.1).get("checkpoint")
            assert monotonic() - began_s < 5
        finally:
            over.set()
            thread.join()


def test_a_key_that_follows_another_needs_both_in_the_policy(world: World) -> None:
    """Until the kept checkpoint is one of the new key."""
    newer = Ed25519Signer(SIGNER.name, b"n" * 32)
    world.show(Log(9))
    kept = world.look(text=f"log {KEY}\nquorum none\n").take(None).memory
    log = Log(12)
    world.show(log, note=sign(log.note.split("\n\n")[0] + "\n", newer))
    alone, both = f"log {newer.verifier()}\nquorum none\n", f"log {KEY}\n"
    with pytest.raises(Broken, match="the kept checkpoint cannot be believed"):
        world.look(text=alone).take(kept)
    kept = world.look(text=both + alone).take(kept).memory
    assert world.look(text=alone).take(kept).grew is False


def test_the_command_ends_with_what_it_found(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "monitor.json"
    command = ["monitor", world.url, "--key", str(KEY), "--state", str(state), "--once"]
    assert main(command) == 5
    world.show(Log(300))
    assert main(command) == 0
    assert "following ledger.example/log from 300 entries on" in capsys.readouterr().out
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    world.show(Log(310))
    assert main(command) == 0
    assert "310 entries, continuing" in capsys.readouterr().out
    before = state.read_bytes()
    (world.folder / "checkpoint").write_text(another(310).note)
    for _ in range(2):  # It stays with what it knows.
        assert main(command) == 1
        assert "ALARM: the log has forked" in capsys.readouterr().err
    assert state.read_bytes() == before
    (evidence,) = tmp_path.glob("evidence-*.json")
    found = json.loads(evidence.read_text())
    assert found["checkpoints"] == [Log(310).note, another(310).note]
    world.show(Log(310), note=Log(310).note.replace("310", "311"))
    assert main(command) == 3
    old = tmp_path / "policy"
    old.write_text(world.text)
    world.show(Log(310), "a", "b")
    policy = ["monitor", world.url, "--policy", str(old), "--state", str(state), "--once"]
    assert main(policy) == 4
    assert main(["monitor", "nonsense", *command[2:]]) == 2
    state.write_text("{}")
    assert main(command) == 2
    nobody = ["monitor", world.url, "--state", str(tmp_path / "new"), "--once"]
    assert main(nobody) == 2, "no alarm: nothing was looked at"


def test_a_fork_is_an_alarm_where_the_evidence_cannot_be_kept(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.show(Log(310))
    command = ["monitor", world.url, "--key", str(KEY), "--state", str(tmp_path / "s"), "--once"]
    assert main(command) == 0
    (world.folder / "checkpoint").write_text(another(310).note)

    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("audit.monitor.command.write_whole", full)
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "ALARM" in said
    assert "No space left" in said
    evidence = json.loads(said[said.index("{") :])
    assert evidence["checkpoints"] == [Log(310).note, another(310).note]


def test_the_command_goes_on_until_it_is_sure(world: World, tmp_path: Path) -> None:
    state = tmp_path / "monitor.json"
    command = ["monitor", world.url, "--key", str(KEY), "--state", str(state), "--every", "1"]
    assert main(command) == 5


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"note": 1, "grew_at_s": 1}', "\x00"])
def test_a_state_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state"
    path.write_text(text)
    with pytest.raises(BadMemory):
        load(path)


def test_the_state_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert load(path) is None
    for memory in (Memory("— one\n", 1), Memory("two\n", 2)):
        save(path, memory)
        kept = load(path)
        assert kept == memory
    assert [*tmp_path.iterdir()] == [path]
