"""After a power cut, what was acknowledged is there: database, checkpoint store, published files.

All three lie on a file system that forgets what was not flushed (`tests.faults.powercut`). The
control: with one of them not flushing, something must be found missing.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from tests.databases import NewDatabase, running
from tests.faults.test_kills import Seen
from tests.process import waiting_for_the_disk

pytestmark = pytest.mark.real_time


@pytest.fixture(autouse=True)
def on_a_disk() -> Iterator[None]:
    """What this process writes before a cut and looks at after it is on the disk, too."""
    with waiting_for_the_disk():
        yield


@contextmanager
def mounted(folder: Path) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """Mount the file system; give where, and the process that serves it."""
    unmount = shutil.which("fusermount3")
    if not Path("/dev/fuse").exists() or unmount is None or find_spec("mfusepy") is None:
        pytest.skip("no power cuts here: needs /dev/fuse, Debian's fuse3 and PyPI's mfusepy")
    place = folder / "mount"
    place.mkdir()
    (folder / "backing").mkdir()
    command = [sys.executable, "-m", "tests.faults.powercut", str(folder / "backing"), str(place)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes, text=True) as serves:
        for _ in range(500):
            if place.is_mount() or serves.poll() is not None:
                break
            sleep(0.01)
        try:
            if not place.is_mount():
                pytest.skip("no power cuts here: a file system of one's own cannot be mounted")
            yield place, serves
        finally:
            subprocess.run([unmount, "-uz", str(place)], check=False)
            serves.kill()


def switch(serves: "subprocess.Popen[str]", what: str) -> int:
    assert serves.stdin is not None
    assert serves.stdout is not None
    serves.stdin.write(f"{what}\n")
    serves.stdin.flush()
    said, pages = serves.stdout.readline().split()
    assert said == what
    return int(pages)


def flushed(file: Path, copy: Path) -> None:
    """Copy a database there, and have it on the disk."""
    shutil.copy(file, copy)
    with copy.open("rb+") as out:
        os.fsync(out.fileno())


def cuts(
    folder: Path, database: Path, times: int, *, chance: random.Random, mutant: str | None = None
) -> int:
    """Cut the power so often while a service works; return how many pages were lost.

    Raises:
        Exception: something that was promised is not there.
    """
    lost = 0
    with mounted(folder) as (place, serves):
        flushed(database, place / "ledger.sqlite3")
        url, store = f"sqlite:///{place / 'ledger.sqlite3'}", str(place / "store")
        command = [sys.executable, "-m", "tests.faults.runner"]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        quiet: Any = {"stderr": subprocess.DEVNULL}  # What it says of a disk that is gone.
        with subprocess.Popen(command, **pipes, **quiet) as process:
            try:
                seen: Seen | None = None
                for _ in range(times):
                    with running(url, checkpoint_store=store) as app:
                        if seen is None:
                            seen = Seen(process, app, place / "published")
                        seen.app = app
                    process_id = seen.told(mutant=mutant)
                    seen.read(until=chance.randint(2, 30))
                    lost += switch(serves, "cut")
                    with suppress(ProcessLookupError):
                        os.kill(process_id, signal.SIGKILL)
                    seen.read(by_itself=True)
                    switch(serves, "back")
                    with running(url, checkpoint_store=store) as app:
                        seen.app = app
                        seen.look()
            finally:
                process.kill()
        assert seen is not None
        print(  # noqa: T201  (the figure; shown with -s, and where it fails)
            f"power cuts, {mutant or 'all flushed'}: {seen.kills} cuts, {lost} pages lost, "
            f"{len(seen.entries)} entries acknowledged"
        )
    return lost


@pytest.fixture
def database(sqlite_databases: NewDatabase) -> Path:
    return Path(sqlite_databases().removeprefix("sqlite:///"))


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, database: Path) -> None:
    assert cuts(tmp_path, database, 4, chance=random.Random(5)) > 0


@pytest.mark.parametrize(
    ("mutant", "complaint"),
    [
        ("database", "commits were lost"),
        ("store", "the checkpoint store is damaged"),
        ("directory", "malformed note|tile/|not a checkpoint"),
    ],
)
def test_what_does_not_flush_is_found(
    tmp_path: Path, database: Path, mutant: str, complaint: str
) -> None:
    with pytest.raises(Exception, match=complaint):
        cuts(tmp_path, database, 12, chance=random.Random(6), mutant=mutant)


@pytest.mark.soak
def test_nothing_is_lost_in_many_cuts(tmp_path: Path, database: Path) -> None:
    assert cuts(tmp_path, database, 30, chance=random.Random(7)) > 0
