"""The map of heads: against its definition, for every size, and against every damage."""

from dataclasses import replace
from hashlib import sha256
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.heads import (
    Chains,
    Committed,
    Head,
    Unsorted,
    commitment,
    from_bytes,
    prove,
    to_bytes,
    verify,
)
from audit.merkle import ProofError


def subject(number: int) -> str:
    return f"patient:{UUID(int=number * 2 + 1)}"


def heads(count: int) -> list[Head]:
    return [Head(subject(i), i + 1, sha256(b"%d" % i).digest()) for i in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 9162 section 2.1.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = by_definition(leaves[:split]), by_definition(leaves[split:])
    return sha256(b"\1" + left + right).digest()


@pytest.mark.parametrize("count", [*range(20), 255, 256, 257, 511, 512, 513, 700])
def test_every_subject_and_every_gap_is_proved(count: int) -> None:
    known = heads(count)
    root = by_definition([head.to_bytes() for head in known])
    assert commitment(known) == Committed(root, count)
    tried = range(count) if count < 20 else [0, 1, 255, count // 2, count - 2, count - 1]
    for number in tried:
        committed, places = prove(known, subject(number))
        assert committed.root == root
        same = from_bytes(to_bytes(places), subjects=count)
        if number < count:
            assert verify(subject(number), same, committed=committed) == known[number]
        missing = f"patient:{UUID(int=number * 2)}"
        committed, places = prove(known, missing)
        assert verify(missing, places, committed=committed) is None
    for missing in ("agreement:0", "pool:0"):
        committed, places = prove(known, missing)
        assert verify(missing, places, committed=committed) is None


def test_a_leaf_is_canonical_json() -> None:
    head = Head(subject(0), 3, b"\xab" * 32)
    expected = f'["patient:00000000-0000-0000-0000-000000000001",3,"{"ab" * 32}"]'
    assert head.to_bytes() == expected.encode()
    for wrong in (
        b"",
        b"{}",
        b"[1,2,3]",
        b'["a",0,""]',
        head.to_bytes() + b" ",
        b'["a",true,"00"]',
    ):
        with pytest.raises(ProofError):
            Head.from_bytes(wrong)


def test_nobody_in_the_map_is_shown_to_be_missing() -> None:
    known = heads(9)
    committed = commitment(known)
    for number in range(9):
        places = [prove(known, subject(i))[1][0] for i in range(9) if i != number]
        pairs = [[a, b] for a in places for b in places] + [[a] for a in places] + [[]]
        for forged in pairs:
            with pytest.raises(ProofError):
                verify(subject(number), forged, committed=committed)


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=40), st.integers(0, 12))
def test_chains_are_what_the_definition_says(log: list[list[int]], wanted: int) -> None:
    chains, concerning = Chains(), []
    for index, about in enumerate(log):
        leaf = sha256(b"%d" % index).digest()
        chains.add([subject(one) for one in about], leaf)
        if wanted in about:
            concerning.append(leaf)
    head = b""
    for leaf in concerning:
        head = sha256(head + leaf).digest()
    committed, places = prove(chains.heads(), subject(wanted))
    expected = Head(subject(wanted), len(concerning), head) if concerning else None
    assert verify(subject(wanted), places, committed=committed) == expected


@pytest.mark.parametrize("wanted", [subject(5), f"patient:{UUID(int=8)}"])
def test_every_damage_of_a_proof_is_refused(wanted: str) -> None:
    committed, places = prove(heads(13), wanted)
    content = to_bytes(places)
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(ProofError):
            verify(wanted, from_bytes(bytes(damaged), subjects=13), committed=committed)
    for cut in range(1, len(content)):
        with pytest.raises(ProofError):
            verify(wanted, from_bytes(content[:-cut], subjects=13), committed=committed)
    other = sha256(b"other").digest()
    for wrong in (Committed(other, 13), Committed(committed.root, 5)):
        with pytest.raises(ProofError):
            verify(wanted, places, committed=wrong)
    with pytest.raises(ProofError):
        verify(wanted, [replace(places[0], number=4)], committed=committed)


def test_heads_come_in_order_or_not_at_all() -> None:
    known = heads(5)
    shuffled = [*known]
    Random(1).shuffle(shuffled)
    for wrong in (shuffled, [known[0], known[0]], known[::-1]):
        with pytest.raises(Unsorted):
            commitment(wrong)
