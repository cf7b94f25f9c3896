"""Whether conditions match a request: yes, no, or it cannot be known.

What cannot be known is a code nobody has heard of, or data without the label that a
condition is about. It never turns into a yes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from typing import Final

from ledger.consent.rules.model import ANY, Conditions, Data, Effect, Labels, Request
from ledger.vocabulary import labels as vocabulary
from ledger.vocabulary import purposes

ACTIONS: Final = frozenset({"collect", "access", "use", "disclose", "correct"})
"""HL7's consentaction. `correct` is access and correct."""

BREAK_GLASS: Final = "BTG"
_EMERGENCY: Final = frozenset({"BTG", "ETREAT"})


class Match(Enum):
    """Yes, no, or it cannot be known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def known_codes(request: Request) -> bool:
    """Say whether every code in *request* is one we know the meaning of."""
    found = request.data.labels or Labels()
    return (
        request.action in ACTIONS
        and purposes.is_known(request.purpose)
        and (found.confidentiality is None or vocabulary.rank(found.confidentiality) is not None)
        and all(map(vocabulary.is_sensitivity, found.sensitivities))
    )


def names_emergency(conditions: Conditions) -> bool:
    """Say whether *conditions* name emergencies outright, not through a wider purpose."""
    return not conditions.purposes.isdisjoint(_EMERGENCY)


def match_request(conditions: Conditions, request: Request) -> Match:
    """Match all but the data: who, what for, which action, and when."""
    if conditions.period is not None and not conditions.period.covers(request.at):
        return Match.NO
    if conditions.actors and conditions.actors.isdisjoint(request.actors):
        return Match.NO
    found = [
        _one_of(conditions.actions, {request.action}, ACTIONS),
        _one_of_purposes(conditions.purposes, request.purpose),
    ]
    return all_of(found)


def reaches(conditions: Conditions, effect: Effect, request: Request) -> bool:
    """Say whether a node may speak to the purpose: no deny breaks glass by subsumption."""
    return effect is Effect.PERMIT or request.purpose != BREAK_GLASS or names_emergency(conditions)


def match_data(
    conditions: Conditions, effect: Effect, data: Data, *, unlabelled_is_normal: bool
) -> tuple[Match, Conditions]:
    """Match the data, as far as it is known; return also the conditions left open."""
    if conditions == ANY:
        return Match.YES, ANY
    found: list[Match] = []
    left: dict[str, object] = {}
    labels = data.labels
    if unlabelled_is_normal and labels == Labels():
        labels = _NORMAL
    for name, known, match in (
        *_ask_what(conditions, data),
        *_ask_labels(conditions, effect, labels),
    ):
        if known:
            found.append(match)
        else:
            left[name] = getattr(conditions, name)
    return all_of(found), replace(ANY, **left) if left else ANY  # type: ignore[arg-type]


def all_of(found: Iterable[Match]) -> Match:
    """Yes if all are, no if one is; else it cannot be known."""
    answers = set(found)
    if Match.NO in answers:
        return Match.NO
    return Match.UNKNOWN if Match.UNKNOWN in answers else Match.YES


_NORMAL: Final = Labels("N")

_Asked = Iterator[tuple[str, bool, Match]]
"""An attribute that conditions state; whether it is known of the data; whether it matches."""


def _ask_what(conditions: Conditions, data: Data) -> _Asked:
    if conditions.categories:
        matches = data.category in conditions.categories
        yield "categories", data.category is not None, _yes(matches)
    if conditions.resource_types:
        matches = data.resource_type in conditions.resource_types
        yield "resource_types", data.resource_type is not None, _yes(matches)
    if conditions.codes:
        matches = not conditions.codes.isdisjoint(data.codes or ())
        yield "codes", data.codes is not None, _yes(matches)
    if conditions.items:
        yield "items", data.item is not None, _yes(data.item in conditions.items)
    if conditions.data_period is not None:
        matches = data.dated_at is not None and conditions.data_period.covers(data.dated_at)
        yield "data_period", data.dated_at is not None, _yes(matches)


def _ask_labels(conditions: Conditions, effect: Effect, labels: Labels | None) -> _Asked:
    if conditions.confidentiality is not None:
        match = _closeness(conditions.confidentiality, effect, labels)
        yield "confidentiality", labels is not None, match
    if conditions.sensitivities:
        yield "sensitivities", labels is not None, _sensitivity(conditions.sensitivities, labels)


def _yes(matches: bool) -> Match:  # noqa: FBT001
    return Match.YES if matches else Match.NO


def _one_of(listed: frozenset[str], asked: set[str], known: frozenset[str]) -> Match:
    if not listed or not listed.isdisjoint(asked):
        return Match.YES
    return Match.NO if listed <= known else Match.UNKNOWN


def _one_of_purposes(listed: frozenset[str], asked: str) -> Match:
    if not listed or not listed.isdisjoint(purposes.lineage(asked)):
        return Match.YES
    return Match.NO if all(map(purposes.is_known, listed)) else Match.UNKNOWN


def _closeness(stated: str, effect: Effect, labels: Labels | None) -> Match:
    """A permit reaches data as close as *stated* or less; a deny, as close or more."""
    limit = vocabulary.rank(stated)
    if labels is None or labels.confidentiality is None or limit is None:
        return Match.UNKNOWN
    rank = vocabulary.rank(labels.confidentiality)
    if rank is None:
        return Match.UNKNOWN
    return _yes(rank <= limit if effect is Effect.PERMIT else rank >= limit)


def _sensitivity(stated: frozenset[str], labels: Labels | None) -> Match:
    if labels is None or labels == Labels():
        return Match.UNKNOWN
    if not stated.isdisjoint(vocabulary.lineage(labels.sensitivities)):
        return Match.YES
    known = all(map(vocabulary.is_sensitivity, stated | labels.sensitivities))
    return Match.NO if known else Match.UNKNOWN
