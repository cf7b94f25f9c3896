"""A bundle of one subject proves that nothing is missing, and no other bundle passes for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import Checkpoint, Damaged, ProofError, inclusion_proof, leaf_hash
from audit.__main__ import main
from audit.bundle import Stated, WrongLog
from audit.bundle_subject import Ended, Link, subject
from audit.canonical import Json, encode
from audit.cosignature import CosignatureSigner
from audit.ed25519 import Ed25519Signer
from audit.heads import Chains, prove
from audit.merkle import Frontier
from audit.note import sign, signature_line
from audit.policy import Policy
from audit.proofs import consistency_proof, inclusion_spans
from audit.statement import Covers
from audit.verify import entries, verify
from tests.audit.test_bundle import forge

LEDGER = Ed25519Signer("ledger.example/log", b"s" * 32)
ACCESS = Ed25519Signer("ledger.example/log/access", b"a" * 32)
STATED = Stated("2026-03-01", "person:1", "The auditors", {}, demonstration=False)
NAMES = [f"patient:{i:04}" for i in range(7)]

Logged = list[tuple[int, ...]]
"""Of each entry, which of `NAMES` it is about."""


def body_of(number: int, about: tuple[int, ...], sort: str = "test.made") -> bytes:
    return encode({"kind": sort, "id": number, "about": [NAMES[i] for i in about]})


class Tree:
    """A log, its checkpoint and its proofs."""

    def __init__(self, bodies: list[bytes], signer: Ed25519Signer) -> None:
        self.bodies, self.signer = bodies, signer
        self.leaves = [leaf_hash(body) for body in bodies]
        self.note = sign(Checkpoint(signer.name, len(bodies), self.root()).to_text(), signer)

    def root(self, size: int | None = None) -> bytes:
        return Frontier().extend(self.leaves[:size]).root()

    def nodes(self, level: int, number: int) -> bytes:
        return Frontier().extend(self.leaves[number << level : (number + 1) << level]).root()

    def path(self, index: int) -> tuple[bytes, ...]:
        return tuple(inclusion_proof(index, len(self.leaves), self.nodes))


class Case:
    """One log, the heads of its first *size* entries, and bundles of its subjects."""

    def __init__(self, logged: Logged, size: int, *, apart: bool) -> None:
        bodies = [body_of(i, about) for i, about in enumerate(logged)]
        chains = Chains()
        for body, about in zip(bodies[:size], logged, strict=False):
            chains.add([NAMES[i] for i in about], leaf_hash(body))
        self.heads = list(chains.heads())
        signer = ACCESS if apart else LEDGER
        partial = Tree(bodies[:size], signer)
        self.size, self.apart = size, apart
        committed = prove(self.heads, "nobody")[0]
        data: dict[str, Json] = {
            "tree": "access" if apart else "ledger",
            "origin": signer.name,
            "size": size,
            "tree_root": partial.root().hex(),
            "heads": committed.subjects,
            "root": committed.root.hex(),
        }
        said = encode({"kind": "log.heads-committed", "v": 1, "data": data, "about": []})
        self.tree = Tree(bodies if apart else [*bodies, said], signer)
        self.ledger = Tree([b"first", said, b"last"], LEDGER) if apart else self.tree
        self.logged = logged if apart else [*logged, ()]
        self.said_at = self.ledger.bodies.index(said)

    def ended(self, name: str) -> Ended:
        consistency = consistency_proof(self.size, len(self.tree.bodies), self.tree.nodes)
        ended = Ended(
            index=self.said_at,
            body=self.ledger.bodies[self.said_at],
            path=self.ledger.path(self.said_at),
            consistency=consistency,
            places=prove(self.heads, name)[1],
        )
        if not self.apart:
            return ended
        return replace(ended, note=self.ledger.note, key=LEDGER.verifier())

    def links(self, name: str, shows: Callable[[int], bool]) -> Iterator[Link]:
        for index, about in enumerate(self.logged):
            if name in [NAMES[i] for i in about]:
                body = self.tree.bodies[index]
                shown = body if shows(index) else None
                yield Link(index, leaf_hash(body), shown, self.tree.path(index))

    def bundle(
        self,
        name: str,
        *,
        shows: Callable[[int], bool] = lambda _: True,
        changed: Callable[[list[Link]], list[Link]] = lambda links: links,
    ) -> bytes:
        links = changed(list(self.links(name, shows)))
        shown = sum(link.body is not None for link in links)
        pieces = subject(
            subject=name, note=self.tree.note, key=self.tree.signer.verifier(), stated=STATED,
            counts=(len(links), shown), ended=self.ended(name), links=links, blobs={},
        )  # fmt: skip
        return b"".join(pieces)


LOGGED: Logged = [(0, 1), (1,), (), (0,), (2, 0), (1, 2), (0,), (4,), (0, 4), (1,)]


@cache
def case(*, apart: bool) -> Case:
    return Case(LOGGED, 8, apart=apart)


@pytest.mark.parametrize("apart", [False, True])
def test_start_middle_and_end_are_proved_for_every_subject(*, apart: bool) -> None:
    for number, name in enumerate(NAMES):
        bundle = case(apart=apart).bundle(name)
        found = verify(BytesIO(bundle), case(apart=apart).tree.signer.verifier())
        proved = found.completeness
        assert proved is not None
        assert (found.statement.covers, proved.size) == (Covers.SUBJECT, 8)
        everything = [i for i, about in enumerate(LOGGED) if number in about]
        assert proved.proved == sum(i < 8 for i in everything)
        assert proved.later == sum(i >= 8 for i in everything)
        assert [index for index, _ in entries(BytesIO(bundle))] == everything


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=3).map(tuple), min_size=1, max_size=30),
    st.data(),
)
def test_whatever_the_log_the_proof_is_of_exactly_its_entries(
    logged: Logged, data: st.DataObject
) -> None:
    size, name = data.draw(st.integers(1, len(logged))), data.draw(st.sampled_from(NAMES))
    some = Case(logged, size, apart=data.draw(st.booleans()))
    hidden = data.draw(st.sets(st.integers(0, 30)))
    found = verify(BytesIO(some.bundle(name, shows=lambda i: i not in hidden))).completeness
    concerning = [i for i, about in enumerate(logged) if name in [NAMES[j] for j in about]]
    assert found is not None
    assert found.proved == sum(i < size for i in concerning)
    assert found.left_out == len(hidden & set(concerning))
    if found.proved:  # Nobody makes a bundle that leaves one of them out.
        gone = data.draw(st.integers(0, found.proved - 1))
        with pytest.raises(WrongLog):
            some.bundle(name, changed=lambda links: links[:gone] + links[gone + 1 :])


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("name", [NAMES[0], NAMES[3]])
def test_every_changed_byte_and_every_cut_is_refused(name: str, *, apart: bool) -> None:
    bundle = case(apart=apart).bundle(name, shows=lambda index: index != 3)
    chance = Random(3)
    for at in range(0, len(bundle), 1 if apart else 3):
        damaged = bytearray(bundle)
        damaged[at] ^= 1 << chance.randrange(8)
        with pytest.raises(Damaged, match=r"^byte [0-9,]+, "):
            verify(BytesIO(damaged))
    for cut in range(1, len(bundle), 97):
        with pytest.raises(Damaged):
            verify(BytesIO(bundle[:-cut]))


PARTS = (
    "chain.json", "heads/key", "heads/checkpoint", "heads/entry", "heads/proof",
    "heads/consistency", "heads/place", "chain/000000/links", "chain/000000/proofs",
    "chain/000000/entries",
)  # fmt: skip


@given(st.data())
def test_a_forger_who_knows_the_format_changes_nothing(data: st.DataObject) -> None:
    bundle = case(apart=True).bundle(NAMES[0])
    with ZipFile(BytesIO(bundle)) as unpacked:
        name = data.draw(st.sampled_from(PARTS))
        content = unpacked.read(name)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    forged = content[:start] + data.draw(st.binary(max_size=50)) + content[end:]
    if forged != content:
        with pytest.raises(Damaged):
            verify(BytesIO(forge(bundle, **{name: forged})))


def shorter(bundle: bytes, drop: list[int], order: list[int] | None = None) -> bytes:
    """Return *bundle* as a forger would who leaves out or reorders links, and all else fits."""
    with ZipFile(BytesIO(bundle)) as unpacked:
        chain = json.loads(unpacked.read("chain.json"))
        links = unpacked.read("chain/000000/links")
        proofs = unpacked.read("chain/000000/proofs")
        packed = unpacked.read("chain/000000/entries")
        stated = json.loads(unpacked.read("bundle.json"))
    bodies = []
    while packed:
        end = 2 + int.from_bytes(packed[:2])
        bodies.append(packed[:end])
        packed = packed[end:]
    count = len(links) // 41
    indexes = [int.from_bytes(links[41 * i :][:8]) for i in range(count)]
    tall = [len(inclusion_spans(index, stated["size"])) for index in indexes]
    starts = [32 * sum(tall[:i]) for i in range(count)]
    kept = order or [i for i in range(count) if i not in drop]
    chain["links"] = stated["entries"] = len(kept)
    return forge(
        bundle,
        **{
            "bundle.json": encode(stated),
            "chain.json": encode(chain),
            "chain/000000/links": b"".join(links[41 * i : 41 * i + 41] for i in kept),
            "chain/000000/proofs": b"".join(
                proofs[starts[i] : starts[i] + 32 * tall[i]] for i in kept
            ),
            "chain/000000/entries": b"".join(bodies[i] for i in kept),
        },
    )


@pytest.mark.parametrize("apart", [False, True])
def test_no_entry_can_be_left_out_or_moved_and_all_else_made_to_fit(*, apart: bool) -> None:
    bundle = case(apart=apart).bundle(NAMES[0])
    assert shorter(bundle, []) == bundle
    for gone in range(4):  # Entries 0, 3, 4 and 6 are below the size of the heads.
        with pytest.raises(Damaged, match="does not lead to the head that was committed"):
            verify(BytesIO(shorter(bundle, [gone])))
    for order in ([1, 0, 2, 3, 4], [0, 0, 1, 2, 3, 4], [4, 3, 2, 1, 0]):
        with pytest.raises(Damaged, match="cannot come after"):
            verify(BytesIO(shorter(bundle, [], order)))
    later = verify(BytesIO(shorter(bundle, [4]))).completeness
    assert later is not None  # What came after the heads is listed, and said to be no proof.
    assert later.later == 0
    assert "that nothing came after size 8" in "\n".join(later.words())


def test_another_subjects_proof_or_an_older_map_does_not_do() -> None:
    some = case(apart=False)
    other, own = some.bundle(NAMES[1]), some.bundle(NAMES[0])
    with ZipFile(BytesIO(other)) as unpacked:
        place = unpacked.read("heads/place")
    with pytest.raises(Damaged, match="does not show"):
        verify(BytesIO(forge(own, **{"heads/place": place})))
    with pytest.raises(WrongLog, match="not of"):
        wrong = replace(case(apart=True).ended(NAMES[0]))
        list(
            subject(
                subject=NAMES[0], note=some.tree.note, key=LEDGER.verifier(), stated=STATED,
                counts=(0, 0), ended=replace(wrong), links=[], blobs={},
            )
        )  # fmt: skip


def test_an_entry_about_somebody_else_is_no_link() -> None:
    some, name = case(apart=False), NAMES[0]
    bundle = some.bundle(name)
    alien = some.tree.bodies[7]  # About NAMES[4] alone.
    link = Link(7, leaf_hash(alien), alien, some.tree.path(7))
    with pytest.raises(WrongLog):
        some.bundle(name, changed=lambda links: sorted([*links, link], key=lambda x: x.index))
    assert verify(BytesIO(bundle)).completeness is not None


def test_the_key_of_the_log_of_heads_can_be_given() -> None:
    bundle = case(apart=True).bundle(NAMES[0])
    verify(BytesIO(bundle), ACCESS.verifier(), heads_key=LEDGER.verifier())
    with pytest.raises(Damaged, match="and you expected"):
        verify(BytesIO(bundle), heads_key=ACCESS.verifier())
    kept = Checkpoint(ACCESS.name, 3, b"r" * 32)
    with pytest.raises(ProofError, match="only a bundle of the whole log"):
        verify(BytesIO(bundle), ACCESS.verifier(), kept=kept)


def test_a_policy_that_names_the_log_of_heads_holds_it_to_its_quorum() -> None:
    witness = CosignatureSigner("w.example", b"w" * 32, now_s=lambda: 1)
    some = case(apart=True)
    cosigned = some.tree.note + signature_line(some.tree.note.split("\n\n")[0] + "\n", witness)
    bundle = forge(some.bundle(NAMES[0]), checkpoint=cosigned.encode())
    own = f"log {ACCESS.verifier()}\nwitness w {witness.verifier()}\nquorum w"
    both = f"log {LEDGER.verifier()}\n{own}"
    with pytest.raises(Damaged, match="heads/checkpoint: not cosigned by a quorum"):
        verify(BytesIO(bundle), policy=Policy.parse(both))
    found = verify(BytesIO(bundle), policy=Policy.parse(own)).completeness
    assert found is not None
    assert not found.heads_accepted
    ledger = some.ledger.note
    ledger += signature_line(ledger.split("\n\n")[0] + "\n", witness)
    bundle = forge(bundle, **{"heads/checkpoint": ledger.encode()})
    found = verify(BytesIO(bundle), policy=Policy.parse(both)).completeness
    assert found is not None
    assert found.heads_accepted


def test_the_command_says_what_is_proved_and_what_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = tmp_path / "bundle.zip", str(ACCESS.verifier())
    path.write_bytes(case(apart=True).bundle(NAMES[0], shows=lambda index: index != 3))
    assert main(["verify", str(path), "--key", key]) == 0
    said = capsys.readouterr().out
    assert f"proved about {NAMES[0]}, as of size 8" in said
    for part in ("start ", "middle ", "end ", "1 entries are here by their hash"):
        assert part in said
    assert "that the 1 entries after size 8 are all that came" in said
    assert "--heads-key" in said
    path.write_bytes(case(apart=True).bundle(NAMES[3]))
    assert main(["verify", str(path), "--key", key, "--heads-key", str(LEDGER.verifier())]) == 0
    said = capsys.readouterr().out
    assert "no entry is about it" in said
    assert "--heads-key" not in said
