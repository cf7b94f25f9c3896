"""Agreements in a reader's words. Templates get these, never rows."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ledger.agreements.queries import Graph, SigningView, Summary, VersionView
from ledger.agreements.rules import wording
from ledger.agreements.rules.document import Clause
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Flow, Kind, Mode, Terms
from ledger.web.shell import day, moment

KIND_WORDS: Final = {Kind.DATA_SHARING: "Data sharing", Kind.POOLED_FUND: "Pooled fund"}
STATE_WORDS: Final = {
    State.DRAFT: ("Draft", "grey"),
    State.PROPOSED: ("Waiting to be signed", "blue"),
    State.SIGNING: ("Being signed", "blue"),
    State.ACTIVE: ("In force", "green"),
    State.SUSPENDED: ("Suspended", "orange"),
    State.EXPIRED: ("Ended", "grey"),
    State.TERMINATED: ("Ended early", "red"),
    State.SUPERSEDED: ("Replaced", "grey"),
    State.DECLINED: ("Declined", "red"),
}
MODE_WORDS: Final = {
    Mode.ALL: ("When everybody has signed", "It counts between all parties at once."),
    Mode.PAIRWISE: ("Between each two that have signed", "Whoever signs later comes in then."),
    Mode.HUB: (
        "Between the leading party and each that has signed",
        "Every flow is with the leading party.",
    ),
    Mode.JOINDER: (
        "When everybody has signed, and others may join later",
        "Who joins later signs with the leading party; the rest need not sign again.",
    ),
}
GROUND_WORDS: Final = {
    Ground.BREACH: "Data was lost or disclosed",
    Ground.UNLAWFUL: "Sharing is not lawful",
    Ground.BROKEN: "A party broke the agreement",
    Ground.DISPUTE: "The parties are in dispute",
    Ground.REVIEW: "It is being reviewed",
    Ground.AGREED: "All parties want it",
}


@dataclass(frozen=True, slots=True)
class Status:
    """A state in words, with the colour of its tag."""

    text: str
    colour: str

    @classmethod
    def of(cls, state: State, *, first_day: date, last_day: date, today: date) -> "Status":
        """Present a state as it is *today*: in force only between its days."""
        if state is State.ACTIVE and today < first_day:
            return cls("Signed, not begun", "blue")
        if state is State.ACTIVE and today > last_day:
            return cls("Ended", "grey")
        return cls(*STATE_WORDS[state])


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement in a list."""

    id: UUID
    title: str
    kind: str
    parties: str
    status: Status
    days: str

    @classmethod
    def of(cls, summary: Summary, *, today: date) -> "AgreementLine":
        """Present an agreement as it stands *today*."""
        status = Status.of(
            summary.state, first_day=summary.first_day, last_day=summary.last_day, today=today
        )
        return cls(
            summary.id,
            summary.title,
            KIND_WORDS[summary.kind],
            ", ".join(summary.parties),
            status,
            f"{day(summary.first_day)} to {day(summary.last_day)}",
        )


@dataclass(frozen=True, slots=True)
class FlowCard:
    """A flow as a sentence and its parts."""

    key: str
    clause: str
    giver: str
    receiver: str
    purpose: str
    categories: tuple[str, ...]
    basis: str

    @classmethod
    def of(cls, flow: Flow, terms: Terms, clause: str) -> "FlowCard":
        """Present a flow, with the number of the clause that states it."""
        return cls(
            flow.key,
            clause,
            terms.name_of(flow.from_party),
            terms.name_of(flow.to_party),
            purpose_words(flow.purpose),
            tuple(sorted(category_words(category) for category in flow.categories)),
            wording.basis(flow.basis),
        )


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the text, with its clauses."""

    number: str
    heading: str
    clauses: tuple[tuple[str, tuple[str, ...]], ...]
    """Each clause: its number, and its lines."""


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature, or a party that is still to sign."""

    organisation: str
    who: str
    when: str
    status: Status


def sections(clauses: tuple[Clause, ...]) -> tuple[Section, ...]:
    """Return the text by its sections, in order."""
    found: dict[str, list[Clause]] = {}
    for clause in clauses:
        found.setdefault(clause.number.partition(".")[0], []).append(clause)
    return tuple(
        Section(
            number,
            those[0].heading,
            tuple((one.number, tuple(one.text.split("\n"))) for one in those),
        )
        for number, those in found.items()
    )


def flow_cards(shown: VersionView) -> tuple[FlowCard, ...]:
    """Return the flows of a version, in the order of their clauses."""
    clauses = {one.states: one.number for one in shown.document.clauses if one.states}
    flows = shown.terms.flows
    return tuple(FlowCard.of(flow, shown.terms, clauses.get(flow.key, "")) for flow in flows)


@dataclass(frozen=True, slots=True)
class FlowGroup:
    """The same data for the same purpose on the same basis: who gives it to whom."""

    categories: str
    purpose: str
    basis: str
    rows: tuple[tuple[object, ...], ...]


def flow_groups(shown: VersionView, graph: Graph) -> tuple[FlowGroup, ...]:
    """Return the flows of a version, those alike together: what the diagram's arrows stand for."""
    in_force = {edge.flow: edge.in_force for edge in graph.edges}
    found: dict[tuple[str, str, str], list[tuple[object, ...]]] = {}
    for card in flow_cards(shown):
        tag = ("In force", "green") if in_force[card.key] else ("Not in force", "grey")
        row = (card.giver, card.receiver, card.clause, {"text": tag[0], "tag": tag[1]})
        found.setdefault((", ".join(card.categories), card.purpose, card.basis), []).append(row)
    return tuple(FlowGroup(*alike, tuple(rows)) for alike, rows in found.items())


def progress(shown: VersionView, signing: SigningView) -> tuple[SignatureLine, ...]:
    """Return the parties in the order in which they sign, and how far each is."""
    signed = {one.organisation_id: one for one in signing.signatures}
    turn = {party.organisation_id for party in signing.waiting}
    bound = {party.organisation_id for party in signing.bound}
    lines = []
    for party in sorted(shown.terms.parties, key=lambda each: each.signs_in_group):
        signature = signed.get(party.organisation_id)
        if signature is not None:
            who = signature.signatory or "Name erased"
            delegated = ", by delegation" if signature.delegated else ""
            line = SignatureLine(
                signature.organisation,
                f"{who}, {signature.position}{delegated}",
                moment(signature.signed_at),
                Status("Signed", "green"),
            )
        elif party.organisation_id in turn:
            line = SignatureLine(party.name, "", "", Status("Its turn to sign", "blue"))
        elif party.organisation_id in bound:
            why = "Nothing in this version concerns it: what it signed before counts"
            line = SignatureLine(party.name, why, "", Status("Not asked", "grey"))
        else:
            line = SignatureLine(party.name, "After the others", "", Status("Not yet", "grey"))
        lines.append(line)
    return tuple(lines)


def facts(shown: VersionView, *, today: date) -> list[dict[str, object]]:
    """Return what an agreement is, as rows of a summary list."""
    terms = shown.terms
    lead = terms.name_of(terms.lead_id) if terms.lead_id else "Nobody yet"
    rows: list[dict[str, object]] = [
        {"key": "Kind", "value": KIND_WORDS[terms.kind]},
        {"key": "Parties", "value": ", ".join(party.name for party in terms.parties)},
        {"key": "Led by", "value": lead},
        {"key": "Comes into force", "value": MODE_WORDS[terms.mode][0]},
        {"key": "From", "value": day(shown.first_day)},
        {"key": "To", "value": f"{day(shown.last_day)}, that day included"},
        {"key": "Review by", "value": day(terms.review_on)},
    ]
    if shown.suspended_to is not None and shown.suspended_to >= today:
        until = f"{day(shown.suspended_to)}, that day included"
        rows.append({"key": "Suspended until", "value": until})
    leaving = dict(shown.leaving)
    rows += [
        {"key": f"{terms.name_of(party_id)} leaves on", "value": day(on)}
        for party_id, on in leaving.items()
    ]
    return rows


def category_words(category: str) -> str:
    """Return a category as an agreement names it: mental health."""
    return category.replace("-", " ")


def purpose_words(code: str) -> str:
    """Return a purpose as people say it, without its code."""
    said = wording.purpose(code)
    return said.removesuffix(f" ({code})")
