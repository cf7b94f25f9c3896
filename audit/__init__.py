"""A tamper-evident, append-only log that a third party can verify alone.

This package needs nothing but the standard library (and ``cryptography``, where a
signature is checked), and never imports ``ledger``: an auditor may copy the folder out
and run ``python -m audit``.

Reading order: `entries` (what is recorded), `values` and `canonical` (the exact bytes),
`merkle` and `proofs` (how bytes become one root hash), `note` (how a root is signed),
`tiles` (how the tree is published), `receipt`, `bundle` and `verify` (what is handed out).

Whom to trust for what: nobody for history. The log's key says that the log made a
statement; the tree says that two statements agree; cosignatures say that others were
shown the same. That an entry is *true* none of these say.

Format, in full
===============

Entries
-------
An *entry* is a JSON object (RFC 8785: members sorted, no spaces; here also integers
only) of at most 65,535 bytes, with exactly these members:

``v``             version of the kind, an integer
``kind``          ``area.past-participle``
``id``            a UUID, version 7
``at``            when the command began, in UTC with microseconds; may run backwards
``actor``         ``person:<uuid>``, ``client:<uuid>`` or ``system:<job>``
``on_behalf_of``  the same, or null
``org``           UUID of the organisation acted for, or null
``work``          UUID of the unit of work; a checkpoint never ends within one
``policy``        digest of the rules in force, in hex: SHA-256 over, for each of their files
                  by name, ``name || 0x00 || SHA-256(file)``; a ``policy.activated`` names it
``about``         whom it concerns, as ``sort:<uuid>``, sorted
``data``          the fields of the kind; nothing that identifies a person
``private``       object: name of a group of private fields to the commitment to it, in hex

Its *bytes* are the canonical form of that object (`canonical.encode`). Fields are spelled
as `values` says: dates and moments as in ISO 8601, ids and enumerations as strings, bytes
in hex, ratios as ``n/d``.

A *commitment* is ``SHA-256(salt || payload)``: 32 random bytes, then the canonical form
of the object that holds the private fields of the group. Neither is in the log.

A *blob* is a text that an entry names by its SHA-256.

Tree
----
The *leaf hash* of an entry is ``SHA-256(0x00 || bytes)`` and an inner node is
``SHA-256(0x01 || left || right)``, as in RFC 9162 section 2.1. The root over no leaves
is ``SHA-256("")``. Indexes count from 0. Proofs are those of sections 2.1.3 and 2.1.4.

Checkpoints
-----------
A *note* (https://c2sp.org/signed-note) is text that ends in a newline, a blank line, and
lines ``— <name> <base64(key ID || signature)>``. The key ID is the first 4 bytes of
``SHA-256(name || 0x0A || type || public key)``; a key is handed out as
``name+<key ID in hex>+base64(type || public key)``. Type 0x01 is Ed25519 over the text;
0x04 a cosignature (https://c2sp.org/tlog-cosignature): a time in seconds, 8 bytes, and
Ed25519 over ``cosignature/v1``, ``time <decimal>``, each with its newline, and the text.
Lines of unknown keys are ignored; a known one that fails makes the note unusable.

A *checkpoint* (https://c2sp.org/tlog-checkpoint) is a note of three lines: the log's
origin (which is the name of its key), its size in decimal, its root in base64.

Tiles
-----
As in https://c2sp.org/tlog-tiles: ``tile/<level>/<number>[.p/<width>]``, up to 256 hashes
in a row, the roots of subtrees of 256**level leaves; ``tile/entries/<number>[.p/<width>]``,
up to 256 entries, each after its length in two bytes, the higher first. Numbers are
written in groups of three digits, all but the last prefixed by x: 1234067 is
``x001/x234/067``.

Receipts
--------
As in https://c2sp.org/tlog-proof: ``c2sp.org/tlog-proof@v1``, ``index <n>``, the hashes
of an inclusion proof in base64, each on a line; a blank line; the checkpoint, verbatim.
It goes with the entry's bytes.

Bundles
-------
A *bundle* is a zip file in a strict spelling: members stored uncompressed, dated
1980-01-01 00:00, read for all (0100644), made by version 2.0 on Unix, no flags, no extra
fields, no comments, no gaps; at most 4 GiB and 65,535 members of at most 64 MiB; the
directory in the order of the members. In this order:

``README.txt``    what it is, in words
``bundle.json``   the statement (`statement.Statement`), in canonical bytes: ``format``
                  (``care-ledger-bundle/1``), ``origin``, ``size``, ``covers``, ``entries``
                  (how many), ``blobs`` (SHA-256 of each, sorted), ``made_at``, ``made_by``,
                  ``recipient``, ``selection`` (names and values of the filter),
                  ``demonstration``, ``readme`` (SHA-256 of README.txt)
``key``           the log's key and a newline
``checkpoint``    a note that the key has signed

then, if it covers the ``whole`` log up to the checkpoint, for each 256 entries

``tile/0/...``        their leaf hashes
``tile/entries/...``  the entries

and the tiles of each higher level, from 1; so that what is unpacked is a log in the form
of tlog-tiles. Or else, if it covers a ``selection``, for each 256 of them, by rising index

``selection/<six digits>/indexes``  the index of each, in eight bytes, the highest first
``selection/<six digits>/proofs``   the inclusion proof of each, one after another, as many
                                    hashes as index and size demand
``selection/<six digits>/entries``  the entries, each after its length in two bytes

and last, for each blob, ``blobs/<SHA-256 in hex>``.

A verifier rebuilds every byte that has only one possible value and refuses the file at
the first that differs. ``made_at``, ``made_by``, ``recipient``, ``selection`` and
``demonstration`` are the exporter's statement; only the zip's checksums guard them.
"""

from audit.archive import Damaged
from audit.canonical import encode
from audit.entries import Entry, Record, Unreadable, about, commit, entry, private
from audit.merkle import Frontier, ProofError, leaf_hash, leaf_hashes
from audit.note import Checkpoint, NoteError, Signer, Verifier
from audit.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from audit.receipt import Receipt
from audit.tiles import Tile

__all__ = [
    "Checkpoint",
    "Damaged",
    "Entry",
    "Frontier",
    "NoteError",
    "ProofError",
    "Receipt",
    "Record",
    "Signer",
    "Tile",
    "Unreadable",
    "Verifier",
    "about",
    "commit",
    "consistency_proof",
    "encode",
    "entry",
    "inclusion_proof",
    "leaf_hash",
    "leaf_hashes",
    "private",
    "verify_consistency",
    "verify_inclusion",
]
