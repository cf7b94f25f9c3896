"""Notes, against the example of golang.org/x/mod/sumdb/note and what must be refused."""

from base64 import b64decode
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import Checkpoint, NoteError
from audit.cosignature import CosignatureSigner, parse_key
from audit.ed25519 import Ed25519Signer, Ed25519Verifier
from audit.note import read, read_any, sign, signature_line

# From the documentation of that package; the private key there is published on purpose.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PETER = Ed25519Verifier.parse(KEY)


def test_signing_gives_the_published_note() -> None:
    signer = Ed25519Signer("PeterNeumann", SEED)

    assert sign(TEXT, signer) == NOTE
    assert str(signer.verifier()) == KEY
    assert read(NOTE, PETER) == TEXT


def test_a_witness_may_add_a_signature() -> None:
    assert read(NOTE + "— witness.example AAAAAAA=\n", PETER) == TEXT


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        NOTE.removesuffix("\n"),
        NOTE.replace("problem is", "solution is"),
        NOTE.replace("— PeterNeumann", "- PeterNeumann"),
        NOTE.replace("PeterNeumann", "EnochRoot"),
        NOTE.replace("x08go", "y08go"),
        NOTE.replace("ZJku", "ZJkv"),
        NOTE.replace("BwJnAM=", "BwJnAM"),
        NOTE.replace("think", "th\tnk"),
        NOTE + "— extra\n",
        NOTE.replace("— PeterNeumann", "— PeterNeumann more"),
    ],
)
def test_anything_else_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        read(note, PETER)


@pytest.mark.parametrize(
    "key",
    ["", "PeterNeumann", KEY.replace("c74f20a3", "c74f20a4"), KEY.replace("+AR", "+BR"), KEY[:-4]],
)
def test_a_key_is_spelled_in_one_way(key: str) -> None:
    for parse in (Ed25519Verifier.parse, parse_key):
        with pytest.raises(NoteError):
            parse(key)


def test_the_golden_note_of_the_specification() -> None:
    foo = Ed25519Verifier.parse(
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    )
    text = "This is an example message.\n"
    signature = (
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
        "OBH3mFXmRKuwHjG1Yu72IneyaQM="
    )
    note = f"{text}\n— example.com/foo {signature}\n"

    assert read(note, foo) == text
    with pytest.raises(NoteError, match="is wrong"):
        read(note.replace("example m", "example M"), foo)


def test_a_note_of_sixteen_signatures_is_read_and_one_of_a_known_key_must_be_right() -> None:
    signers = [Ed25519Signer(f"witness-{n}.example", bytes([n]) * 32) for n in range(16)]
    verifiers = [signer.verifier() for signer in signers]
    note = sign(TEXT, *signers)

    text, found = read_any(note, verifiers)
    assert (text, found) == (TEXT, verifiers)

    forged = Ed25519Signer("witness-3.example", b"\x03" * 32)
    forging = {"name": forged.name, "key_id": forged.key_id, "sign": lambda _: b"\0" * 64}
    with pytest.raises(NoteError, match=r"witness-3\.example is wrong"):
        read_any(note + signature_line(TEXT, SimpleNamespace(**forging)), verifiers)


def test_a_cosignature_says_when() -> None:
    witness = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1_700_000_000)
    note = NOTE + signature_line(TEXT, witness)
    verifier = witness.verifier()

    assert parse_key(str(verifier)) == verifier
    assert parse_key(KEY) == PETER
    assert verifier.key_id != Ed25519Verifier(verifier.name, verifier.public_key).key_id
    assert read_any(note, [PETER, verifier]) == (TEXT, [PETER, verifier])
    assert verifier.signed_at_s(witness.sign(TEXT.encode())) == 1_700_000_000

    later = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1_700_000_001)
    assert not verifier.verifies(TEXT.encode(), later.sign(TEXT.encode())[:8] + b"\0" * 64)
    signature = witness.sign(TEXT.encode())
    assert not verifier.verifies(TEXT.encode(), b"\0" * 8 + signature[8:])
    assert not verifier.verifies(TEXT.encode(), b"\0")


@pytest.mark.parametrize("name", ["", "two words", "one+one"])
def test_a_name_that_a_note_could_not_carry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a key"):
        Ed25519Signer(name, SEED)


@given(st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_survives_its_text(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("example.com/log", size, root)

    assert Checkpoint.from_text(checkpoint.to_text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nx\n",
        "o\n1\nAAAA\n",
        "\n1\n" + "A" * 43 + "=\n",
        *(f"o\n{size}\n{'A' * 43}=\n" for size in ("-1", "+1", "1_0", "01", "\u0661", 2**64)),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.from_text(text)
