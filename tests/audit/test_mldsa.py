"""ML-DSA-44 signs a checkpoint's structure, and nothing in it can change unnoticed."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import Checkpoint, NoteError
from audit.cosignature import parse_key
from audit.ed25519 import Ed25519Signer
from audit.mldsa import MlDsaSigner, MlDsaVerifier
from audit.note import read_any, sign

NOW_S = 1_700_000_000
SIGNER = MlDsaSigner("ledger.example/log", b"m" * 32, now_s=lambda: NOW_S)
KEY = SIGNER.verifier()
CHECKPOINT = Checkpoint("ledger.example/log", 70_000, b"r" * 32)
TEXT = CHECKPOINT.to_text().encode()


def test_the_message_is_the_structure_of_the_specification() -> None:
    """Built here by hand, and checked with ``cryptography`` alone."""
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415

    signature = SIGNER.sign(TEXT)
    name = b"ledger.example/log"
    message = (
        b"subtree/v1\n\0\x12" + name + NOW_S.to_bytes(8, "big") + b"\x12" + name
        + bytes(8) + (70_000).to_bytes(8, "big") + b"r" * 32
    )  # fmt: skip

    assert signature[:8] == NOW_S.to_bytes(8, "big")
    assert len(signature) == 8 + 2420
    MLDSA44PublicKey.from_public_bytes(KEY.public_key).verify(signature[8:], message)


def test_the_key_of_a_seed_is_pinned() -> None:
    assert KEY.key_id.hex() == "86af0dc6"
    assert (
        sha256(str(KEY).encode()).hexdigest()
        == "c39322c10df37a3bf3facba93f31168d5695c80b2cb9b282cbf2e28dc8c21a98"
    )
    assert KEY.key_id == sha256(b"ledger.example/log\n\x06" + KEY.public_key).digest()[:4]


def test_a_key_is_spelled_in_one_way() -> None:
    assert parse_key(str(KEY)) == KEY
    text = str(KEY)
    for wrong in (
        text[:-4],
        text + "AAAA",
        text.replace("+B", "+A"),
        text.replace("log+", "lag+"),
    ):
        with pytest.raises(NoteError):
            parse_key(wrong)
        with pytest.raises(NoteError):
            MlDsaVerifier.parse(wrong)


def test_a_log_signs_with_both_keys_and_either_is_enough() -> None:
    classic = Ed25519Signer("ledger.example/log", b"e" * 32)
    note = sign(TEXT.decode(), classic, SIGNER)

    assert read_any(note, [classic.verifier(), KEY])[1] == [classic.verifier(), KEY]
    assert read_any(note, [KEY])[1] == [KEY]
    with pytest.raises(NoteError, match="is wrong"):
        read_any(note.replace("70000", "70001"), [KEY])


@settings(max_examples=200)
@given(st.data())
def test_one_changed_bit_is_refused(data: st.DataObject) -> None:
    parts = [bytearray(SIGNER.sign(TEXT)), bytearray(TEXT), bytearray(KEY.public_key)]
    part = data.draw(st.sampled_from(parts))
    at = data.draw(st.integers(0, len(part) - 1))
    part[at] ^= 1 << data.draw(st.integers(0, 7))
    signature, text, key = map(bytes, parts)

    assert not MlDsaVerifier(KEY.name, key).verifies(text, signature)


def test_the_name_of_the_signer_is_signed_too() -> None:
    assert not MlDsaVerifier("other.example", KEY.public_key).verifies(TEXT, SIGNER.sign(TEXT))


@pytest.mark.parametrize("signature", [b"", b"1234567", bytes(8), b"\xff" * 2428])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    assert not KEY.verifies(TEXT, signature)


def test_what_is_no_checkpoint_is_not_signed() -> None:
    with pytest.raises(NoteError):
        SIGNER.sign(b"something else\n")
    assert not KEY.verifies(b"something else\n", SIGNER.sign(TEXT))
    long = MlDsaSigner("n" * 256, b"m" * 32, now_s=lambda: NOW_S)
    with pytest.raises(NoteError, match="1 to 255 bytes"):
        long.sign(TEXT)
