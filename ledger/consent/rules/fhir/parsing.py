"""Bytes to a FHIR resource whose every element has the right shape, in bounded time."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from ledger.consent.rules.fhir.shapes import CONSENT, EVERYWHERE, REQUIRED, Release, Shape
from ledger.core.errors import Fault, Invalid

BYTES_MAX: Final = 1_048_576
DEPTH_MAX: Final = 64  # Of brackets. A provision in a provision takes two.
PROVISIONS_MAX: Final = 500
PROVISION_DEPTH_MAX: Final = 16
TEXT_LENGTH_MAX: Final = 20_000  # Narrative and attachments apart.
_FAULTS_MAX: Final = 20


class NotAConsent(Invalid):
    """Not a FHIR Consent at all; each fault names the element that is wrong."""

    slug = "fhir-consent-unreadable"
    title = "This is not a FHIR Consent"


def parse(body: bytes, release: Release = Release.R4) -> dict[str, Any]:
    """Return the Consent that *body* is the JSON of, in the shape that *release* gives it.

    Raises:
        NotAConsent: it is not; each fault names the element.
    """
    if len(body) > BYTES_MAX:
        raise _wrong("Consent", f"it has more than {BYTES_MAX} bytes; leave attachments out")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _not_json(error) from error
    if _depth(text) > DEPTH_MAX:
        raise _wrong("Consent", f"it is nested more than {DEPTH_MAX} deep")
    try:
        found = json.loads(text, object_pairs_hook=_Object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from error
    if not isinstance(found, _Object) or found.get("resourceType") != "Consent":
        raise _wrong("Consent.resourceType", 'it must be "Consent"')
    faults = []
    for fault in _faults(found, release):
        faults.append(fault)
        if len(faults) == _FAULTS_MAX:
            break
    if faults:
        first = faults[0]
        raise NotAConsent(f"{first.field}: {first.detail}", faults)
    return found


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its names came twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice: str | None = None
        if len(self) < len(pairs):
            self.twice = Counter(name for name, _ in pairs).most_common(1)[0][0][:64]


def _depth(text: str) -> int:
    """Return how deep brackets are nested, at most: told before anything recurses."""
    deepest = depth = 0
    quoted = escaped = False
    for c in text:
        if quoted:
            quoted = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            quoted = True
        elif c in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in "]}":
            depth -= 1
    return deepest


def _not_json(error: Exception) -> NotAConsent:
    where = "Consent"
    said = "it is not JSON"
    if isinstance(error, json.JSONDecodeError):
        said = f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    return NotAConsent(said, [Fault(where, said)])


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _wrong(element: str, detail: str) -> NotAConsent:
    return NotAConsent(f"{element}: {detail}", [Fault(element, detail)])


def _faults(found: _Object, release: Release) -> Iterator[Fault]:
    yield from _twice(found)
    yield from _misshapen(found, CONSENT[release], "Consent")
    for name in REQUIRED[release]:
        if name not in found:
            yield Fault(f"Consent.{name}", "it is required")
    provision = found.get("provision")
    roots = provision if isinstance(provision, list) else [provision]
    yield from _too_many([one for one in roots if isinstance(one, dict)])


def _twice(resource: _Object) -> Iterator[Fault]:
    """Say which names come twice in an object, at any depth: which of them counts?"""
    there: list[tuple[str, object]] = [("Consent", resource)]
    while there:
        element, found = there.pop()
        if isinstance(found, _Object):
            if found.twice is not None:
                yield Fault(f"{element}.{found.twice}", "it is given twice")
            there += [
                (f"{element}.{name}", one)
                for name, one in found.items()
                if isinstance(one, dict | list)
            ]
        elif isinstance(found, list):
            there += [
                (f"{element}[{n}]", one)
                for n, one in enumerate(found)
                if isinstance(one, dict | list)
            ]


def _misshapen(found: object, shape: Any, element: str) -> Iterator[Fault]:
    """Say where *found* has not the *shape*. Each element is looked at once."""
    if isinstance(shape, list):
        if not isinstance(found, list) or not found:
            yield Fault(element, "it must be a list that is not empty")
            return
        for n, one in enumerate(found):
            yield from _misshapen(one, shape[0], f"{element}[{n}]")
    elif isinstance(shape, type):
        if type(found) is not shape and not (shape is dict and isinstance(found, dict)):
            yield Fault(element, f"it must be {_NAMES[shape]}")
        elif isinstance(found, str):
            yield from _unwritable(found, element)
    elif not isinstance(found, dict):
        yield Fault(element, "it must be an object")
    else:
        yield from _misshapen_members(found, shape, element)


def _misshapen_members(found: dict[str, Any], shape: Shape, element: str) -> Iterator[Fault]:
    if not found:
        yield Fault(element, "it must not be empty")
    for name, value in found.items():
        if name in shape:
            yield from _misshapen(value, shape[name], f"{element}.{name}")
        elif name in EVERYWHERE:
            yield from _misshapen(value, EVERYWHERE[name], f"{element}.{name}")
        elif not (name.startswith("_") and name[1:] in shape):
            yield Fault(
                f"{element}.{name[:64]}", "there is no such element in this release of FHIR"
            )


def _unwritable(found: str, element: str) -> Iterator[Fault]:
    if not found.strip():
        yield Fault(element, "it must not be blank")
    elif len(found) > TEXT_LENGTH_MAX:
        yield Fault(element, f"it has more than {TEXT_LENGTH_MAX} characters")
    elif any("\ud800" <= c <= "\udfff" or c == "\0" for c in found):
        yield Fault(element, "it has characters that no text may have")


def _too_many(roots: list[dict[str, Any]]) -> Iterator[Fault]:
    count, level, depth, element = len(roots), roots, 1, "Consent.provision"
    if count > PROVISIONS_MAX:
        yield Fault(element, f"there are more than {PROVISIONS_MAX} provisions")
        return
    while level:
        if depth > PROVISION_DEPTH_MAX:
            yield Fault(element, f"provisions are nested more than {PROVISION_DEPTH_MAX} deep")
            return
        level = [
            child
            for one in level
            if isinstance(one.get("provision"), list)
            for child in one["provision"]
            if isinstance(child, dict)
        ]
        count += len(level)
        depth += 1
        element += ".provision"
        if count > PROVISIONS_MAX:
            yield Fault(element, f"there are more than {PROVISIONS_MAX} provisions")
            return


_NAMES: Final = {str: "text", bool: "true or false", dict: "an object"}
