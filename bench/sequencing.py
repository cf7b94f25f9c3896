"""The log in a database: proofs, one subject's export, the map of heads."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from sqlalchemy.orm import Session

from audit import leaf_hash
from audit.proofs import inclusion_proof
from audit.tiles import WIDTH, TileTree, tiles
from bench.appending import ACTOR, written
from ledger.core import bundles, exports, heads, receipts, sequencer, trail
from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE, db
from ledger.core.filters import Filter
from ledger.core.ids import new_id
from ledger.core.migrate import upgrade
from ledger.core.work import unit_of_work
from tests.databases import running

SIZES: Final = (10**3, 10**4, 10**5, 10**6)
CHAINS: Final = (10**2, 10**3, 10**4)
_PROOFS: Final = 200


def measure() -> list[dict[str, Any]]:
    """Return the rows of the speed budget that are about the log in a database."""
    return [_proofs(), _exports(), _heads()]


def _proofs() -> dict[str, Any]:
    """What a proof costs in SQLite at each size; only leaves and nodes are needed for it."""
    took_us: dict[int, float] = {}
    for size in SIZES:
        with TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/log.sqlite3"
            upgrade(url)
            with running(url, checkpoint_store=f"{folder}/store"):
                _fill_tree(size)
                took_us[size] = _proof_us(size)
    return {
        "name": "an inclusion proof from the database, at 10^6 entries of the time at 10^3",
        "ratio": took_us[SIZES[-1]] / took_us[SIZES[0]],
        "target": "<= 3",
        "figures": {f"at_{size:.0e}_us": took_us[size] for size in SIZES}
        | {"hashes_at_1e7": (10**7 - 1).bit_length(), "tiles_of_1e7": sum(1 for _ in tiles(10**7))},
    }


def _fill_tree(size: int) -> None:
    tree = TileTree()
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("BEGIN")
    for start in range(0, size, WIDTH):
        leaves = [leaf_hash(b"%d" % at) for at in range(start, min(start + WIDTH, size))]
        tree.add(leaves)
        rows = [("ledger", start + at, start + at + 1, leaf) for at, leaf in enumerate(leaves)]
        cursor.executemany(
            'INSERT INTO leaves (log, "index", position, hash) VALUES (?, ?, ?, ?)', rows
        )
    for tile in tree.upper_tiles():
        content = tree.hashes(tile)
        first = tile.number * WIDTH
        made = [content[at : at + 32] for at in range(0, len(content), 32)]
        rows = [("ledger", tile.level, first + at, one) for at, one in enumerate(made)]  # type: ignore[misc]
        cursor.executemany(
            'INSERT INTO tree_nodes (log, level, "index", hash) VALUES (?, ?, ?, ?)', rows
        )
    cursor.execute("COMMIT")
    connection.close()


def _proof_us(size: int) -> float:
    took = []
    with Session(db.engine) as session:
        for number in range(_PROOFS):
            index = number * (size // _PROOFS)
            began = perf_counter()
            inclusion_proof(index, size, receipts.nodes(session, "ledger", size=size))
            took.append(perf_counter() - began)
    return median(took) * 1e6


def _exports() -> dict[str, Any]:
    """What the bundle of one subject costs for each of its entries, by the chain's length."""
    took_s: dict[int, float] = {}
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.sqlite3"
        upgrade(url)
        with running(url, checkpoint_store=f"{folder}/store") as app:
            subjects = {length: new_id() for length in CHAINS}
            with (
                db.engine.connect().execution_options(**TO_WRITE) as connection,
                Session(connection) as session,
                session.begin(),
            ):
                for length, subject in subjects.items():
                    trail.append_together(session, [written(subject) for _ in range(length)])
            sequencer.drain(db.engine, app.extensions["signers"])
            heads.commit_all(db.engine, by=Actor.system("clock"))
            sequencer.drain(db.engine, app.extensions["signers"])
            for length, subject in subjects.items():
                which = Filter(subject=f"organisation:{subject}")
                began = perf_counter()
                with unit_of_work(ACTOR) as work:
                    announced = exports.announce(work, which=which, recipient="Bench")
                assert announced.rows == length
                with Session(db.engine) as session:
                    key = app.extensions["signers"]["ledger"].verifier()
                    bundles.write(session, announced, BytesIO(), key=key, demonstration=True)
                took_s[length] = perf_counter() - began
    each_ms = {length: took_s[length] / length * 1e3 for length in CHAINS}
    return {
        "name": "one subject's bundle, each entry: a chain of 10^4 of one of 10^2",
        "ratio": each_ms[CHAINS[-1]] / each_ms[CHAINS[0]],
        "target": "<= 2",
        "figures": {f"ms_each_at_{length:.0e}": each_ms[length] for length in CHAINS},
    }


_HEADS: Final = """
import sys
from time import perf_counter
from audit.heads import Head, commitment
count, began = int(sys.argv[1]), perf_counter()
made = commitment(Head(f"patient:{n:012}", 1, bytes(32)) for n in range(count))
assert made.subjects == count
print(perf_counter() - began)
print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))
"""


def _heads() -> dict[str, Any]:
    """What the map of all heads takes in memory, in a process of its own."""
    figures = {}
    for subjects in (10**3, 10**6):
        command = [sys.executable, "-c", _HEADS, str(subjects)]
        root = Path(__file__).parent.parent
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
        figures[f"s_at_{subjects:.0e}"] = float(done.stdout.split()[0])
        figures[f"peak_mb_at_{subjects:.0e}"] = (
            int(done.stdout.split("VmHWM:")[1].split()[0]) / 1024
        )
    return {
        "name": "the map of all heads, memory at 10^6 subjects of that at 10^3",
        "ratio": figures["peak_mb_at_1e+06"] / figures["peak_mb_at_1e+03"],
        "target": "<= 1.5",
        "figures": figures,
    }
