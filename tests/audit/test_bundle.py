"""A bundle verifies as it was made, and in no other way."""

import subprocess
import sys
import tracemalloc
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit import Checkpoint, ProofError
from audit.__main__ import main
from audit.archive import Damaged, Writer
from audit.bundle import Proved, Stated, WrongLog, selection, whole
from audit.ed25519 import Ed25519Signer
from audit.note import read
from audit.statement import Covers
from audit.tiles import Tile, from_bundle
from audit.verify import entries, verify
from tests.audit.logs import BLOBS, KEY, POLICY, Log

LOG = Log(600)
WHOLE = LOG.whole()
SELECTION = LOG.selection(0, 3, *range(200, 500), 599)
SMALL_WHOLE = Log(9).whole()
SMALL_SELECTION = Log(9).selection(1, 4, 8)
OTHER = Ed25519Signer("ledger.example/log", b"o" * 32).verifier()


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512])
def test_a_whole_log_verifies_at_every_width(size: int) -> None:
    log = Log(size)
    found = verify(BytesIO(log.whole()), KEY)

    assert (found.statement.covers, found.statement.entries) == (Covers.WHOLE, size)
    assert [body for _, body in entries(BytesIO(log.whole()))] == log.bodies


@pytest.mark.parametrize("indexes", [(), (0,), (599,), (0, 1, 2, 598, 599), tuple(range(600))])
def test_any_selection_verifies(indexes: tuple[int, ...]) -> None:
    bundle = LOG.selection(*indexes)

    assert verify(BytesIO(bundle), KEY).statement.entries == len(indexes)
    assert list(entries(BytesIO(bundle))) == [(index, LOG.bodies[index]) for index in indexes]


def test_the_same_log_gives_the_same_bytes() -> None:
    assert LOG.whole() == WHOLE
    assert LOG.selection(0, 3, *range(200, 500), 599) == SELECTION


def test_any_tool_unpacks_it_and_finds_a_log_in_tiles() -> None:
    with ZipFile(BytesIO(WHOLE)) as unpacked:
        assert unpacked.testzip() is None
        assert unpacked.read("checkpoint").decode() == LOG.note
        assert from_bundle(unpacked.read(str(Tile(None, 2, 88)))) == LOG.bodies[512:]
        assert len(unpacked.read(str(Tile(1, 0, 2)))) == 64
        assert POLICY in {unpacked.read(name) for name in unpacked.namelist()}


@pytest.mark.parametrize("bundle", [WHOLE, SELECTION], ids=["whole", "selection"])
def test_one_changed_byte_anywhere_is_refused_and_says_where(bundle: bytes) -> None:
    chance = Random(1)
    offsets = {*range(200), *range(len(bundle) - 700, len(bundle))}
    offsets |= {chance.randrange(len(bundle)) for _ in range(1500)}
    for offset in offsets:
        damaged = bytearray(bundle)
        damaged[offset] ^= 1 << chance.randrange(8)
        with pytest.raises(Damaged, match=r"^byte [0-9,]+, [A-Za-z0-9/. ]+: "):
            verify(BytesIO(damaged))


def test_a_damaged_entry_is_named() -> None:
    damaged = WHOLE.replace(LOG.bodies[517], LOG.bodies[517][:-1] + b"!")
    with pytest.raises(
        Damaged, match=r"tile/entries/002\.p/88: .*entry 517 is not what was hashed"
    ):
        verify(BytesIO(damaged))


@pytest.mark.parametrize("cut", [1, 21, 22, 500, len(WHOLE) // 2, len(WHOLE)])
def test_a_file_that_was_cut_is_refused(cut: int) -> None:
    with pytest.raises(Damaged, match="the file ends here"):
        verify(BytesIO(WHOLE[:-cut]))


def test_a_file_that_goes_on_is_refused() -> None:
    with pytest.raises(Damaged, match="nothing"):
        verify(BytesIO(WHOLE + b"\0"))


def forge(bundle: bytes, **changes: bytes) -> bytes:
    """Return *bundle* with other contents and checksums that fit: a forger's, not chance's."""
    archive = Writer()
    with ZipFile(BytesIO(bundle)) as unpacked:
        contents = {name: unpacked.read(name) for name in unpacked.namelist()}
    pieces = [archive.member(*item) for item in {**contents, **changes}.items()]
    return b"".join([*pieces, archive.end()])


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("README.txt", b"All is well.", "not the text that bundle.json names"),
        ("bundle.json", b"{}", "not the statement"),
        ("key", f"{OTHER}\n".encode(), "not signed by"),
        ("key", b"nonsense\n", "not a verifier key"),
        ("checkpoint", Log(599).note.encode(), "of another log or size"),
        ("checkpoint", b"nonsense", "malformed"),
        ("tile/0/000", b"h" * 8192, "entry 0 is not what was hashed"),
        ("tile/entries/000", b"\0\0" * 255, "255 entries where 256 belong"),
        ("tile/1/000.p/2", b"h" * 64, "not the hashes of what is below"),
        (f"blobs/{max(BLOBS)}", b"other text", "not the text whose SHA-256"),
    ],
)
def test_a_forger_who_knows_the_format_is_found_out(
    name: str, content: bytes, complaint: str
) -> None:
    assert forge(WHOLE) == WHOLE
    with pytest.raises(Damaged, match=complaint):
        verify(BytesIO(forge(WHOLE, **{name: content})))


@given(st.data())
def test_whatever_a_forger_writes_is_refused_in_words(data: st.DataObject) -> None:
    bundle = data.draw(st.sampled_from([SMALL_WHOLE, SMALL_SELECTION]))
    with ZipFile(BytesIO(bundle)) as unpacked:
        # The statement is the exporter's own, and nothing else in a bundle can prove it.
        names = [name for name in unpacked.namelist() if name != "bundle.json"]
        name = data.draw(st.sampled_from(names))
        content = unpacked.read(name)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    forged = content[:start] + data.draw(st.binary(max_size=40)) + content[end:]
    assume(forged != content)

    with pytest.raises(Damaged, match=r"^byte [0-9,]+, "):
        verify(BytesIO(forge(bundle, **{name: forged})))


@given(st.binary(max_size=2000))
def test_what_is_no_bundle_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Damaged):
        verify(BytesIO(content))


def test_entries_of_another_log_do_not_lead_to_the_root() -> None:
    with ZipFile(BytesIO(Log(600).whole())) as unpacked:
        names = [name for name in unpacked.namelist() if name.startswith("tile/")]
        swapped = {name: unpacked.read(name) for name in names}
    first, second = "tile/entries/000", "tile/entries/001"
    swapped[first], swapped[second] = swapped[second], swapped[first]
    first, second = "tile/0/000", "tile/0/001"
    swapped[first], swapped[second] = swapped[second], swapped[first]
    with pytest.raises(Damaged, match="do not lead to the root"):
        verify(BytesIO(forge(WHOLE, **swapped)))


def test_the_key_that_was_given_elsewhere_decides() -> None:
    with pytest.raises(Damaged, match="and you expected"):
        verify(BytesIO(WHOLE), OTHER)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513, 599, 600])
def test_the_log_continues_every_checkpoint_that_it_signed(size: int) -> None:
    kept = Checkpoint.from_text(read(Log(size).note, KEY))
    verify(BytesIO(WHOLE), KEY, kept=kept)

    with pytest.raises(ProofError, match="another history"):
        verify(BytesIO(WHOLE), KEY, kept=Checkpoint(kept.origin, kept.size, b"f" * 32))


def test_what_cannot_be_compared_with_a_kept_checkpoint_says_so() -> None:
    kept = Checkpoint.from_text(read(LOG.note, KEY))
    for bundle in (SELECTION, Log(599).whole()):
        with pytest.raises(ProofError, match="only a bundle of the whole log"):
            verify(BytesIO(bundle), KEY, kept=kept)
    with pytest.raises(ProofError, match="of another log"):
        verify(BytesIO(WHOLE), KEY, kept=Checkpoint("other.example", 1, b"f" * 32))


def test_the_command_compares_with_a_kept_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, kept = tmp_path / "bundle.zip", tmp_path / "checkpoint"
    path.write_bytes(WHOLE)
    kept.write_text(Log(300).note)
    command = ["verify", str(path), "--kept", str(kept)]

    assert main([*command, "--key", str(KEY)]) == 0
    assert "continues the log of the checkpoint" in capsys.readouterr().out
    assert main(command) == 2
    assert "--kept needs --key" in capsys.readouterr().err
    kept.write_text(Log(300).note.replace("300\n", "301\n"))
    assert main([*command, "--key", str(KEY)]) == 1
    kept.write_bytes(b"\xff")
    assert main([*command, "--key", str(KEY)]) == 1


def test_no_bundle_is_made_of_entries_that_do_not_fit() -> None:
    about = Stated("", "", "", {}, demonstration=False)
    common = {"note": LOG.note, "key": KEY, "stated": about, "blobs": {}}
    for bodies in (LOG.bodies[:-1], [*LOG.bodies[:-1], b"forged"]):
        with pytest.raises(WrongLog, match="do not lead"):
            list(whole(entries=bodies, **common))  # type: ignore[arg-type]
    with pytest.raises(WrongLog, match="1 were announced"):
        list(selection(entries=[], count=1, **common))  # type: ignore[arg-type]
    one = Proved(0, LOG.bodies[0], LOG.receipt(0).path)
    with pytest.raises(WrongLog, match="does not come after"):
        list(selection(entries=[one, one], count=2, **common))  # type: ignore[arg-type]
    with pytest.raises(WrongLog, match="SHA-256"):
        wrong = {**common, "blobs": {"0" * 64: lambda: b"text"}}
        list(whole(entries=LOG.bodies, **wrong))  # type: ignore[arg-type]


def test_memory_is_flat(tmp_path: Path) -> None:
    paths = [tmp_path / "small", tmp_path / "large"]
    for path, size in zip(paths, (2_000, 20_000), strict=True):
        path.write_bytes(Log(size).whole())
    peaks = []
    for path in paths:
        with path.open("rb") as file:
            tracemalloc.start()
            verify(file)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5
    assert paths[1].stat().st_size > 5 * peaks[1]


def test_the_command_tells_and_its_status_says_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(LOG.whole(demonstration=True))

    assert main(["verify", str(path), "--key", str(KEY)]) == 0
    said = capsys.readouterr().out
    assert "VERIFIED: all 600 entries, of the log ledger.example/log" in said
    assert "DEMONSTRATION" in said
    assert "compare it" not in said
    assert main(["verify", str(path)]) == 0
    assert "compare it" in capsys.readouterr().out

    path.write_bytes(SELECTION)
    assert main(["verify", str(path)]) == 0
    assert "these are the entries with: kind = test.made" in capsys.readouterr().out
    assert main(["list", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"3\t{LOG.bodies[3].decode()}"

    path.write_bytes(SELECTION[:-1])
    assert main(["verify", str(path)]) == 1
    assert "DOES NOT VERIFY: byte " in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "none")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_a_receipt_is_checked_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt, entry = tmp_path / "receipt", tmp_path / "entry"
    receipt.write_text(LOG.receipt(7).to_text())
    entry.write_bytes(LOG.bodies[7])
    command = ["receipt", str(receipt), "--entry", str(entry), "--key", str(KEY)]

    assert main(command) == 0
    assert "VERIFIED: this is entry 7 of the log" in capsys.readouterr().out
    entry.write_bytes(LOG.bodies[8])
    assert main(command) == 1
    assert "DOES NOT VERIFY" in capsys.readouterr().err
    receipt.write_bytes(b"\xff")
    assert main(command) == 1


def test_the_folder_works_alone(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(WHOLE)
    source = Path(__file__).parents[2] / "audit"
    (tmp_path / "audit").symlink_to(source)
    command = [sys.executable, "-m", "audit", "verify", str(path), "--key", str(KEY)]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"VERIFIED")
