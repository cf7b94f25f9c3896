"""What a bundle about one subject holds besides entries: names, and who committed the end."""

import json
from dataclasses import asdict, dataclass
from struct import Struct
from typing import Final

from audit.canonical import encode
from audit.heads import Committed
from audit.merkle import HASH_BYTES, ProofError

CHAIN: Final = "chain.json"
HEADS_KEY: Final = "heads/key"
HEADS_CHECKPOINT: Final = "heads/checkpoint"
HEADS_ENTRY: Final = "heads/entry"
HEADS_PROOF: Final = "heads/proof"
HEADS_CONSISTENCY: Final = "heads/consistency"
HEADS_PLACE: Final = "heads/place"
KIND: Final = "log.heads-committed"

LINK: Final = Struct(f">Q{HASH_BYTES}s?")
"""Of each link: its index in the log, its leaf hash, whether its entry is in the bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The member ``chain.json``, in its canonical bytes.

    Attributes:
        subject: Whose chain.
        links: How many entries about the subject there are up to the checkpoint.
        heads_at: The index of the entry that committed the map of heads.
        apart: Whether that entry is in another log than the chain.
    """

    subject: str
    links: int
    heads_at: int
    apart: bool

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return encode(asdict(self))

    @classmethod
    def from_bytes(cls, body: bytes) -> "Chain":
        """Read what `to_bytes` wrote. Raises `ProofError` if it is anything else."""
        try:
            read = cls(**json.loads(body))
            types = [type(value) for value in asdict(read).values()]
            typed = types == [str, int, int, bool] and min(read.links, read.heads_at) >= 0
            canonical = typed and read.to_bytes() == body
        except (TypeError, ValueError, RecursionError) as error:
            raise ProofError(f"not the statement of a chain: {error}") from error
        if not canonical:
            raise ProofError("not the statement of a chain in its canonical bytes")
        return read


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsEntry:
    """What a ``log.heads-committed`` says: the heads of which log, at which size.

    Attributes:
        origin: The name of that log.
        size: Its size; the heads are those of its first *size* entries.
        tree_root: The root of that log at this size.
        committed: The map of heads.
    """

    origin: str
    size: int
    tree_root: bytes
    committed: Committed

    @classmethod
    def from_bytes(cls, body: bytes) -> "HeadsEntry":
        """Read the bytes of such an entry. Raises `ProofError` if it is of another kind.

        Only its canonical bytes are one. Whoever works the maps out again looks for those:
        in another spelling a false map could be passed off, and never be found.
        """
        try:
            read = json.loads(body)
            canonical = encode(read) == body
            data = read["data"]
            root, tree_root = bytes.fromhex(data["root"]), bytes.fromhex(data["tree_root"])
            found = cls(
                origin=data["origin"],
                size=data["size"],
                tree_root=tree_root,
                committed=Committed(root, data["heads"]),
            )
            numbers = (found.size, found.committed.subjects)
            fits = (read["kind"], read["v"]) == (KIND, 1) and isinstance(found.origin, str)
            fits = fits and all(type(one) is int and one >= 0 for one in numbers)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ProofError(f"not an entry that commits to heads: {error!r}") from error
        if not fits or not canonical:
            raise ProofError(f"not an entry of the kind {KIND}, version 1, in its canonical bytes")
        return found


def about(body: bytes) -> list[str]:
    """Return whom the entry in *body* names; nobody if it is no entry."""
    try:
        named = json.loads(body)["about"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []


def concerns(body: bytes, subject: str) -> bool:
    """Say whether the entry in *body* names *subject* among those whom it is about."""
    return subject in about(body)


def chain_folder(number: int) -> str:
    """Return where the *number*th 256 links of the chain stand."""
    return f"chain/{number:06}"
