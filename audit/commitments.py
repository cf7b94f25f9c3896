"""Whether the maps of chain heads that a log commits to are what its entries come to.

A bundle about one subject shows what a committed map says, and cannot show that the map was
worked out rightly: that takes every entry. So whoever holds a whole log works the maps out
again, and with them every such bundle is worth as much as the log.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from audit.heads import Chains, commitment
from audit.merkle import Frontier, ProofError, leaf_hash
from audit.subject import KIND, HeadsEntry, about

_MARKER: Final = f'"{KIND}"'.encode()
"""In every such entry: only their canonical bytes count, which escape nothing in it."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """One entry that commits to the heads of a log; *index* is in the log that holds it."""

    index: int
    said: HeadsEntry


def commitments(entries: Iterable[tuple[int, bytes]]) -> Iterator[Commitment]:
    """Yield every commitment among *entries*, which are checked already.

    Raises:
        ProofError: an entry of that kind does not say what it has to.
    """
    for index, body in entries:
        if _MARKER in body and _is_one(body):
            try:
                yield Commitment(index, HeadsEntry.from_bytes(body))
            except ProofError as error:
                raise ProofError(f"entry {index}: {error}") from error


def check(
    entries: Iterable[tuple[int, bytes]], stated: Iterable[Commitment], *, origin: str
) -> int:
    """Work out every map that *stated* commits to for the log *origin*; return how many.

    Args:
        entries: All of that log, from the first, each checked already.
        stated: From the log that commits to them.
        origin: Its name; commitments to other logs' heads are passed over.

    Raises:
        ProofError: a map is another, or the log was another when it was committed to.
    """
    mine = (one for one in stated if one.said.origin == origin)
    waiting = sorted(mine, key=lambda one: one.said.size)
    chains, tree, done = Chains(), Frontier(), 0
    for _, body in entries:
        while done < len(waiting) and waiting[done].said.size == tree.size:
            _compare(waiting[done], chains, tree)
            done += 1
        if done == len(waiting):
            return done
        leaf = leaf_hash(body)
        chains.add(about(body), leaf)
        tree = tree.extend([leaf])
    for one in waiting[done:]:
        if one.said.size != tree.size:
            raise ProofError(
                f"entry {one.index} commits to the heads at {one.said.size} entries, "
                f"and here are {tree.size}: give a bundle that was made later"
            )
        _compare(one, chains, tree)
    return len(waiting)


def _compare(one: Commitment, chains: Chains, tree: Frontier) -> None:
    said = one.said
    if said.tree_root != tree.root():
        raise ProofError(
            f"entry {one.index} commits to heads of another history: at {said.size} entries the "
            "root of the log is not the one that it names"
        )
    if commitment(chains.heads()) != said.committed:
        raise ProofError(
            f"entry {one.index} commits to a map of heads at {said.size} entries that is not "
            "what the entries come to: bundles about one subject that rely on it prove nothing"
        )


def _is_one(body: bytes) -> bool:
    try:
        kind = json.loads(body)["kind"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    return bool(kind == KIND)
