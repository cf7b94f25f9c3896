"""A receipt proves one entry, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import NoteError, ProofError, Receipt
from audit.ed25519 import Ed25519Signer, Ed25519Verifier
from tests.audit.logs import KEY, Log

LOG = Log(300)
RECEIPT = LOG.receipt(137)
TEXT = RECEIPT.to_text()


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257])
def test_every_entry_has_a_receipt(size: int) -> None:
    log = Log(size)
    for index in {0, size // 2, size - 1}:
        receipt = Receipt.from_text(log.receipt(index).to_text())
        assert receipt.verify(log.bodies[index], KEY).size == size


def test_it_reads_as_the_specification_says() -> None:
    first, second, *hashes = TEXT.split("\n\n")[0].split("\n")

    assert (first, second, len(hashes)) == ("c2sp.org/tlog-proof@v1", "index 137", 9)
    assert TEXT.endswith("\n\n" + LOG.note)
    extra = Receipt(137, RECEIPT.path, LOG.note, extra=b"\x00more")
    assert extra.to_text().split("\n")[1] == "extra AG1vcmU="
    assert Receipt.from_text(extra.to_text()) == extra


def test_another_entry_or_key_is_refused() -> None:
    with pytest.raises(ProofError):
        RECEIPT.verify(LOG.bodies[136], KEY)
    with pytest.raises(NoteError, match="not signed by"):
        RECEIPT.verify(LOG.bodies[137], Ed25519Signer("other.example", b"o" * 32).verifier())
    with pytest.raises(NoteError, match="is wrong"):
        key = Ed25519Verifier(KEY.name, KEY.public_key)
        swapped = LOG.note.replace("300\n", "301\n")
        Receipt(137, RECEIPT.path, swapped).verify(LOG.bodies[137], key)


@given(st.integers(0, len(TEXT.encode()) * 8 - 1))
def test_one_changed_bit_is_refused(bit: int) -> None:
    damaged = bytearray(TEXT.encode())
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises((ProofError, NoteError, UnicodeDecodeError)):
        Receipt.from_text(damaged.decode()).verify(LOG.bodies[137], KEY)


@given(st.text() | st.text().map(lambda more: TEXT + more).filter(lambda text: text != TEXT))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises((ProofError, NoteError)):
        Receipt.from_text(text).verify(LOG.bodies[137], KEY)
