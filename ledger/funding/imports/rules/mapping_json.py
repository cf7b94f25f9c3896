"""A mapping as JSON: how it is kept, sent to the API, and given to the command in a file."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ledger.funding.imports.rules.cells import Order, Sign
from ledger.funding.imports.rules.mapping import FileMapping, MappingRefused, Part
from ledger.funding.rules.postings import Nature

_MEMBERS = {
    "columns", "order", "sign", "schemes", "providers", "natures", "provider_id", "paid_by_host",
    "distinct",
}  # fmt: skip


def to_json(mapping: FileMapping) -> dict[str, Any]:
    """Return a mapping as plain JSON values."""
    return {
        "columns": {part.value: column for part, column in mapping.columns.items()},
        "order": mapping.order.value,
        "sign": mapping.sign.value,
        "schemes": {words: one and str(one) for words, one in mapping.schemes.items()},
        "providers": {words: str(one) for words, one in mapping.providers.items()},
        "natures": {words: one and one.value for words, one in mapping.natures.items()},
        "provider_id": str(mapping.provider_id),
        "paid_by_host": mapping.paid_by_host,
        "distinct": sorted(mapping.distinct),
    }


def from_json(said: Mapping[str, Any], *, guessed: FileMapping) -> FileMapping:
    """Return *guessed* with what is said instead of it. Raises `MappingRefused`."""
    whole = {**to_json(guessed), **said}
    if unknown := sorted(set(whole) - _MEMBERS):
        raise MappingRefused(f"a mapping has no member {unknown[0][:40]!r}")
    try:
        return FileMapping(
            columns={Part(one): _whole(at) for one, at in whole["columns"].items()},
            order=Order(whole["order"]),
            sign=Sign(whole["sign"]),
            schemes={_word(w): UUID(one) if one else None for w, one in whole["schemes"].items()},
            providers={_word(w): UUID(one) for w, one in whole["providers"].items()},
            natures={_word(w): Nature(one) if one else None for w, one in whole["natures"].items()},
            provider_id=UUID(whole["provider_id"]),
            paid_by_host=whole["paid_by_host"] is True,
            distinct=frozenset(map(_whole, whole["distinct"])),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise MappingRefused(
            "the mapping is not spelled as docs/reference/payment-import.md says"
        ) from error


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no whole number")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200:  # noqa: PLR2004
        raise TypeError("no words")
    return value
