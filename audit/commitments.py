"""Whether the maps of chain heads that a log commits to are what its entries come to.

A bundle about one subject shows what a committed map says, and cannot show that the map was
worked out rightly: that takes every entry. So whoever holds a whole log works the maps out
again, and with them every such bundle is worth as much as the log.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from audit.heads import Chains, commitment
from audit.merkle import Frontier, ProofError, leaf_hash

KIND: Final = "log.heads-committed"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One entry that commits to the heads of a log, as of a size.

    Attributes:
        index: Of the entry, in the log that holds it.
        origin: The log whose heads they are.
        tree_root: The root of that log at *size*.
        root: Of the map.
        heads: How many subjects it has.
    """

    index: int
    origin: str
    size: int
    tree_root: bytes
    root: bytes
    heads: int


def commitments(entries: Iterable[tuple[int, bytes]]) -> Iterator[Commitment]:
    """Yield every commitment among *entries*, which are checked already.

    Raises:
        ProofError: an entry of that kind does not say what it has to.
    """
    marker = f'"{KIND}"'.encode()
    for index, body in entries:
        if marker in body and (read := json.loads(body))["kind"] == KIND:
            yield _read(index, read["data"])


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
    waiting = sorted((one for one in stated if one.origin == origin), key=lambda one: one.size)
    chains, tree, done = Chains(), Frontier(), 0
    for _, body in entries:
        while done < len(waiting) and waiting[done].size == tree.size:
            _compare(waiting[done], chains, tree)
            done += 1
        if done == len(waiting):
            return done
        leaf = leaf_hash(body)
        chains.add(json.loads(body)["about"], leaf)
        tree = tree.extend([leaf])
    for one in waiting[done:]:
        if one.size != tree.size:
            raise ProofError(
                f"entry {one.index} commits to the heads at {one.size} entries, "
                f"and here are {tree.size}: give a bundle that was made later"
            )
        _compare(one, chains, tree)
    return len(waiting)


def _compare(one: Commitment, chains: Chains, tree: Frontier) -> None:
    if one.tree_root != tree.root():
        raise ProofError(
            f"entry {one.index} commits to heads of another history: at {one.size} entries the "
            "root of the log is not the one that it names"
        )
    found = commitment(chains.heads())
    if (found.root, found.subjects) != (one.root, one.heads):
        raise ProofError(
            f"entry {one.index} commits to a map of heads at {one.size} entries that is not "
            "what the entries come to: bundles about one subject that rely on it prove nothing"
        )


def _read(index: int, data: Any) -> Commitment:
    try:
        return Commitment(
            index=index,
            origin=str(data["origin"]),
            size=int(data["size"]),
            tree_root=bytes.fromhex(data["tree_root"]),
            root=bytes.fromhex(data["root"]),
            heads=int(data["heads"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProofError(f"entry {index} is a {KIND} that cannot be read: {error!r}") from error
