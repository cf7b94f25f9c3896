"""The area's own tables of ``policies/``, made once for each ruleset that is loaded.

``reach``    how far a role reaches: (role, category, family)
``access``   what the six facts add up to: see `rules.verdicts`
``regimes``  which regime governs a purpose on a day
``limits``   figures, such as how long an override lasts
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, cast

from ledger.access.rules.regimes import BadRegimes, RegimeRow, Regimes, parse
from ledger.access.rules.verdicts import Facts, Verdict, is_possible, role_verdict, verdicts
from ledger.access.rules.words import (
    Agreement,
    Consent,
    Reason,
    Regime,
    Register,
    Relationship,
    Standing,
)
from ledger.core import authority, policy
from ledger.core.actor import Role
from ledger.core.policy import BadPolicy, Policy, Table
from ledger.vocabulary.categories import Category
from ledger.vocabulary.purposes import Family

_PART: Final = "access"
_LIMITS: Final = {
    "override-minutes": 24 * 60,
    "register-days": 366,
    "withholding-days": 366,
    "withholding-alone-days": 31,
    "review-days": 31,
    "acknowledge-days": 31,
    "answer-days": 366,
    "withdrawal-days": 31,
}
"""Each limit, and the most it may be."""
_SINCE: Final = {
    "register-days": 21,
    "withholding-days": 90,
    "withholding-alone-days": 14,
    "review-days": 3,
    "acknowledge-days": 3,
    "answer-days": 28,
    "withdrawal-days": 3,
}
"""Limits that rulesets of earlier versions of this service do not have."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The roles that see one category for one family, and those that must not."""

    allowed: frozenset[Role]
    denied: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What a decision looks up. Immutable; swapped as one with the policy it came with."""

    reach: Mapping[tuple[Category, Family], Reach]
    verdicts: Mapping[Facts, Verdict]
    regimes: Regimes
    override_lasts: timedelta
    register_lasts: timedelta
    withholding_lasts: timedelta
    withholding_alone: timedelta
    review_lasts: timedelta
    acknowledge_lasts: timedelta
    answer_lasts: timedelta
    withdrawal_lasts: timedelta
    access: Table
    reaches: Table

    def verdict(
        self, facts: Facts, roles: frozenset[Role], held: frozenset[Role], reach: Reach
    ) -> Verdict:
        """Return what *facts* add up to for somebody in *roles*, out of those they have *held*.

        A rule against any role that they hold counts, whichever they say they act in.
        """
        if roles & reach.allowed and not held & reach.denied:
            return self.verdicts[facts]
        joined = self.verdicts[facts]
        if facts.standing is not Standing.CLEAR and not joined.permits:
            return joined
        return role_verdict(Reason.ROLE_REACH if roles else Reason.NO_ROLE, facts)

    def permits_unasked(self, facts: Facts) -> bool:
        """Say whether what the patient said nothing about may be seen, in these *facts*."""
        return self.verdicts[facts._replace(consent=Consent.NONE)].permits

    def governing(self, purpose: str, category: Category, on: date) -> RegimeRow | None:
        """Return the row of the regime table that governs."""
        return self.regimes.governing(purpose, category, on)

    def lines(
        self, facts: Facts, roles: Iterable[Role], category: Category, family: Family
    ) -> tuple[str, ...]:
        """Return the policy lines that settled it, as ``file:line``."""
        found = [f"access.csv:{n}" for n in (self.access.deciding.get(facts),) if n]
        for role in sorted(roles):
            number = self.reaches.deciding.get((role, category, family))
            if number is not None:
                found.append(f"reach.csv:{number}")
        return tuple(found)


def load(folder: Path) -> Ruleset:
    """Read the area's files.

    Raises:
        BadPolicy: a word that is not in the vocabulary, or a table that cannot be used;
            names file and line.
    """
    reaches = Table.load(
        folder / "reach.conf",
        folder / "reach.csv",
        {"role": Role, "category": Category, "family": Family},
    )
    access = _access(folder)
    file = folder / "regimes.csv"
    try:
        regimes = parse(file.read_text())
    except BadRegimes as error:
        faults = str(error).splitlines()
        raise BadPolicy("\n".join(f"{file}:{fault}" for fault in faults)) from error
    limits = _limits(folder / "limits.csv")
    return Ruleset(
        reach={
            (category, family): Reach(
                frozenset(r for r in Role if (r, category, family) in reaches.allowed),
                frozenset(r for r in Role if (r, category, family) in reaches.denied),
            )
            for category in Category
            for family in Family
        },
        verdicts=verdicts(access.allowed),
        regimes=regimes,
        override_lasts=timedelta(minutes=limits["override-minutes"]),
        register_lasts=timedelta(days=limits["register-days"]),
        withholding_lasts=timedelta(days=limits["withholding-days"]),
        withholding_alone=timedelta(days=limits["withholding-alone-days"]),
        review_lasts=timedelta(days=limits["review-days"]),
        acknowledge_lasts=timedelta(days=limits["acknowledge-days"]),
        answer_lasts=timedelta(days=limits["answer-days"]),
        withdrawal_lasts=timedelta(days=limits["withdrawal-days"]),
        access=access,
        reaches=reaches,
    )


def _access(folder: Path) -> Table:
    """Return the table of facts. Rulesets of earlier versions do not know the register."""
    model, file = folder / "access.conf", folder / "access.csv"
    vocabulary = {
        "regime": Regime,
        "agreement": Agreement,
        "consent": Consent,
        "relationship": Relationship,
        "standing": Standing,
    }
    if "r.register" in model.read_text():
        return Table.load(model, file, vocabulary | {"register": Register}, possible=is_possible)
    table = Table.load(model, file, vocabulary)
    return Table(
        frozenset(_with_register(table.allowed)),
        frozenset(_with_register(table.denied)),
        {each: n for words, n in table.deciding.items() for each in _with_register([words])},
    )


def _with_register(found: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    every = ((*words, register) for words in found for register in Register)
    return (words for words in every if is_possible(words))


def _limits(file: Path) -> dict[str, int]:
    found = dict(_SINCE)
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in next(csv.reader([line]))]
        if len(words) != len(("limit", "value")) or words[0] not in _LIMITS:
            raise BadPolicy(f"{file}:{number}: needs limit, value; known: {', '.join(_LIMITS)}")
        if not words[1].isdecimal() or not 0 < int(words[1]) <= _LIMITS[words[0]]:
            raise BadPolicy(f"{file}:{number}: {words[0]} is 1 to {_LIMITS[words[0]]}")
        found[words[0]] = int(words[1])
    if missing := _LIMITS.keys() - found.keys():
        raise BadPolicy(f"{file}: no line for {', '.join(sorted(missing))}")
    return found


def in_force() -> Ruleset:
    """Return the tables of the policy in force. Decide with this one object throughout."""
    return of(authority.in_force())


def of(whole: Policy) -> Ruleset:
    """Return the tables of a policy, in force or not."""
    return cast(Ruleset, whole.parts[_PART])


policy.part(_PART, load)
