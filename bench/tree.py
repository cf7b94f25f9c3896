"""Building and checking the tree against plain ``hashlib``, and what a proof costs.

A log costs two SHA-256 for each entry: the entry's own, and one node's. The yardstick is
just that, in the quickest loop Python has.
"""

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final
from zipfile import ZipFile

from audit import Checkpoint, leaf_hashes, published
from audit.bundle import Stated, whole
from audit.ed25519 import Ed25519Signer
from audit.merkle import HASH_BYTES
from audit.note import sign
from audit.policy import Policy
from audit.proofs import inclusion_proof
from audit.tiles import WIDTH, Tile, TileTree, nodes_from_tiles
from audit.verify import verify

ENTRY_BYTES: Final = 600  # What an entry of the sample partnership has, more or less.
_SAMPLE: Final = 100_096  # Whole tiles.
ENTRIES: Final = 10 * _SAMPLE
_NODE_BYTES: Final = 2 * HASH_BYTES + 1
_SIGNER: Final = Ed25519Signer("bench.example/log", b"b" * 32)
_PROOFS: Final = 300


def measure() -> list[dict[str, Any]]:
    """Return the rows of the speed budget that are about the tree."""
    plain_s = _plain_s() * ENTRIES / _SAMPLE
    build_s, tree = _built()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        _write(path, tree)
        verify_s, peak_mb = _verified_s(path), _peak_mb(path)
        size_mb = path.stat().st_size / 1e6
        unpacked = Path(folder) / "log"  # What is unpacked is a log as it is published.
        with ZipFile(path) as bundle:
            bundle.extractall(unpacked)
        path.unlink()
        folder_s, folder_peak_mb = _folder_verified_s(unpacked), _peak_mb(unpacked)
    few, many = _proof(10**3), _proof(10**7)
    return [
        {
            "name": f"building the tree of {ENTRIES:,} entries, of plain hashlib's rate",
            "ratio": plain_s / build_s,
            "target": ">= 0.5",
            "figures": {"hashlib_s": plain_s, "build_s": build_s},
        },
        {
            "name": f"verifying a bundle of {ENTRIES:,} entries, of plain hashlib's rate",
            "ratio": plain_s / verify_s,
            "target": ">= 0.5",
            "figures": {
                "hashlib_s": plain_s,
                "verify_s": verify_s,
                "bundle_mb": size_mb,
                "peak_memory_mb": peak_mb,
            },
        },
        {
            "name": f"verifying a published folder of {ENTRIES:,} entries, of hashlib's rate",
            "ratio": plain_s / folder_s,
            "target": ">= 0.5",
            "figures": {
                "hashlib_s": plain_s,
                "verify_s": folder_s,
                "peak_memory_mb": folder_peak_mb,
            },
        },
        {
            "name": "an inclusion proof from tiles, at 10^7 entries of the time at 10^3",
            "ratio": many["proof_us"] / few["proof_us"],
            "target": "<= 3",
            "figures": {
                "at_1e3_us": few["proof_us"],
                "at_1e7_us": many["proof_us"],
                "tiles_read_at_1e3": few["tiles"],
                "tiles_read_at_1e7": many["tiles"],
            },
        },
    ]


def _bodies(start: int, end: int) -> list[bytes]:
    return [b"%0*d" % (ENTRY_BYTES, index) for index in range(start, end)]


def _plain_s() -> float:
    """Return how long two plain hashes for each of the sample's entries take."""
    hasher, entries = sha256, _bodies(0, _SAMPLE)
    nodes = [bytes(_NODE_BYTES)] * _SAMPLE
    began = perf_counter()
    _ = [hasher(entry).digest() for entry in entries]
    _ = [hasher(node).digest() for node in nodes]
    return perf_counter() - began


def _built() -> tuple[float, TileTree]:
    """Return how long building takes, without the time to make up entries."""
    tree, took_s = TileTree(), 0.0
    for start in range(0, ENTRIES, _SAMPLE):
        bodies = _bodies(start, start + _SAMPLE)
        chunks = [bodies[at : at + WIDTH] for at in range(0, _SAMPLE, WIDTH)]
        began = perf_counter()
        for chunk in chunks:
            tree.add(leaf_hashes(chunk))
        took_s += perf_counter() - began
    return took_s, tree


def _all_bodies() -> Iterator[bytes]:
    for start in range(0, ENTRIES, _SAMPLE):
        yield from _bodies(start, start + _SAMPLE)


def _write(path: Path, tree: TileTree) -> None:
    note = sign(Checkpoint(_SIGNER.name, tree.size, tree.root()).to_text(), _SIGNER)
    stated = Stated("2026-01-01T00:00:00.000000+00:00", "system:bench", "", {}, demonstration=True)
    pieces = whole(
        note=note, key=_SIGNER.verifier(), stated=stated, entries=_all_bodies(), blobs={}
    )
    with path.open("wb") as file:
        file.writelines(pieces)


def _verified_s(path: Path) -> float:
    with path.open("rb") as file:
        began = perf_counter()
        verify(file, _SIGNER.verifier())
        return perf_counter() - began


def _folder_verified_s(path: Path) -> float:
    began = perf_counter()
    published.verify(published.Folder(path), Policy.of_log(_SIGNER.verifier()), entries=True)
    return perf_counter() - began


def _peak_mb(path: Path) -> float:
    """Return how much memory checking takes at most, Python included; in a process of its own."""
    program = (
        "import sys; from audit.__main__ import main; main(['verify', *sys.argv[1:]]);"
        "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", program, str(path), "--key", str(_SIGNER.verifier())]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.rsplit("VmHWM:")[1].split()[0]) / 1024


def _proof(size: int) -> dict[str, float]:
    """Return what a proof at *size* costs, when no tile is at hand."""
    tiles_read = 0

    def read(tile: Tile) -> bytes:
        nonlocal tiles_read
        tiles_read += 1
        return bytes(HASH_BYTES * tile.width)

    step = size // _PROOFS
    began = perf_counter()
    for number in range(_PROOFS):
        inclusion_proof(number * step, size, nodes_from_tiles(read, size=size))
    took_s = perf_counter() - began
    return {"proof_us": took_s / _PROOFS * 1e6, "tiles": tiles_read / _PROOFS}
