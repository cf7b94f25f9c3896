"""A log without a ledger: entries, a key, checkpoints and bundles, for the tests."""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from audit import Checkpoint, Receipt, inclusion_proof, leaf_hashes
from audit.bundle import Proved, Stated, selection, whole
from audit.ed25519 import Ed25519Signer
from audit.note import sign
from audit.proofs import Nodes
from audit.tiles import WIDTH, Tile, TileTree, nodes_from_tiles

SIGNER = Ed25519Signer("ledger.example/log", b"s" * 32)
KEY = SIGNER.verifier()
POLICY = b"nobody may do anything"
BLOBS: dict[str, Callable[[], bytes]] = {
    sha256(text).hexdigest(): partial(bytes, text) for text in (POLICY, b"")
}


def bodies(size: int) -> list[bytes]:
    """Return entries of different lengths, some empty and some long."""
    return [b64encode(sha256(b"%d" % index).digest() * (index % 40)) for index in range(size)]


class Log:
    """A log of *size* entries, and everything that can be had of it."""

    def __init__(self, size: int) -> None:
        self.bodies = bodies(size)
        self.leaves = leaf_hashes(self.bodies)
        tree = TileTree()
        for start in range(0, size, WIDTH):
            tree.add(self.leaves[start : start + WIDTH])
        self.tree = tree
        self.note = sign(Checkpoint(SIGNER.name, size, tree.root()).to_text(), SIGNER)

    def nodes(self) -> Nodes:
        def read(tile: Tile) -> bytes:
            start = tile.number * WIDTH
            leaves = b"".join(self.leaves[start : start + tile.width])
            return self.tree.hashes(tile) if tile.level else leaves

        return nodes_from_tiles(read, size=len(self.bodies))

    def receipt(self, index: int) -> Receipt:
        path = inclusion_proof(index, len(self.bodies), self.nodes())
        return Receipt(index, tuple(path), self.note)

    def whole(self, *, demonstration: bool = False) -> bytes:
        stated = Stated(
            "2026-03-01T09:30:00.000000+00:00", "person:1", "", {}, demonstration=demonstration
        )
        pieces = whole(note=self.note, key=KEY, stated=stated, entries=self.bodies, blobs=BLOBS)
        return b"".join(pieces)

    def selection(self, *indexes: int) -> bytes:
        chosen_by = {"kind": "test.made"}
        stated = Stated("2026-03-01", "person:1", "The auditors", chosen_by, demonstration=False)
        size, nodes = len(self.bodies), self.nodes()
        chosen = [Proved(i, self.bodies[i], inclusion_proof(i, size, nodes)) for i in indexes]
        pieces = selection(
            note=self.note, key=KEY, stated=stated, count=len(chosen), entries=chosen, blobs=BLOBS
        )
        return b"".join(pieces)
