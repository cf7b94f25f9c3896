"""A log in a folder or under a URL verifies as it was published, and in no other way."""

import shutil
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from audit import Checkpoint, NoteError, ProofError
from audit.__main__ import main
from audit.archive import Damaged
from audit.cosignature import CosignatureSigner
from audit.note import signature_line
from audit.policy import Policy
from audit.published import Folder, Found, Remote, verify
from audit.web import Site, Unreachable
from tests.audit.logs import KEY, SIGNER, Log
from tests.audit.publishing import publish, serving

POLICY = Policy.of_log(KEY)
WITNESS = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1_700_000_000)
LOG = Log(600)


def check(folder: Path, *, entries: bool = True, kept: Checkpoint | None = None) -> Found:
    return verify(Folder(folder), POLICY, entries=entries, kept=kept)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 600])
def test_a_folder_verifies_at_every_width(tmp_path: Path, size: int) -> None:
    publish(Log(size), tmp_path)
    for entries in (True, False):
        assert check(tmp_path, entries=entries).accepted.checkpoint.size == size


def test_a_log_of_two_levels_verifies(tmp_path: Path) -> None:
    publish(Log(65_537), tmp_path)
    done: list[int] = []
    verify(Folder(tmp_path), POLICY, entries=True, advance=lambda n, _: done.append(n))
    assert (done[0], done[-1]) == (256, 65_537)


def test_older_partial_tiles_are_checked_where_they_are(tmp_path: Path) -> None:
    for size in (3, 300, 600):
        publish(Log(size), tmp_path)
    check(tmp_path)
    (tmp_path / "tile/0/000.p/3").write_bytes(b"h" * 96)
    with pytest.raises(Damaged, match=r"tile/0/000\.p/3: does not agree with tile/0/000"):
        check(tmp_path)


def test_a_partial_tile_that_was_dropped_is_cut_from_the_full_one(tmp_path: Path) -> None:
    publish(Log(1024), tmp_path)
    (tmp_path / "checkpoint").write_text(LOG.note)
    shutil.rmtree(tmp_path / "tile/1")
    publish_upper = Log(600).tree
    for tile in publish_upper.upper_tiles():
        path = tmp_path / str(tile)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(publish_upper.hashes(tile))
    assert check(tmp_path).accepted.checkpoint.size == 600


def test_one_changed_bit_in_any_file_is_refused(tmp_path: Path) -> None:
    publish(Log(90), tmp_path)
    publish(Log(300), tmp_path)
    chance = Random(2)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for _ in range(25):
            damaged = bytearray(content)
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            with pytest.raises((Damaged, NoteError)):
                check(tmp_path)
        path.write_bytes(content)
    check(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("tile/0/001.p/44", None, r"tile/0/001\.p/44: missing"),
        ("tile/0/000", b"h" * 31, "has 31 bytes, and not 256 hashes"),
        ("tile/entries/000", None, "tile/entries/000: missing"),
        ("tile/entries/000", b"\0\0" * 255, "255 entries where 256 belong"),
        ("tile/1/000.p/1", b"h" * 32, "not the hashes of what is below"),
        ("checkpoint", None, "not a published log"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    publish(Log(300), tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Damaged, match=complaint):
        check(tmp_path)


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    publish(Log(300), tmp_path)
    path = tmp_path / "tile/entries/001.p/44"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"!")
    with pytest.raises(Damaged, match="entry 299 is not what was hashed"):
        check(tmp_path)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 599, 600])
def test_a_folder_continues_every_checkpoint_of_it(tmp_path: Path, size: int) -> None:
    publish(LOG, tmp_path)
    kept = POLICY.signed(Log(size).note).checkpoint
    check(tmp_path, kept=kept)
    with pytest.raises(ProofError, match="another history"):
        check(tmp_path, kept=Checkpoint(kept.origin, kept.size, b"f" * 32))


def test_a_log_that_went_back_is_refused(tmp_path: Path) -> None:
    publish(Log(9), tmp_path)
    with pytest.raises(ProofError, match="gone back"):
        check(tmp_path, kept=POLICY.signed(LOG.note).checkpoint)
    with pytest.raises(ProofError, match="of another log"):
        check(tmp_path, kept=Checkpoint("other.example", 1, b"f" * 32))


def test_a_live_log_is_checked_over_http(tmp_path: Path) -> None:
    publish(Log(5_000), tmp_path)
    with serving(tmp_path) as url:
        for token in (None, "let-me"):
            place = Remote(Site(url, token=token))
            found = verify(place, POLICY, entries=token is not None)
            assert found.accepted.checkpoint.size == 5_000
        with pytest.raises(Unreachable, match="answered 403"):
            verify(Remote(Site(url, token="wrong")), POLICY, entries=True)
        (tmp_path / "tile/0/007").write_bytes(b"h" * 8192)
        with pytest.raises(Damaged, match="do not lead to the root"):
            verify(Remote(Site(url)), POLICY, entries=False)
    with pytest.raises(Unreachable):
        verify(Remote(Site(url)), POLICY, entries=False)


@pytest.mark.parametrize("url", ["", "ftp://h", "https://", "http://h/?q", "//h"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL"):
        Site(url)


def test_the_command_takes_a_folder_a_url_and_a_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, policy, kept = tmp_path / "log", tmp_path / "policy", tmp_path / "kept"
    text = LOG.note.split("\n\n")[0] + "\n"
    folder.mkdir()
    publish(LOG, folder, note=LOG.note + signature_line(text, WITNESS))
    kept.write_text(Log(300).note)
    policy.write_text(f"log {KEY}\nwitness w {WITNESS.verifier()}\nquorum w\n")
    told = [str(folder), "--policy", str(policy), "--kept", str(kept)]

    assert main(["verify", *told]) == 0
    out = capsys.readouterr().out
    assert "VERIFIED: all 600 entries, of the log ledger.example/log" in out
    assert "cosigned by w at 2023-11-14 22:13:20 UTC" in out
    assert "it continues the log of the checkpoint" in out
    with serving(folder) as url:
        assert main(["verify", url, "--key", str(KEY)]) == 0
        assert "VERIFIED: all 600 hashes of entries" in capsys.readouterr().out
        assert main(["verify", url, "--key", str(KEY), "--token", "let-me"]) == 0
        assert "VERIFIED: all 600 entries" in capsys.readouterr().out
    assert main(["verify", url, "--key", str(KEY)]) == 2
    assert "no answer" in capsys.readouterr().err
    (folder / "checkpoint").write_text(LOG.note)
    assert main(["verify", *told]) == 1
    assert "not cosigned by a quorum" in capsys.readouterr().err
    assert main(["verify", str(folder)]) == 2, "nothing was checked"
    assert "give --key or --policy" in capsys.readouterr().err


def test_a_receipt_and_a_bundle_are_held_to_a_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, bundle = tmp_path / "policy", tmp_path / "bundle.zip"
    policy.write_text(f"log {KEY}\nwitness w {WITNESS.verifier()}\nquorum w\n")
    log, entry, receipt = Log(20), tmp_path / "entry", tmp_path / "receipt"
    entry.write_bytes(log.bodies[7])
    commands = (
        ["verify", str(bundle), "--policy", str(policy)],
        ["receipt", str(receipt), "--entry", str(entry), "--policy", str(policy)],
    )
    for status in (1, 0):
        bundle.write_bytes(log.whole())
        receipt.write_text(log.receipt(7).to_text())
        for command in commands:
            assert main(command) == status
        said = capsys.readouterr()
        assert ("not cosigned by a quorum (w)" in said.err) is bool(status)
        assert ("cosigned by w at" in said.out) is not bool(status)
        log.note += signature_line(log.note.split("\n\n")[0] + "\n", WITNESS)
    other = f"{SIGNER.name}+00000000+AAAA"
    with pytest.raises(SystemExit):
        main(["verify", str(bundle), "--key", other])


def test_memory_is_flat(tmp_path: Path) -> None:
    peaks = []
    for size in (3_000, 30_000):
        folder = tmp_path / str(size)
        folder.mkdir()
        publish(Log(size), folder)
        tracemalloc.start()
        check(folder)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5
