"""Whom an amendment concerns: only they sign again, and each is told why.

An amendment concerns everybody where it changes words, dates or money that bind all; those
between whom a flow changes; and whoever joins. Where a party is bound already and nothing
concerns it, its earlier signature goes on counting.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from ledger.agreements.rules.terms import Flow, Mode, Terms


class Concern(StrEnum):
    """Why a party is asked to sign. The value is logged: never rename one."""

    FIRST = "first-version"
    TEXT = "words-or-dates-for-all"
    MONEY = "money"
    PARTIES = "parties"
    JOINS = "joins"
    ADMITS = "admits-a-party"
    FLOWS = "own-flows"
    TURN = "own-turn-to-sign"
    CONFIRMS = "nothing-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A party that must sign a version, and why.

    Attributes:
        flows: The keys of the flows that are new to it, changed or gone.
    """

    organisation_id: UUID
    concerns: tuple[Concern, ...]
    flows: tuple[str, ...] = ()


def asked(before: Terms | None, after: Terms, *, same_text: bool) -> tuple[Asked, ...]:
    """Return who must sign *after*, in the order of its parties.

    *before* are the terms in force, None if there are none; *same_text* says whether both are
    of one template. An amendment that changes nothing is confirmed by all.
    """
    if before is None:
        return _all(after, Concern.FIRST)
    found = list(_for_all(before, after, same_text=same_text))
    flows = {one: keys for one, keys in _flows(before, after).items() if keys}
    concerns: dict[UUID, list[Concern]] = {one: list(found) for one in after.party_ids}
    for one, concern in (*_joining(before, after), *_turns(before, after)):
        concerns[one].append(concern)
    for one in flows:
        concerns[one].append(Concern.FLOWS)
    if not any(concerns.values()):
        return _all(after, Concern.CONFIRMS)
    return tuple(
        Asked(
            organisation_id=one,
            concerns=tuple(dict.fromkeys(concerns[one])),
            flows=tuple(sorted(flows.get(one, ()))),
        )
        for one in (party.organisation_id for party in after.parties)
        if concerns[one]
    )


_WORDS = {
    Concern.FIRST: "it is the first version: every party signs",
    Concern.TEXT: "words or dates that concern every party change",
    Concern.MONEY: "the money or how it is shared changes",
    Concern.PARTIES: "who the parties are changes",
    Concern.JOINS: "your organisation joins",
    Concern.ADMITS: "your organisation leads, and a party joins",
    Concern.TURN: "your organisation's turn to sign changes",
    Concern.CONFIRMS: "nothing changes: every party confirms the agreement",
}


def explain(one: Asked) -> tuple[str, ...]:
    """Return, as a sentence each, why a party is asked to sign."""
    found = [_WORDS[concern] for concern in one.concerns if concern in _WORDS]
    if one.flows:
        keys = ", ".join(one.flows)
        found.append(f"what your organisation gives or receives changes: flow {keys}")
    return tuple(f"{each[0].upper()}{each[1:]}." for each in found)


def _all(terms: Terms, concern: Concern) -> tuple[Asked, ...]:
    return tuple(
        Asked(organisation_id=party.organisation_id, concerns=(concern,)) for party in terms.parties
    )


def _for_all(before: Terms, after: Terms, *, same_text: bool) -> Iterator[Concern]:
    if not same_text or _common(before) != _common(after):
        yield Concern.TEXT
    if before.fund != after.fund:
        yield Concern.MONEY
    joins = after.party_ids - before.party_ids
    if joins and after.mode is Mode.ALL:
        yield Concern.PARTIES


def _common(terms: Terms) -> tuple[object, ...]:
    """Return what binds every party alike. The first day is each amendment's own."""
    return (
        terms.title,
        terms.mode,
        terms.lead_id,
        terms.ends_on,
        terms.review_on,
        terms.notice_days,
        terms.return_days,
        terms.renews_id,
        frozenset(terms.approvals),
        frozenset(terms.variables),
    )


def _joining(before: Terms, after: Terms) -> Iterator[tuple[UUID, Concern]]:
    joins = after.party_ids - before.party_ids
    yield from ((one, Concern.JOINS) for one in joins)
    if joins and after.mode is Mode.JOINDER and after.lead_id is not None:
        yield after.lead_id, Concern.ADMITS


def _turns(before: Terms, after: Terms) -> Iterator[tuple[UUID, Concern]]:
    turns = {party.organisation_id: party.signs_in_group for party in before.parties}
    for party in after.parties:
        if turns.get(party.organisation_id, party.signs_in_group) != party.signs_in_group:
            yield party.organisation_id, Concern.TURN


def _flows(before: Terms, after: Terms) -> dict[UUID, set[str]]:
    old, new = ({flow.key: flow for flow in terms.flows} for terms in (before, after))
    found: dict[UUID, set[str]] = {one: set() for one in after.party_ids}
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        ends = {end for flow in (was, now) if flow for end in (flow.from_party, flow.to_party)}
        if was is None and now is not None:
            ends -= _agreed_beforehand(before, after, now)
        for one in ends & after.party_ids:
            found[one].add(key)
    return found


def _agreed_beforehand(before: Terms, after: Terms, flow: Flow) -> set[UUID]:
    """Return the parties that agreed to such a flow by agreeing that others may accede.

    In a joinder a party has agreed to give a newcomer what it gives to another already: the
    same purpose and basis, and no other categories; and to receive from it likewise.
    """
    ends = {flow.from_party, flow.to_party}
    joins = ends - before.party_ids
    if after.mode is not Mode.JOINDER or not joins:
        return set()
    agreed = set()
    for one in ends - joins:
        gives = one == flow.from_party
        for known in before.flows:
            same_side = one == (known.from_party if gives else known.to_party)
            like = replace(
                known,
                key=flow.key,
                from_party=flow.from_party,
                to_party=flow.to_party,
                categories=flow.categories,
            )
            if same_side and like == flow and flow.categories <= known.categories:
                agreed.add(one)
    return agreed
