"""Where a check was interrupted, and what of it may be believed the next time.

A *mark* is kept for each tree: a signed checkpoint up to which everything agreed, with the
peaks of the tree there. It is never set behind a fault, so a fault is found again by each run.

What is trusted. Of the file, nothing: a mark counts only if the log's key signed its note, its
peaks lead to the root in that note, and the stored nodes of the tree lead to these peaks; so
it is the tree that was signed, and the rest of the log is held to it. An HMAC under a key
that is derived from the master key has it come from a check by this service, and not from
an owner of the database who would like rows to be passed over. But rows that a mark covers
are *not read again*: who changes one after a check is found by the next check without a mark.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from os import fsync
from pathlib import Path
from time import monotonic
from typing import Final

from audit import Checkpoint, Frontier, NoteError, Verifier
from audit.note import read_any
from audit.tiles import WIDTH
from ledger.core import privacy

_SAVE_EVERY_S: Final = 5.0


class NoProgressFile(ValueError):
    """What was given is no file that a check has written, or it is another service's."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where a tree was found to agree.

    Attributes:
        note: The signed checkpoint there.
        peaks: Of the tree at that size, largest first.
    """

    note: str
    peaks: tuple[bytes, ...]

    def verified(self, keys: Sequence[Verifier]) -> Frontier | None:
        """Return the tree that it covers, by whole tiles; None if it is not one that was signed."""
        try:
            checkpoint = Checkpoint.from_text(read_any(self.note, list(keys))[0])
        except NoteError:
            return None
        size = checkpoint.size
        if len(self.peaks) != size.bit_count() or Frontier(size, self.peaks).root() != (
            checkpoint.root
        ):
            return None
        whole = size - size % WIDTH
        return Frontier(whole, self.peaks[: whole.bit_count()])


class Progressed:
    """The marks of every tree, in a file that is replaced as a whole.

    Raises:
        NoProgressFile: it holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self.marks: Final[dict[str, Mark]] = {}
        self._saved_s = monotonic()
        if path.exists():
            self._read()

    def keep(self, tree: str, mark: Mark) -> None:
        """Move the mark of *tree*; every few seconds it is written down."""
        self.marks[tree] = mark
        if monotonic() - self._saved_s >= _SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Write all marks down."""
        marks = {
            tree: {"note": mark.note, "peaks": [peak.hex() for peak in mark.peaks]}
            for tree, mark in self.marks.items()
        }
        text = json.dumps(marks, sort_keys=True)
        unfinished = self._path.with_name(f"{self._path.name}.unfinished")
        with unfinished.open("w") as out:
            json.dump({"marks": text, "by": _mac(text)}, out)
            out.flush()
            fsync(out.fileno())
        unfinished.replace(self._path)
        self._saved_s = monotonic()

    def _read(self) -> None:
        try:
            found = json.loads(self._path.read_text())
            text, by = str(found["marks"]), str(found["by"])
            ours = compare_digest(_mac(text), by)
            marks = {
                str(tree): Mark(mark["note"], tuple(map(bytes.fromhex, mark["peaks"])))
                for tree, mark in json.loads(text).items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoProgressFile(f"{self._path} is no file that a check has written") from error
        if not ours:
            raise NoProgressFile(
                f"{self._path} was not written by a check of this service, or was changed"
            )
        self.marks.update(marks)


Keep = Callable[[str, Mark], None]
"""Is given the mark of a tree whenever it moves."""


def _mac(text: str) -> str:
    return hmac_digest(privacy.derived_key("log check"), text.encode(), sha256).hex()
