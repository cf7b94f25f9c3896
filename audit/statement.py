"""What a bundle says of itself: what it holds, of which log, made when, for whom.

The log's name, size and number of entries are checked against what the bundle holds.
The rest is what the exporter *states*: nothing in a bundle can prove for whom it was.
"""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final

from audit.canonical import Json, encode

FORMAT: Final = "care-ledger-bundle/1"


class NotAStatement(ValueError):
    """The bytes do not say what a bundle has to say of itself."""


class Covers(StrEnum):
    """How much of the log is in a bundle."""

    WHOLE = "whole"
    """Every entry from the first: the tree is rebuilt, so nothing can be missing."""

    SELECTION = "selection"
    """Some entries, each with its proof. That none was left out is not proved by these."""

    SUBJECT = "subject"
    """The chain of one subject, proved complete up to the heads that the log has committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The member ``bundle.json``, in its canonical bytes.

    Attributes:
        origin: The name of the log.
        size: That of the log, at the checkpoint in the bundle.
        entries: How many of them are in the bundle.
        blobs: The SHA-256 in hex of each text in it that entries name, sorted.
        made_at: A moment in UTC, as entries spell it.
        made_by: The actor who exported it, as entries spell it.
        recipient: Whom it was made for.
        selection: The filter that chose the entries: its names and values.
        demonstration: Whether the service holds sample data only.
        readme: SHA-256 of ``README.txt``, in hex.
    """

    origin: str
    size: int
    covers: Covers
    entries: int
    blobs: tuple[str, ...]
    made_at: str
    made_by: str
    recipient: str
    selection: dict[str, str]
    demonstration: bool
    readme: str

    def naming(self, readme: str) -> "Statement":
        """Return this statement with the digest of its README."""
        return replace(self, readme=sha256(readme.encode()).hexdigest())

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        spelled: dict[str, Json] = {"covers": str(self.covers), "blobs": [*self.blobs]}
        return encode({"format": FORMAT, **asdict(self), **spelled})

    @classmethod
    def from_bytes(cls, body: bytes) -> "Statement":
        """Read what `to_bytes` wrote. Raises `NotAStatement` if it is anything else."""
        try:
            read = json.loads(body)
            if read.pop("format") != FORMAT:
                raise NotAStatement(f"not a bundle of the format {FORMAT}")
            blobs = tuple(sorted(set(map(bytes.fromhex, read["blobs"]))))
            spelled = {"covers": Covers(read["covers"]), "blobs": tuple(b.hex() for b in blobs)}
            statement = cls(**{**read, **spelled})
            canonical = statement.to_bytes() == body and statement._is_typed()
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise NotAStatement(f"not the statement of a bundle: {error}") from error
        if not canonical:
            raise NotAStatement("the statement of a bundle, but not in its canonical bytes")
        return statement

    def _is_typed(self) -> bool:
        pairs = self.selection.items()
        texts = {self.origin, self.made_at, self.made_by, self.recipient, self.readme}
        return (
            all(isinstance(text, str) for text in (*texts, *(t for pair in pairs for t in pair)))
            and all(type(count) is int and count >= 0 for count in (self.size, self.entries))
            and isinstance(self.demonstration, bool)
        )
