"""What every check of a whole log does with one tile of leaves after the other."""

from audit.archive import Damaged, Member
from audit.merkle import ProofError, leaf_hashes
from audit.note import Checkpoint
from audit.tiles import TileError, TileTree, from_bundle


def continues(tree: TileTree, width: int, kept: Checkpoint | None) -> None:
    """Check that *tree* had the kept root, if its last *width* leaves reach there.

    Raises:
        ProofError: it had another.
    """
    if kept is None or not tree.size - width < kept.size <= tree.size:
        return
    if tree.root_at(kept.size) != kept.root:
        raise ProofError(
            f"this is another history: at {kept.size:,} entries its root is not the one "
            "in the checkpoint that was kept. Show both to somebody you trust"
        )


def entries_of(member: Member, width: int) -> list[bytes]:
    """Return the *width* entries of an entry bundle. Raises `Damaged` if it has others."""
    try:
        bodies = from_bundle(member.content)
    except TileError as error:
        raise Damaged(member.at, member.name, str(error)) from error
    if len(bodies) != width:
        raise Damaged(member.at, member.name, f"has {len(bodies)} entries where {width} belong")
    return bodies


def where_damaged(content: bytes, expected: list[bytes], first: int) -> str:
    """Say which entry of a damaged member is not what was hashed."""
    try:
        leaves = leaf_hashes(from_bundle(content))
    except TileError as error:
        return str(error)
    for number, (leaf, hashed) in enumerate(zip(leaves, expected, strict=False)):
        if leaf != hashed:
            return f"entry {first + number} is not what was hashed"
    return f"there are {len(leaves)} entries where {len(expected)} belong"
