"""What an entry recorded, in plain words. What has none is left to the bytes of the entry."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from ledger.consent.rules.choices import Source
from ledger.consent.rules.model import Capacity
from ledger.core.actor import Role
from ledger.core.money import format_minor
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category
from ledger.vocabulary.labels import CONFIDENTIALITY_WORDS
from ledger.web.navigation import role_words
from ledger.web.shell import day, moment

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPAQUE: Final = re.compile(rf"{_UUID.pattern}|[0-9a-f]{{32,}}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(rf"{_DAY.pattern}T\S+")
_CODE: Final = re.compile(r"[a-z]+([-_][a-z]+)*")
_ACRONYMS: Final = {"ods": "ODS", "nhs": "NHS"}
_NOT_FOR_PEOPLE: Final = frozenset({"digest", "sensitivities", "regime", "lines", "acr", "amr"})
_AS_WRITTEN: Final = frozenset(
    {"name", "title", "town", "place", "reference", "issuer", "position", "organisation"}
    | {"recipient", "scopes", "files"}
)
_LABELS: Final = {
    "auth_time": "Signed in",
    "by_number": "Replaced by number",
    "ground": "Why",
    "host_id": "Host",
    "ods_code": "ODS code",
    "reason_code": "Reason",
    "to": "Until",
}
_CAPACITIES: Final = {
    Capacity.PATIENT: "The patient",
    Capacity.PARENT: "A parent, for the patient",
    Capacity.ATTORNEY: "An attorney, for the patient",
    Capacity.DEPUTY: "A deputy, for the patient",
}
_SOURCES: Final = {
    Source.ONLINE: "Online",
    Source.PAPER: "On paper; a member of staff wrote it down here",
    Source.SPOKEN: "To a member of staff, who wrote it down here",
    Source.PHONE: "By phone; a member of staff wrote it down here",
    Source.IMPORTED: "Elsewhere; it was brought in from there",
}
_ROLES: Final = {role: role_words(role) for role in Role}
_VOCABULARIES: Final[Mapping[str, Mapping[str, str]]] = {
    "capacity": {str(one): words for one, words in _CAPACITIES.items()},
    "category": {str(one): categories.words(one) for one in Category},
    "confidentiality": {code: words.capitalize() for code, words in CONFIDENTIALITY_WORDS.items()},
    "role": {str(one): words for one, words in _ROLES.items()},
    "roles": {str(one): words for one, words in _ROLES.items()},
    "source": {str(one): words for one, words in _SOURCES.items()},
}
"""The words of a field's codes."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of what was recorded."""

    label: str
    words: str


def recorded(data: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[Recorded]:
    """Yield what of *data* can be said in words. *named*: what ids are called, where known.

    Nested objects, ids of what has no name, and digests are passed over.
    """
    for name, value in data.items():
        if name == "statement" and isinstance(value, dict):
            yield from _said(value)
            continue
        words = _words(name, value, data, named)
        if words:
            yield Recorded(_label(name), words)


def _said(statement: Mapping[str, Any]) -> Iterator[Recorded]:
    """Yield who said what, when and how, of a consent."""
    codes = statement.get("purposes")
    if isinstance(codes, list):
        said = sorted({purposes.words(str(code)) for code in codes})
        yield Recorded("Used for", ", ".join(said) or "Any use")
    for name, label in (
        ("capacity", "Said by"),
        ("source", "How it was said"),
        ("decided_at", "Decided"),
        ("starts_at", "From"),
        ("ends_at", "Until"),
    ):
        words = _words(name, statement.get(name), statement, {})
        if words:
            yield Recorded(label, words)


def _words(name: str, value: Any, data: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """Return a value in words; empty if it has none."""
    if name in _NOT_FOR_PEOPLE or name.endswith("_sha256"):
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        currency = str(data.get("currency", "GBP"))
        return format_minor(value, currency) if name.endswith("_minor") else f"{value:,}"
    if isinstance(value, str):
        return named.get(value) or _text(name, value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        each = [named.get(one) or _text(name, one) for one in value]
        return ", ".join(each) if all(each) else ""
    return ""


def _text(name: str, value: str) -> str:
    if _OPAQUE.search(value):
        return ""
    if name in ("purpose", "purposes"):
        return purposes.words(value)
    said = _VOCABULARIES.get(name, {}).get(value)
    if said:
        return said
    if name not in _AS_WRITTEN and _CODE.fullmatch(value):
        return _sentence(value.replace("-", " ").replace("_", " "))
    return _when(value) or value


def _when(value: str) -> str:
    """Return a day or a moment as people read it; empty if the text is neither."""
    try:
        if _DAY.fullmatch(value):
            return day(date.fromisoformat(value))
        return moment(datetime.fromisoformat(value)) if _MOMENT.fullmatch(value) else ""
    except ValueError:
        return ""


def _label(name: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    words = name
    for ending in ("_minor", "_ids", "_id", "_at", "_on"):
        words = words.removesuffix(ending)
    return _sentence(" ".join(_ACRONYMS.get(word, word) for word in words.split("_")))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
