"""What may be recorded as a power, and as a finding about capacity."""

from collections.abc import Iterable
from datetime import date

from ledger.directory.acting.rules import (
    REVIEW_MAX,
    WORDS_MAX,
    BadFinding,
    BadPower,
    HelperOnlySaysNo,
    PowerKind,
    Scope,
)


def check_power(
    kind: PowerKind,
    scope: Iterable[Scope],
    *,
    evidence: str,
    from_on: date,
    until_on: date | None,
) -> None:
    """Check what is to be recorded as a power.

    Raises:
        BadPower, HelperOnlySaysNo: see each.
    """
    wanted = frozenset(scope)
    if kind is PowerKind.HELPER and Scope.DECIDE in wanted:
        raise HelperOnlySaysNo("leave out deciding, or record by what right they decide")
    if Scope.DECIDE in wanted and Scope.READ not in wanted:
        raise BadPower("who decides must be able to read what was decided before")
    if until_on is not None and until_on < from_on:
        raise BadPower("its last day is before its first")
    if kind is PowerKind.PARENT and until_on is not None:
        raise BadPower("a parent's power ends by itself at the child's age: give no last day")
    if not evidence.strip() or len(evidence) > WORDS_MAX:
        raise BadPower(f"say what evidence was seen, in at most {WORDS_MAX} characters")


def check_finding(words: str, *, found_on: date, review_on: date, today: date) -> None:
    """Check a finding about capacity. Raises `BadFinding`."""
    if not words.strip() or len(words) > WORDS_MAX:
        raise BadFinding(f"say which decision it is about, in at most {WORDS_MAX} characters")
    if found_on > today:
        raise BadFinding("a finding is not made in the future")
    if not today < review_on <= today + REVIEW_MAX:
        raise BadFinding("give a day for its review, within a year from today")
