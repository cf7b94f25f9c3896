"""How a body decides, as a form: what is typed, what that says, and the rules in plain words."""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from werkzeug.datastructures import MultiDict

from ledger.governance.motions.rules import Basis, VotingRules
from ledger.governance.queries import BodyView
from ledger.governance.rules import StakeholderClass
from ledger.web.motion_words import CLASSES, rules_words

BASES: Final = {
    Basis.CAST: "Of the votes for and against",
    Basis.PRESENT: "Of all votes, those who abstain included",
    Basis.SEATS: "Of all seats that may vote, those who stay away included",
}
GROUPS: Final = {
    "quorum_classes": "Groups of which at least one must vote",
    "majority_classes": "Groups in each of which more must be for it than against it",
    "veto_classes": "Groups of which one vote against it is enough to stop it",
}
_DIGITS_MAX: Final = 4

Typed = MultiDict[str, str]


def as_typed(rules: VotingRules | None) -> Typed:
    """Return rules as somebody would type them; what is most usual where there are none."""
    one = rules or VotingRules(quorum_seats=1)
    typed = Typed(
        {
            "quorum_seats": str(one.quorum_seats) if rules else "",
            "threshold": f"{one.threshold.numerator}/{one.threshold.denominator}",
            "more_than": "more" if one.more_than else "least",
            "basis": one.basis.value,
            "casting_seat_id": str(one.casting_seat_id or ""),
            "needs_second": "yes" if one.needs_second else "no",
            "secret": "yes" if one.secret else "no",
            "days_open": str(one.days_open),
        }
    )
    for name in GROUPS:
        typed.setlist(name, sorted(group.value for group in getattr(one, name)))
    return typed


def read(typed: Typed) -> tuple[VotingRules | None, dict[str, str]]:
    """Return the rules that were typed, or what is wrong by field."""
    errors: dict[str, str] = {}
    quorum, days = _number(typed.get("quorum_seats")), _number(typed.get("days_open"))
    threshold = _fraction(typed.get("threshold", ""))
    seat = _id(typed.get("casting_seat_id", ""), errors)
    groups = {name: _groups(typed.getlist(name), name, errors) for name in GROUPS}
    if quorum is None:
        errors["quorum_seats"] = "Enter how many seats must vote, as a number"
    if threshold is None:
        errors["threshold"] = "Enter a fraction, such as 1/2 or 2/3"
    if days is None:
        errors["days_open"] = "Enter for how many days a vote is open, as a number"
    chosen: dict[str, Collection[str]] = {
        "more_than": {"more", "least"},
        "basis": set(Basis),
        "needs_second": {"yes", "no"},
        "secret": {"yes", "no"},
    }
    errors |= {name: "Choose one" for name, known in chosen.items() if typed.get(name) not in known}
    if errors or quorum is None or threshold is None or days is None:
        return None, errors
    return VotingRules(
        quorum_seats=quorum,
        threshold=threshold,
        more_than=typed["more_than"] == "more",
        basis=Basis(typed["basis"]),
        casting_seat_id=seat,
        needs_second=_yes(typed, "needs_second"),
        secret=_yes(typed, "secret"),
        days_open=days,
        **groups,
    ), {}


def choices(typed: Typed, body: BodyView) -> dict[str, list[Mapping[str, Any]]]:
    """Return what each field offers, with what is chosen; only groups that the body has."""
    has = sorted({seat.stakeholder for seat in body.seats})
    words: dict[str, Mapping[str, str]] = {
        "more_than": {"more": "More than that", "least": "That is enough"},
        "basis": {one.value: text for one, text in BASES.items()},
        "needs_second": {"yes": "Yes", "no": "No"},
        "secret": {"no": "By name: everybody sees who voted how", "yes": "Secret: only sums"},
        **{name: {one.value: CLASSES[one] for one in has} for name in GROUPS},
    }
    offered: dict[str, list[Mapping[str, Any]]] = {
        name: [
            {"value": value, "text": text, "checked": value in typed.getlist(name)}
            for value, text in of.items()
        ]
        for name, of in words.items()
    }
    seats = {"": "Nobody: a tie does not pass", **{str(one.id): one.title for one in body.seats}}
    offered["casting_seat_id"] = [
        {"value": value, "text": text, "selected": value == typed.get("casting_seat_id")}
        for value, text in seats.items()
    ]
    return offered


def standing_words(rules: VotingRules | None, body: BodyView) -> Sequence[str]:
    """Say how a body decides from now on, a sentence for each rule."""
    if rules is None:
        return ["Nobody has said yet how this body decides, so nothing can be proposed to it."]
    days = "1 day" if rules.days_open == 1 else f"{rules.days_open} days"
    second = "Another person must second a motion before the vote."
    return [
        *rules_words(rules, {seat.id: seat.title for seat in body.seats}),
        second if rules.needs_second else "A motion needs no seconder.",
        "Votes are secret: only sums are kept." if rules.secret else "Votes are by name.",
        f"A vote is open for {days}, if whoever opens it does not say otherwise.",
    ]


def _yes(typed: Typed, name: str) -> bool:
    return typed[name] == "yes"


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return int(text) if plain else None


def _fraction(text: str) -> Fraction | None:
    part, bar, whole = text.partition("/")
    of = [_number(part), _number(whole)]
    if not bar or of[0] is None or not of[1]:
        return None
    return Fraction(of[0], of[1])


def _id(text: str, errors: dict[str, str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        errors["casting_seat_id"] = "Choose a seat"
        return None


def _groups(sent: Sequence[str], name: str, errors: dict[str, str]) -> frozenset[StakeholderClass]:
    if set(sent) - set(StakeholderClass):
        errors[name] = "Choose groups from the list"
        return frozenset()
    return frozenset(StakeholderClass(one) for one in sent)
