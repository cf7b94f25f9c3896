"""What a monitor remembers between rounds, written so that a power cut leaves it whole."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


class BadMemory(ValueError):
    """The state file is not one, or is of another log."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The newest checkpoint that was found in order.

    Attributes:
        note: The checkpoint, as it was signed.
        grew_at_s: When the monitor first saw the log at this size; seconds since 1970.
    """

    note: str
    grew_at_s: int


def load(path: Path) -> Memory | None:
    """Return what is kept in *path*; None if there is nothing yet. Raises `BadMemory`."""
    try:
        found = json.loads(path.read_bytes())
        kept = Memory(note=found["note"], grew_at_s=found["grew_at_s"])
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise BadMemory(f"{path} is not the state of a monitor: {error}") from error
    if type(found["note"]) is not str or type(found["grew_at_s"]) is not int:
        raise BadMemory(f"{path} is not the state of a monitor")
    return kept


def save(path: Path, memory: Memory) -> None:
    """Keep *memory* in *path*, in place of what was there."""
    write_whole(path, json.dumps(asdict(memory), ensure_ascii=False, indent=1) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole, or as it was before; on the disk on return."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
