"""Purposes of use: v3 ActReason codes, and a few children of our own."""

import re
from enum import StrEnum
from typing import Final

from ledger.vocabulary.facts import PURPOSES
from ledger.vocabulary.tree import Tree

SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

OWN: Final = {
    "SOCIALCARE": "COC",
    "SVCPLAN": "HDM",
    "RISKSTRAT": "POPHLTH",
}
"""Our own children: adult and children's social care, planning of services, risk stratification."""

_PROJECT: Final = re.compile(r"(HRESCH|[A-Z]{2,20}RCH[A-Z]{0,3})\.[a-z0-9][a-z0-9-]{0,39}$")
_TREE: Final = Tree({**PURPOSES, **OWN})

PARENTS: Final = _TREE.parents
"""Each code and its parent; None at the top."""

KNOWN: Final = frozenset(PARENTS)
"""Every purpose with a line of its own. Research projects come on top: see `is_known`."""


class Family(StrEnum):
    """What the law makes of a purpose; the regime table has rows for each."""

    CARE = "care"
    EMERGENCY = "emergency"
    SECONDARY = "secondary"
    OTHER = "other"


_FAMILIES: Final = {
    "PurposeOfUse": Family.OTHER,
    "TREAT": Family.CARE,
    "CAREMGT": Family.CARE,
    "ETREAT": Family.EMERGENCY,
    "CLINTRL": Family.SECONDARY,
    "POPHLTH": Family.SECONDARY,
    "HRESCH": Family.SECONDARY,
    "HDM": Family.SECONDARY,
    "HOUTCOMS": Family.SECONDARY,
    "HPRGRP": Family.SECONDARY,
    "HQUALIMP": Family.SECONDARY,
    "PATSFTY": Family.SECONDARY,
    "PERFMSR": Family.SECONDARY,
}
"""The nearest of these at or above a purpose gives its family."""

_WORDS: Final = {
    "TREAT": "Looking after you",
    "COC": "Joining up your care between teams",
    "CAREMGT": "Arranging your care and support",
    "SOCIALCARE": "Your social care and support",
    "ETREAT": "Treating you in an emergency",
    "ERTREAT": "Treating you in an emergency department",
    "BTG": "Urgent access that overrides your choice",
    "CLINTRL": "Treating you as part of a clinical trial",
    "POPHLTH": "Understanding the health of local people",
    "RISKSTRAT": "Finding people who may need help early",
    "HOPERAT": "Running health services",
    "HDM": "Managing how care is delivered",
    "SVCPLAN": "Planning services",
    "HQUALIMP": "Making services better",
    "HOUTCOMS": "Measuring how well care works",
    "PATSFTY": "Keeping patients safe",
    "PERFMSR": "Checking how services perform",
    "HRESCH": "Research",
    "BIORCH": "Medical research",
    "CLINTRCH": "Clinical trial research",
    "DSRCH": "Research into one illness",
    "HPAYMT": "Paying for care",
    "PATRQT": "Because you asked",
    "FAMRQT": "Because your family asked",
    "PWATRNY": "Because your attorney asked",
    "SUPNWK": "Because people who support you asked",
    "PUBHLTH": "Protecting public health",
    "HMARKT": "Marketing",
    "HLEGAL": "Legal reasons",
    "TRAIN": "Training staff",
    "PATADMIN": "Managing your appointments and records",
}


def is_known(code: str) -> bool:
    """Say whether *code* is a purpose: in the table, or a project such as ``HRESCH.falls-2026``."""
    return code in _TREE or _project_parent(code) is not None


def lineage(code: str) -> frozenset[str]:
    """Return a purpose with every purpose it *is a*; nothing for an unknown one."""
    parent = _project_parent(code)
    return _TREE.lineage(code) if parent is None else _TREE.lineage(parent) | {code}


def is_a(code: str, ancestor: str) -> bool:
    """Say whether purpose *code* equals *ancestor* or is below it. Unknown codes are nothing."""
    return ancestor in lineage(code)


def family(code: str) -> Family:
    """Return the family of a purpose. An unknown one is `OTHER`, which permits nothing."""
    current: str | None = _project_parent(code) or code
    while current is not None:
        if current in _FAMILIES:
            return _FAMILIES[current]
        current = PARENTS.get(current)
    return Family.OTHER


def words(code: str) -> str:
    """Return a purpose in a patient's words; those of the nearest purpose above if it has none."""
    current: str | None = _project_parent(code) or code
    while current is not None:
        if current in _WORDS:
            return _WORDS[current]
        current = PARENTS.get(current)
    return f"Another purpose ({code})"


def _project_parent(code: str) -> str | None:
    """Return the research purpose that a project's code is below, if it is one."""
    if not _PROJECT.match(code):
        return None
    parent = code.partition(".")[0]
    return parent if _TREE.is_a(parent, "HRESCH") else None
