"""Compare-and-swap of what was signed: of any number that try, one goes on."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from audit import Checkpoint
from ledger.core import checkpoint_store
from ledger.core.checkpoint_store import (
    CheckpointStore,
    NoStore,
    StoreRefused,
    StoreUnavailable,
    open_store,
)
from tests.databases import NewDatabase, as_owner

ORIGIN = "store.example/log"


def tree(size: int, root: bytes = b"r", origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, root * 32)


@pytest.fixture(params=["directory", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "directory":
        return str(tmp_path / "not" / "yet" / "there")
    new_database: NewDatabase = request.getfixturevalue("postgresql_databases")
    return as_owner(new_database())


@pytest.fixture
def store(place: str) -> CheckpointStore:
    return open_store(place)


def test_it_goes_on_from_what_it_has_and_another_process_sees_that(
    place: str, store: CheckpointStore
) -> None:
    assert store.newest(ORIGIN) is None
    store.advance(tree(3), after=None)
    store.advance(tree(5), after=tree(3))
    store.advance(tree(5), after=tree(3))  # As after a crash: kept already.
    assert open_store(place).newest(ORIGIN) == tree(5)
    assert store.newest("another.example/log") is None


@pytest.mark.parametrize(
    ("new", "after"),
    [
        (tree(6), None),
        (tree(6), tree(3)),
        (tree(6), tree(5, b"x")),
        (tree(5, b"x"), tree(5)),
        (tree(4), tree(5)),
        (tree(5, b"x"), None),
    ],
    ids=["as if first", "stale", "other root", "same size", "smaller", "another first"],
)
def test_what_does_not_continue_it_is_refused(
    store: CheckpointStore, new: Checkpoint, after: Checkpoint | None
) -> None:
    store.advance(tree(3), after=None)
    store.advance(tree(5), after=tree(3))
    with pytest.raises(StoreRefused):
        store.advance(new, after=after)
    assert store.newest(ORIGIN) == tree(5)


def test_a_database_that_says_nothing_is_out_of_reach(
    postgresql_databases: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here because somebody else holds the row; a network that is cut off ends likewise."""
    quickly = {**checkpoint_store._ANSWERS_OR_FAILS, "options": "-c statement_timeout=200"}
    monkeypatch.setattr(checkpoint_store, "_ANSWERS_OR_FAILS", quickly)
    url = as_owner(postgresql_databases())
    store = open_store(url)
    store.advance(tree(3), after=None)
    other = create_engine(url)
    with other.begin() as connection:
        connection.execute(text("SELECT * FROM care_ledger_checkpoints FOR UPDATE"))
        with pytest.raises(StoreUnavailable, match="timeout"):
            store.advance(tree(4), after=tree(3))
    other.dispose()
    store.advance(tree(4), after=tree(3))


def _tries(place: str, root: bytes) -> int:
    store, won = open_store(place), 0
    for size in range(1, 21):
        before = store.newest(ORIGIN)
        if before is not None and before.size >= size:
            continue
        try:
            store.advance(tree(size, root), after=before)
            won += 1
        except StoreRefused:
            continue
    return won


def test_of_several_processes_one_wins_each_size(place: str) -> None:
    with get_context("spawn").Pool(2) as processes:
        roots = [(place, b"a"), (place, b"b")]
        won = processes.starmap(_tries, roots)
    newest = open_store(place).newest(ORIGIN)
    assert newest is not None
    assert 1 <= sum(won) <= newest.size == 20


def test_of_several_threads_that_are_first_one_wins(store: CheckpointStore) -> None:
    store.newest(ORIGIN)

    def first(number: int) -> bool:
        try:
            store.advance(tree(1, bytes([number])), after=None)
        except StoreRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(first, range(8))) == 1


def test_a_damaged_file_is_named_and_nothing_goes_on(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.advance(tree(3), after=None)
    (file,) = tmp_path.glob("*.checkpoint")
    for damage in ("", "nonsense", tree(3, origin="another.example/log").to_text()):
        file.write_text(damage)
        with pytest.raises(StoreUnavailable, match="damaged"):
            store.newest(ORIGIN)
        with pytest.raises(StoreUnavailable, match="damaged"):
            store.advance(tree(4), after=tree(3))


def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_store(str(tmp_path / "file" / "folder")).advance(tree(1), after=None)
    nowhere = open_store("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        nowhere.newest(ORIGIN)
    with pytest.raises(StoreUnavailable, match="LEDGER_CHECKPOINT_STORE"):
        NoStore().advance(tree(1), after=None)


def test_a_half_written_file_is_never_read(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.advance(tree(3), after=None)
    (file,) = tmp_path.glob("*.checkpoint")
    file.with_suffix(".unfinished").write_text("store.example/log\n9")
    assert store.newest(ORIGIN) == tree(3)
    store.advance(tree(4), after=tree(3))
    assert store.newest(ORIGIN) == tree(4)


def test_a_database_keeps_it_durably(postgresql_databases: NewDatabase) -> None:
    url = as_owner(postgresql_databases())
    engine = create_engine(url)
    with engine.begin() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    engine.dispose()
    store = open_store(url)
    store.advance(tree(3), after=None)
    assert store.newest(ORIGIN) == tree(3)
