"""What limits are counted by: no count is lost, none outlives its time, and none needs a thread."""

from concurrent.futures import ThreadPoolExecutor
from threading import active_count

import pytest

from ledger.edge import counts
from ledger.edge.counts import Counts


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [1000.0]
    monkeypatch.setattr(counts, "time", lambda: at[0])
    return at


def test_a_count_begins_anew_when_its_time_is_over(now: list[float]) -> None:
    kept = Counts()
    assert [kept.incr("a", 60), kept.incr("a", 60), kept.incr("b", 60)] == [1, 2, 1]
    assert kept.get_expiry("a") == 1060
    now[0] = 1059.9
    assert kept.get("a") == 2
    now[0] = 1060
    assert kept.get("a") == 0
    assert kept.incr("a", 60) == 1
    assert kept.get_expiry("a") == 1120


def test_what_has_run_out_is_thrown_away(now: list[float]) -> None:
    kept = Counts()
    for each in range(1000):
        kept.incr(f"address:{each}", 60)
    now[0] += 61
    kept.incr("another", 60)
    assert kept.reset() == 1


def test_a_key_can_be_forgotten(now: list[float]) -> None:
    kept = Counts()
    kept.incr("a", 60)
    kept.incr("b", 60)
    kept.clear("a")
    assert (kept.get("a"), kept.get("b")) == (0, 1)
    assert kept.get_expiry("a") == now[0]


def test_threads_lose_no_count_and_it_starts_none() -> None:
    kept, before = Counts(), active_count()
    assert active_count() == before
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: [kept.incr("a", 60) for _ in range(500)], range(8)))
    assert kept.get("a") == 4000
    assert active_count() == before
