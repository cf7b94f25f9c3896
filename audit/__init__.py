"""A tamper-evident, append-only log that a third party can verify alone.

This package needs nothing but the standard library (and ``cryptography``, where a
signature is checked), and never imports ``ledger``: an auditor may copy the folder out
and run ``python -m audit``.

Reading order: `entries` (what is recorded), `values` and `canonical` (the exact bytes),
`merkle` and `proofs` (how bytes become one root hash), `note` (how a root is signed), `policy`
(by whom), `tiles` (how the tree is published), `heads` (that an answer is complete), `receipt`,
`bundle`, `subject` and `verify` (what is handed out), `published` (a whole log in a folder or
under a URL), `witness` and `monitor` (who watches it).

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
0x06 is ML-DSA-44 (FIPS 204) of a checkpoint: a time as before, and a signature over
``subtree/v1``, a newline, a zero byte; the signer's name and then that time; the log's
origin; the first leaf (0), the size, and the root. Names stand after their length in one
byte, numbers have eight, the highest first. A log signs 0x01 and may sign 0x06 as well; a
witness signs 0x04 or 0x06. Times do not exceed 2**63 - 1. Lines of unknown keys are ignored; a
known one that fails makes the note unusable. Up to 100 lines are read.

A *checkpoint* (https://c2sp.org/tlog-checkpoint) is a note of three lines: the log's
origin (which is the name of its key), its size in decimal, its root in base64.

Tiles
-----
As in https://c2sp.org/tlog-tiles: ``tile/<level>/<number>[.p/<width>]``, up to 256 hashes
in a row, the roots of subtrees of 256**level leaves; ``tile/entries/<number>[.p/<width>]``,
up to 256 entries, each after its length in two bytes, the higher first. Numbers are
written in groups of three digits, all but the last prefixed by x: 1234067 is
``x001/x234/067``.

A log is *published* as a folder, or under a URL: ``checkpoint``, the hash tiles of its size,
and the entry bundles where they may be read. Narrower tiles of earlier sizes may stand beside;
where one has been dropped, the full tile begins with it.

Policies
--------
As in https://c2sp.org/tlog-policy: lines ``log <key> [<url>]``, ``witness <name> <key>
[<url>]``, ``group <name> <k|any|all> <member>...`` and one ``quorum <name|none>``, of items
between spaces and tabs; lines that begin with # and empty ones say nothing. A name is defined
above its use, and is a member of one group at most. A checkpoint is accepted if one of the
logs, of the same name as its origin, has signed it, and the witnesses that have signed it are a
quorum. Of k out of n, a monitor must hear from n - k + 1, so that no quorum is without one of
them.

Witnesses
---------
As in https://c2sp.org/tlog-witness: ``POST /add-checkpoint`` with ``old <size>``, up to 63 hashes
of a consistency proof in base64, each on a line, an empty line, the checkpoint. Looked at in
this order: 404 the log is unknown; 403 it has not signed; 400 malformed, or old above the size;
409 old is not what was cosigned last, with that size as ``text/x.tlog.size``; 422 no proof
connects them (also: another root at the same size or at size 0, a proof from 0). Else it is
kept, and then answered with signature lines. ``GET /<SHA-256 of the origin in hex>/checkpoint``
gives the newest one.

Receipts
--------
As in https://c2sp.org/tlog-proof: ``c2sp.org/tlog-proof@v1``, ``index <n>``, the hashes
of an inclusion proof in base64, each on a line; a blank line; the checkpoint, verbatim.
It goes with the entry's bytes.

Chains and their heads
----------------------
The *chain* of a subject (one of the texts in ``about``): h(0) is empty, and h(n) is
``SHA-256(h(n-1) || leaf hash)`` of the n-th entry about it, in the order of indexes. The *map
of heads* of a log at a size holds each subject that one of its first *size* entries is about,
sorted by the bytes of the subject. It is a tree like the log's own (above), over leaves whose
bytes are the canonical JSON of ``[subject, n, h(n) in hex]``. An entry ``log.heads-committed``
of the ledger log commits to one: ``data`` has ``tree`` and ``origin`` (which log), ``size`` and
``tree_root`` (the root of that log at that size, in hex), ``heads`` (how many leaves the map
has) and ``root`` (of the map, in hex).

A *place* in the map is spelled as the number of a leaf (8 bytes), the length of its bytes
(2 bytes), these, and its inclusion proof. One place shows a subject's head. That a subject has
none is shown by the place before and the place after it, next to one another; by the first
alone, or the last alone, if it would stand outside; by nothing, if the map is empty.

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

Or else, if it covers a ``subject``,

``chain.json``        canonical JSON: ``subject``; ``links``, how many entries about it there are
                      up to the checkpoint; ``heads_at``, the index of the entry that committed
                      to the heads; ``apart``, whether that is in another log than the chain
``heads/key``         only then: that log's key and a newline
``heads/checkpoint``  only then: a note that this key has signed
``heads/entry``       the bytes of the ``log.heads-committed``
``heads/proof``       its inclusion proof, in the log that holds it
``heads/consistency`` the consistency proof from ``size`` and ``tree_root`` to ``checkpoint``
``heads/place``       what the map says of the subject: one or two places, or none

and for each 256 links of the chain, by rising index

``chain/<six digits>/links``    for each its index (8 bytes), its leaf hash, and one byte: 1 if
                                its entry is in the bundle, 0 if it is left out
``chain/<six digits>/proofs``   the inclusion proof of each, one after another
``chain/<six digits>/entries``  those that are in it, each after its length in two bytes

The links below ``size`` must lead from h(0) to the head in the map, or be none if the map has
none; so no entry was left out of them, before, between or behind. Those from ``size`` on are in
the log, and may not be all. ``entries`` of ``bundle.json`` counts the entries that are shown.

And last, for each blob, ``blobs/<SHA-256 in hex>``.

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
