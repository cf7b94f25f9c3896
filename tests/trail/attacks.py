"""What the owner of a database can do to a log: each attack, and what a check must say of it.

An attack is SQL, or a function that is given the owner's connection. It is known to be found
when a check ends with status 1 and says each of the sentences.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, text

from audit import Checkpoint, Frontier, leaf_hash
from audit.ed25519 import Ed25519Signer
from audit.note import sign
from tests.databases import ORIGIN

_FORGED: Final = b"f" * 32
_FIRST: Final = "position = (SELECT position FROM leaves WHERE log = 'ledger' AND \"index\" = 1)"
_PATIENT: Final = "kind = 'directory.patient-registered'"


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, and parts of what is said of it."""

    does: str | Callable[[Connection], None]
    says: tuple[str, ...]

    def run(self, connection: Connection) -> None:
        if callable(self.does):
            self.does(connection)
            return
        for statement in self.does.split(";"):
            values = {"forged": _FORGED} if ":forged" in statement else {}
            done = connection.execute(text(statement), values)
            assert done.rowcount, f"the attack did nothing: {statement}"


def _swap(table: str, key: str, one: int, other: int) -> str:
    steps = ((one, 10_001), (other, one), (10_001, other))
    said = "log = 'ledger' AND " if table != "entries" else ""
    return ";".join(
        f'UPDATE {table} SET "{key}" = {to} WHERE {said}"{key}" = {now}' for now, to in steps
    )


def _bodies_swapped(connection: Connection) -> None:
    rows = connection.execute(
        text(
            "SELECT e.position, e.body FROM entries e JOIN leaves l ON l.position = e.position "
            "WHERE l.log = 'ledger' AND l.\"index\" IN (1, 2) ORDER BY e.position"
        )
    ).all()
    for (position, _), (_, body) in zip(rows, reversed(rows), strict=True):
        update = text("UPDATE entries SET body = :b WHERE position = :p")
        connection.execute(update, {"b": body, "p": position})


def _body(find: bytes, put: bytes, *, with_leaf: bool) -> Callable[[Connection], None]:
    """Change the bytes of the first entry that has *find*; its leaf, too, if asked."""

    def change(connection: Connection) -> None:
        rows = connection.execute(text("SELECT position, body FROM entries ORDER BY position"))
        position, body = next((p, bytes(b)) for p, b in rows if find in bytes(b))
        forged = body.replace(find, put)
        assert forged != body
        values = {"b": forged, "p": position}
        connection.execute(text("UPDATE entries SET body = :b WHERE position = :p"), values)
        if with_leaf:
            values = {"h": leaf_hash(forged), "p": position}
            connection.execute(text("UPDATE leaves SET hash = :h WHERE position = :p"), values)

    return change


def _own_key(*, recorded: bool) -> Callable[[Connection], None]:
    """Rewrite an entry, its leaf and the tree, and sign with a key of one's own."""

    def change(connection: Connection) -> None:
        _body(b"Northmoor", b"Southmoor", with_leaf=True)(connection)
        leaves = text("SELECT hash FROM leaves WHERE log = 'ledger' ORDER BY \"index\"")
        frontier = Frontier().extend([bytes(h) for h in connection.scalars(leaves)])
        values: dict[str, object] = {"p": b"".join(frontier.peaks)}
        connection.execute(text("UPDATE frontier SET peaks = :p WHERE log = 'ledger'"), values)
        signer = Ed25519Signer(ORIGIN, b"o" * 32)
        note = sign(Checkpoint(ORIGIN, frontier.size, frontier.root()).to_text(), signer)
        update = text("UPDATE checkpoints SET note = :n WHERE log = 'ledger' AND size = :s")
        assert connection.execute(update, {"n": note, "s": frontier.size}).rowcount == 1
        if recorded:
            verifier = signer.verifier()
            insert = (
                "INSERT INTO log_keys (origin, key_id, tree, key, since, until) SELECT origin, "
                ":i, tree, :k, since, until FROM log_keys WHERE tree = 'ledger'"
            )
            values = {"i": verifier.key_id.hex(), "k": str(verifier)}
            connection.execute(text(insert), values)

    return change


def _blob(connection: Connection) -> None:
    insert = "INSERT INTO blobs (digest, media_type, content) VALUES (:d, 'text/plain', :c)"
    values = {"d": sha256(b"a text").hexdigest(), "c": b"another"}
    connection.execute(text(insert), values)


def _inserted(*, waits: bool, leaf: bool) -> Callable[[Connection], None]:
    """Add a row that copies an entry under another id, as no command did."""

    def change(connection: Connection) -> None:
        row = connection.execute(text(f"SELECT * FROM entries WHERE {_FIRST}")).mappings().one()
        over = " OVERRIDING SYSTEM VALUE" if connection.dialect.name == "postgresql" else ""
        names = ", ".join(map(str, row))
        marks = ", ".join(f":{name}" for name in row)
        new = {**row, "position": 90_000, "id": str(row["id"])[:-4] + "0000"}
        connection.execute(text(f"INSERT INTO entries ({names}){over} VALUES ({marks})"), new)
        values: dict[str, object] = {"w": row["work"], "h": leaf_hash(bytes(row["body"]))}
        if waits:
            insert = "INSERT INTO pending (position, log, work) VALUES (90000, 'ledger', :w)"
            connection.execute(text(insert), {"w": values["w"]})
        if leaf:
            size = text("SELECT size FROM frontier WHERE log = 'ledger'")
            insert = (
                'INSERT INTO leaves (log, "index", position, hash) '
                "VALUES ('ledger', :i, 90000, :h)"
            )
            values = {"i": connection.scalar(size), "h": values["h"]}
            connection.execute(text(insert), values)

    return change


_OF_PATIENT = f"entry_id = (SELECT id FROM entries WHERE {_PATIENT} ORDER BY position LIMIT 1)"

ATTACKS: Final = {
    "bytes of an entry": Attack(
        _body(b"Northmoor", b"Southmoor", with_leaf=False), ("entry 1 is not what was hashed (",)
    ),
    "one bit of an entry": Attack(
        _body(b"Northmoor", b"Northmoos", with_leaf=False), ("entry 1 is not what was hashed (",)
    ),
    "bytes and leaf": Attack(
        _body(b"Northmoor", b"Southmoor", with_leaf=True),
        ("signed another tree than the leaves make", "entry 1, is broken", "frontier: its peaks"),
    ),
    "whom the bytes are about": Attack(
        _body(b'"about":["organisation:', b'"about":["organisatiom:', with_leaf=True),
        ("cannot be read", "signed another tree"),
    ),
    "a kind that nobody knows": Attack(
        _body(b"organisation-registered", b"organisation-forgotten.", with_leaf=True),
        ("cannot be read", "the column kind is"),
    ),
    "signed again with another key": Attack(
        _own_key(recorded=False), ("not signed by test.example/log", "The trees differ within")
    ),
    "signed again with another key that is put among ours": Attack(
        _own_key(recorded=True),
        ("log_keys test.example/log", "no entry of the log made it", "test.example/log: the check"),
    ),
    "two entries swapped by index": Attack(
        _swap("leaves", "index", 1, 2), ("signed another tree", "is broken")
    ),
    "two entries swapped by bytes": Attack(
        _bodies_swapped, ("entry 1 is not what was hashed", "entry 2 is not what was hashed")
    ),
    "two entries swapped by position": Attack(
        _swap("entries", "position", 2, 3), ("entry 1 is not what", "entry 2 is not what")
    ),
    "an entry that goes": Attack(
        f"DELETE FROM entries WHERE {_FIRST}", ("entry 1 is gone: no row at position",)
    ),
    "a leaf that goes": Attack(
        "DELETE FROM leaves WHERE log = 'ledger' AND \"index\" = 2", ("leaf 2 is missing",)
    ),
    "the first leaf goes": Attack(
        "DELETE FROM leaves WHERE log = 'ledger' AND \"index\" = 0", ("leaf 0 is missing",)
    ),
    "a hash of a leaf": Attack(
        "UPDATE leaves SET hash = :forged WHERE log = 'ledger' AND \"index\" = 2",
        ("entry 2 is not what was hashed", "signed another tree"),
    ),
    "an entry that nobody indexes": Attack(
        _inserted(waits=False, leaf=False), ("position 90000 has no index and waits for none",)
    ),
    "an entry that waits": Attack(
        _inserted(waits=True, leaf=False), ("position 90000", "the column id is")
    ),
    "an entry that is appended": Attack(
        _inserted(waits=False, leaf=True), ("the column id is", "frontier: stored for")
    ),
    "an entry that waits no more": Attack("DELETE FROM pending", ("waits for none",)),
    "an entry that waits again": Attack(
        f"INSERT INTO pending (position, log, work) SELECT position, log, work FROM entries "
        f"WHERE {_FIRST}",
        ("entry 1 has an index, and waits for another",),
    ),
    "the unit of work that waits": Attack(
        "UPDATE pending SET work = (SELECT work FROM entries ORDER BY position LIMIT 1)",
        ("it waits with the unit of work",),
    ),
    "the actor": Attack(
        f"UPDATE entries SET actor = 'person:x' WHERE {_FIRST}",
        ("entry 1 (", "the column actor is person:x, its bytes say person:"),
    ),
    "the kind": Attack(
        f"UPDATE entries SET kind = 'log.opened' WHERE {_FIRST}", ("the column kind is log.opened",)
    ),
    "the time": Attack(
        f"UPDATE entries SET at = '2020-01-01 00:00:00.000000' WHERE {_FIRST}",
        ("the column at is 2020-01-01",),
    ),
    "the log": Attack(
        f"UPDATE entries SET log = 'access' WHERE {_FIRST}", ("the column log is access",)
    ),
    "the unit of work": Attack(
        f"UPDATE entries SET work = id WHERE {_FIRST}", ("the column work is",)
    ),
    "a subject that goes": Attack(
        f"DELETE FROM entry_subjects WHERE {_FIRST}", ("entry 1: entry_subjects is not",)
    ),
    "a subject that comes": Attack(
        "INSERT INTO entry_subjects (subject, position) SELECT 'patient:x', position FROM leaves "
        "WHERE log = 'ledger' AND \"index\" = 1",
        ("entry 1: entry_subjects is not what its bytes say",),
    ),
    "a subject that is another": Attack(
        f"UPDATE entry_subjects SET subject = 'patient:x' WHERE {_FIRST}",
        ("entry 1: entry_subjects is not what its bytes say",),
    ),
    "a link of a chain": Attack(
        "UPDATE chains SET head = :forged WHERE log = 'ledger' AND \"index\" = 1",
        ("link 1, at entry 1, is broken", "link 2, at entry"),
    ),
    "a chain that is cut": Attack(
        "DELETE FROM chains WHERE log = 'ledger' AND \"index\" = 1",
        ("entry 1: its links in chains are not those of its subjects",),
    ),
    "a chain that goes to another": Attack(
        "UPDATE chains SET subject = 'patient:x' WHERE log = 'ledger' AND \"index\" = 1",
        ("entry 1: its links in chains", "the heads of its chains at size"),
    ),
    "a link beyond the log": Attack(
        'INSERT INTO chains (log, subject, n, "index", head) '
        "SELECT log, subject, 900, 9000, head FROM chains WHERE log = 'ledger' AND \"index\" = 1",
        ("link 900 is of entry 9000, which is not here",),
    ),
    "what is committed of heads": Attack(
        "UPDATE committed_heads SET root = :forged WHERE tree = 'ledger'",
        ("not those that entry", "committed_heads ledger", "the log says"),
    ),
    "the commitment to heads goes": Attack(
        "DELETE FROM committed_heads WHERE tree = 'ledger'",
        ("committed_heads ledger", "the log made it, and it is gone"),
    ),
    "a checkpoint": Attack(
        "UPDATE checkpoints SET note = replace(note, 'A', 'B') WHERE log = 'ledger'",
        ("checkpoint of size",),
    ),
    "a checkpoint that was published goes": Attack(
        "DELETE FROM checkpoints WHERE log = 'ledger'",
        ("nothing was signed at that size",),
    ),
    "a checkpoint of the future": Attack(
        "INSERT INTO checkpoints (log, size, at, note) SELECT log, 9000, at, note FROM checkpoints "
        "WHERE log = 'ledger' AND size = (SELECT min(size) FROM checkpoints WHERE log = 'ledger')",
        ("checkpoint of size 9000: signed, and only",),
    ),
    "a published note": Attack(
        "UPDATE published SET note = replace(note, '\n\n', '\nx\n\n') WHERE log = 'ledger'",
        ("it is not the tree that was signed at that size",),
    ),
    "the log's signature under what is published": Attack(
        f"UPDATE published SET note = replace(note, '{ORIGIN} ', 'none.example ') "
        "WHERE log = 'ledger'",
        ("published checkpoint of size", "test.example/log"),
    ),
    "a witness's signature": Attack(
        "UPDATE published SET note = substr(note, 1, length(note) - 12) || 'AAAAAAAAAAA' || "
        "substr(note, length(note), 1) WHERE log = 'ledger' AND note LIKE '%w0.example%'",
        ("published checkpoint of size", "the signature of w0.example is wrong"),
    ),
    "the size of what is published": Attack(
        "UPDATE published SET size = size + 1 WHERE log = 'access'",
        ("nothing was signed at that size",),
    ),
    "the key table: a key": Attack(
        "UPDATE log_keys SET key = 'x' WHERE tree = 'ledger'", ("log_keys", "key is x")
    ),
    "the key table: an end": Attack(
        "UPDATE log_keys SET until = since WHERE tree = 'ledger'", ("until is 2026",)
    ),
    "the key table: a key goes": Attack(
        "DELETE FROM log_keys WHERE tree = 'ledger'", ("log_keys", "and it is gone")
    ),
    "a closed shard": Attack(
        "UPDATE closed_shards SET size = size + 1",
        ("access: it was closed with", "closed_shards access: size is 3"),
    ),
    "a closed shard goes": Attack("DELETE FROM closed_shards", ("closed_shards access", "is gone")),
    "a leaf of a closed shard": Attack(
        "UPDATE leaves SET hash = :forged WHERE log = 'access' AND \"index\" = 0",
        ("entry 0 is not what was hashed", "it was closed with"),
    ),
    "the peaks": Attack(
        "UPDATE frontier SET peaks = :forged WHERE log = 'ledger'", ("frontier: its peaks",)
    ),
    "the size of the frontier": Attack(
        "UPDATE frontier SET size = 3 WHERE log = 'ledger'",
        ("frontier: stored for 3 leaves, and there are",),
    ),
    "the frontier goes": Attack(
        "DELETE FROM frontier WHERE log = 'ledger'", ("frontier: none is stored",)
    ),
    "a node of the tree": Attack(
        "INSERT INTO tree_nodes (log, level, \"index\", hash) VALUES ('ledger', 1, 0, :forged)",
        ("tree_nodes: there are 1, and the leaves make 0",),
    ),
    "a text": Attack(_blob, ("blobs: the text",)),
    "a private payload": Attack(
        f"UPDATE private_payloads SET sealed = :forged WHERE {_OF_PATIENT}",
        ("private_payloads", "does not open"),
    ),
    "a private payload goes": Attack(
        f"DELETE FROM private_payloads WHERE {_OF_PATIENT}",
        ("private_payloads has nothing for its group",),
    ),
    "a private payload is emptied": Attack(
        f"UPDATE private_payloads SET sealed = '' WHERE {_OF_PATIENT}",
        ("cannot be opened any more, and no entry says that it was destroyed",),
    ),
    "a key of a subject goes": Attack(
        "DELETE FROM subject_keys", ("no entry says that it was destroyed",)
    ),
    "a key of a subject": Attack(
        "UPDATE subject_keys SET wrapped = :forged", ("private_payloads", "does not open")
    ),
    "an act of no entry": Attack(
        "UPDATE patients SET identity_entry_id = id", ("patients: its identity_entry_id",)
    ),
}
