"""Every single bit of what is handed out counts: each is flipped, one after the other."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from audit import Checkpoint, NoteError, ProofError, Receipt
from audit.archive import Damaged
from audit.cosignature import CosignatureSigner
from audit.merkle import leaf_hash
from audit.note import Verifier, read_any, sign, signature_line
from audit.policy import Policy
from audit.proofs import verify_consistency
from audit.published import Found, verify
from audit.tiles import Tile, tiles, to_bundle
from audit.witness.request import Refused, read_request
from tests.audit.logs import KEY, SIGNER, Log
from tests.audit.rfc import Tree, leaves_of

WITNESS = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1_700_000_000)
POLICY = Policy.parse(f"log {KEY}\nwitness w {WITNESS.verifier()}\nquorum w\n")
LOG = Log(7)
TEXT = LOG.note.split("\n\n")[0] + "\n"
NOTE = LOG.note + signature_line(TEXT, WITNESS)


def flips(content: bytes) -> list[bytes]:
    """Return *content* with each of its bits flipped."""
    made = []
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        made.append(bytes(changed))
    return made


def test_every_bit_of_a_cosigned_receipt_counts() -> None:
    receipt = Receipt(5, LOG.receipt(5).path, NOTE).to_text().encode()
    Receipt.from_text(receipt.decode()).verify_by(POLICY, LOG.bodies[5])
    for damaged in flips(receipt):
        with pytest.raises((ProofError, NoteError, UnicodeDecodeError)):
            Receipt.from_text(damaged.decode()).verify_by(POLICY, LOG.bodies[5])


def test_every_bit_of_the_entry_counts() -> None:
    receipt = Receipt(5, LOG.receipt(5).path, NOTE)
    for damaged in flips(LOG.bodies[5]):
        with pytest.raises(ProofError):
            receipt.verify_by(POLICY, damaged)


def test_every_bit_of_a_cosignature_counts() -> None:
    verifier, signature = WITNESS.verifier(), WITNESS.sign(TEXT.encode())
    assert verifier.verifies(TEXT.encode(), signature)
    assert not any(verifier.verifies(TEXT.encode(), damaged) for damaged in flips(signature))
    assert not any(verifier.verifies(damaged, signature) for damaged in flips(TEXT.encode()))


class Memory:
    """A published log in a dictionary."""

    def __init__(self) -> None:
        self.files = {"checkpoint": NOTE.encode()}
        for tile in tiles(len(LOG.bodies)):
            self.files[str(tile)] = b"".join(LOG.leaves) if not tile.level else b""
        self.files[str(Tile(None, 0, 7))] = to_bundle(LOG.bodies)

    def get(self, name: str) -> bytes | None:
        return self.files.get(name)

    def read_ahead(self, tiles: Iterator[Tile]) -> Iterator[tuple[Tile, bytes]]:
        return ((tile, self.files[str(tile)]) for tile in tiles)

    def older(self, tile: Tile) -> Iterator[tuple[Tile, bytes]]:
        return iter(())

    def check(self) -> Found:
        return verify(self, POLICY, entries=True)


def test_every_bit_of_a_published_log_counts() -> None:
    memory = Memory()
    memory.check()
    for name, content in {**memory.files}.items():
        for damaged in flips(content):
            memory.files[name] = damaged
            with pytest.raises((Damaged, NoteError, ProofError)):
                memory.check()
        memory.files[name] = content


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 8), (7, 7), (8, 13)])
def test_every_bit_of_a_consistency_proof_counts(old: int, new: int) -> None:
    tree = Tree(leaves_of(13))
    parts = [tree.root(0, old), tree.root(0, new), *tree.proof(old, new)]
    for at, part in enumerate(parts):
        for damaged in flips(part):
            changed = [*parts[:at], damaged, *parts[at + 1 :]]
            roots = {"old_root": changed[0], "new_root": changed[1]}
            with pytest.raises(ProofError):
                verify_consistency(old=old, new=new, path=changed[2:], **roots)


def test_every_bit_that_a_log_sends_to_a_witness_counts() -> None:
    """Or does not: an unknown line and an old size that is another number are looked at later."""
    proof = [b64encode(leaf_hash(b"%d" % n)).decode() for n in range(3)]
    body = "\n".join(["old 3", *proof, "", LOG.note]).encode()
    logs = {SIGNER.name: [KEY]}
    whole = read_request(body, logs)
    for damaged in flips(body):
        try:
            request = read_request(damaged, logs)
        except Refused:
            continue
        assert request.checkpoint == whole.checkpoint
        assert request.note == whole.note
        assert (request.old, request.path) != (whole.old, whole.path)


def test_lines_of_strangers_change_nothing() -> None:
    strangers = "".join(f"— stranger-{n}.example {'A' * 16}\n" for n in range(90))
    assert POLICY.accepts(NOTE + strangers).checkpoint == POLICY.accepts(NOTE).checkpoint
    with pytest.raises(NoteError, match="malformed"):
        POLICY.accepts(NOTE + strangers + strangers)


def test_more_than_sixteen_witnesses_are_read() -> None:
    signers = [
        CosignatureSigner(f"w{n}.example", bytes([n]) * 32, now_s=lambda: 1) for n in range(60)
    ]
    note = sign(Checkpoint(SIGNER.name, 1, b"r" * 32).to_text(), SIGNER, *signers)
    verifiers: list[Verifier] = [KEY, *(signer.verifier() for signer in signers)]
    assert len(read_any(note, verifiers)[1]) == 61
