"""Every kind of record has a retention class, by name where it holds anything personal."""

from pathlib import Path

import pytest

from audit.entries import KINDS
from ledger.app import create_app
from ledger.core import authority, retention
from ledger.core.db import Base, Operational, Sealed, sort_of
from ledger.core.policy import BadPolicy
from ledger.core.retention import Ends, Erasure, RetentionClass, Runs, Schedule
from tests.databases import settings_for
from tests.docs_retention import retention_page


@pytest.fixture(autouse=True, scope="module")
def everything() -> None:
    create_app(settings_for("sqlite://"))


@pytest.fixture
def schedule() -> Schedule:
    return retention.schedule(authority.reload())


def test_every_kind_and_every_private_group_has_a_class(schedule: Schedule) -> None:
    declared = [kind for kind in KINDS.values() if kind.__module__.startswith("ledger.")]
    assert [d.kind for d in declared if schedule.of_kind(d.kind) is None] == []
    groups = {f"{d.kind}/{group}" for d in declared for group in d.groups}
    assert groups - schedule.kinds.keys() == set()
    named = {name for name in schedule.kinds if "/" in name}
    assert named - groups == set(), "a line about a private group that there is not"


def test_every_table_that_holds_more_than_the_log_has_a_class(schedule: Schedule) -> None:
    tables = {t.name for t in Base.metadata.sorted_tables}
    more = {name for name in tables if sort_of(name) in (Sealed, Operational)}
    assert more - schedule.tables.keys() == set()
    assert schedule.tables.keys() - tables == set(), "a line about a table that there is not"


def test_what_the_law_exempts_ends_by_two_people(schedule: Schedule) -> None:
    for its in schedule.classes.values():
        if its.erasure is Erasure.KEPT:
            assert its.ends is Ends.TWO_PEOPLE, its.name
            assert "17(3)" in its.source, its.name
    names = {its.name for its in schedule.classes.values() if its.erasure is Erasure.KEPT}
    assert {"evidence-of-access", "evidence-of-signing"} <= names


def test_the_page_is_made_from_the_schedule() -> None:
    page, file = retention_page()
    assert file.read_text() == page


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("class, x, 6 moons, recorded, kept, never, b, s", "no period"),
        ("class, x, 6 years, sometimes, kept, never, b, s", "sometimes"),
        ("class, x, 6 years, recorded, kept, never, b", "8 columns"),
        ("class, x, 6 years, recorded, kept, never, , s", "does not say why"),
        ("of, kind, a.b/c, nowhere", "no class above"),
        ("of, house, a.b, nowhere", "house"),
        ("rule, a", "rule"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "retention.csv").write_text(f"# first\n{line}\n")
    with pytest.raises(BadPolicy, match=f"retention.csv:2: .*{says}"):
        retention.load(tmp_path)


def test_a_period_ends_on_its_day() -> None:
    from datetime import date, timedelta  # noqa: PLC0415

    from hypothesis import given  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415

    def of(period: str) -> RetentionClass:
        return RetentionClass(
            name="x",
            period=period,
            runs=Runs.RECORDED,
            erasure=Erasure.KEPT,
            ends=Ends.TWO_PEOPLE,
            basis="b",
            source="s",
        )

    @given(
        st.dates(date(1990, 1, 1), date(2080, 12, 31)),
        st.sampled_from(["1 years", "6 years", "8 years", "30 days"]),
    )
    def holds(event: date, period: str) -> None:
        its = of(period)
        due = its.due_on(event)
        assert due is not None
        began, before = its.began_by(due), its.began_by(due - timedelta(days=1))
        assert began is not None
        assert before is not None
        assert began >= event or due.month == 3  # 29 February: due on 1 March.
        assert before < event

    holds()
    assert of("for ever").due_on(date(2026, 1, 1)) is None
    assert of("1 years").due_on(date(2024, 2, 29)) == date(2025, 3, 1)
