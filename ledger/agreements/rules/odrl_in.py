"""An ODRL 2.2 Agreement, from anywhere, read as terms: or every reason why it cannot be.

Nothing is dropped in silence. What would change the meaning if it were (a prohibition, a duty,
a constraint we have no word for) is a fault; what only describes is passed over. The input is
hostile until read: sizes are bounded, and no context or address in it is ever fetched.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from audit.values import from_json
from ledger.agreements.rules.basis import Article6, Article9, CommonLaw, LawfulBasis, Schedule1
from ledger.agreements.rules.fund import FundTerms, percent
from ledger.agreements.rules.odrl_words import CATEGORY, article_of, code_of
from ledger.agreements.rules.terms import (
    Approval,
    Flow,
    Kind,
    Mode,
    Party,
    PartyRole,
    Terms,
    Variable,
)
from ledger.core.errors import Fault, Invalid
from ledger.vocabulary.categories import Category

LISTED_MAX: Final = 200
TEXT_CHARS_MAX: Final = 1000
DAYS_MAX: Final = 3650
_GROUPS_MAX: Final = 50
_NOBODY: Final = UUID(int=0)
_ACTIONS: Final = frozenset({"distribute", "use", "odrl:distribute", "odrl:use"})
_CHANGES_MEANING: Final = ("prohibition", "obligation", "inheritFrom", "conflict")
_OF_A_RULE: Final = ("duty", "remedy", "consequence", "refinement")
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class UnreadableOdrl(Invalid):
    """An ODRL Agreement that cannot be read as terms without changing its meaning."""

    slug = "odrl-not-readable"
    title = "This ODRL agreement cannot be imported"


class _Reader:
    """Collects every fault, and goes on with a stand-in, so that all are found at once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, at: str, detail: str) -> None:
        self.faults.append(Fault(at, detail))

    def take(self, at: str, read: Callable[[], T], instead: T, wanted: str) -> T:
        """Return what *read* returns; note a fault and return *instead* if it cannot."""
        try:
            return read()
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
            self.fault(at, f"give {wanted}")
            return instead

    def many(self, found: Mapping[str, Any], name: str, at: str = "") -> list[dict[str, Any]]:
        """Return the objects under *name*: a list of them, or one alone."""
        value = found.get(name)
        listed = value if isinstance(value, list) else [] if value is None else [value]
        if len(listed) > LISTED_MAX:
            self.fault(f"{at}/{name}", f"at most {LISTED_MAX} of these")
            return []
        if not all(isinstance(each, dict) for each in listed):
            self.fault(f"{at}/{name}", "give objects")
            return []
        return listed

    def text(self, at: str, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= TEXT_CHARS_MAX:
            self.fault(at, f"give a text of 1 to {TEXT_CHARS_MAX} characters")
            return ""
        return value

    def whole(self, at: str, value: Any, *, instead: int, most: int) -> int:
        if value is None:
            return instead
        if type(value) is not int or not 1 <= value <= most:
            self.fault(at, f"give a whole number from 1 to {most}")
            return instead
        return value

    def word(self, at: str, kind: type[E], value: Any, instead: E | None) -> E | None:
        if value is None and instead is not None:
            return instead
        if value is None:
            return None
        return self.take(at, lambda: kind(value), instead, f"one of: {', '.join(kind)}")


def read(found: object) -> Terms:
    """Read an ODRL Agreement as terms. The names of its parties are the directory's, later.

    Raises:
        UnreadableOdrl: with every fault, each naming where by a JSON pointer.
    """
    if not isinstance(found, dict):
        raise UnreadableOdrl("send one JSON-LD object", [Fault("", "not an object")])
    reader = _Reader()
    if found.get("@type") not in ["Agreement", "odrl:Agreement"]:
        reader.fault("/@type", "only an ODRL Agreement can be imported: no Set, no Offer")
    for name in _CHANGES_MEANING:
        if found.get(name):
            reader.fault(f"/{name}", "an agreement here has permissions only: write it as text")
    starts_on = _day(reader, found, "ledger:startsOn")
    ends_on = _day(reader, found, "ledger:endsOn")
    terms = Terms(
        kind=reader.word("/ledger:kind", Kind, found.get("ledger:kind"), Kind.DATA_SHARING)
        or Kind.DATA_SHARING,
        title=reader.text("/dct:title", found.get("dct:title")),
        starts_on=starts_on,
        ends_on=ends_on,
        review_on=_day(reader, found, "ledger:reviewOn"),
        parties=tuple(
            _party(reader, f"/ledger:party/{place}", each)
            for place, each in enumerate(reader.many(found, "ledger:party"))
        ),
        mode=reader.word("/ledger:mode", Mode, found.get("ledger:mode"), Mode.ALL) or Mode.ALL,
        flows=tuple(
            _flow(reader, f"/permission/{place}", each, (starts_on, ends_on))
            for place, each in enumerate(reader.many(found, "permission"))
        ),
        approvals=_values(reader, found, "ledger:approval", Approval),
        variables=_values(reader, found, "ledger:variable", Variable),
        fund=_fund(reader, found.get("ledger:fund")),
        notice_days=_days(reader, found, "ledger:noticeDays", instead=90),
        return_days=_days(reader, found, "ledger:returnDays", instead=30),
        renews_id=_id(reader, "/ledger:renews", found["ledger:renews"])
        if found.get("ledger:renews") is not None
        else None,
    )
    if reader.faults:
        many = len(reader.faults)
        raise UnreadableOdrl(f"it has {many} faults: each says what to do", reader.faults)
    return terms


def _party(reader: _Reader, at: str, found: Mapping[str, Any]) -> Party:
    leads = found.get("ledger:leads", False)
    if not isinstance(leads, bool):
        reader.fault(f"{at}/ledger:leads", "give true or false")
        leads = False
    group = found.get("ledger:signsInGroup")
    return Party(
        organisation_id=_id(reader, f"{at}/uid", found.get("uid")),
        name="",
        signs_in_group=reader.whole(
            f"{at}/ledger:signsInGroup", group, instead=1, most=_GROUPS_MAX
        ),
        leads=leads,
    )


def _flow(reader: _Reader, at: str, found: Mapping[str, Any], days: tuple[date, date]) -> Flow:
    for name in _OF_A_RULE:
        if found.get(name):
            reader.fault(f"{at}/{name}", "no flow here has conditions like that: write it as text")
    action = found.get("action")
    if not isinstance(action, str) or action not in _ACTIONS:
        reader.fault(f"{at}/action", "a flow is a permission to distribute, or to use")
    from_role = found.get("ledger:fromRole")
    to_role = found.get("ledger:toRole")
    role, controller = PartyRole, PartyRole.CONTROLLER
    return Flow(
        key=reader.text(f"{at}/ledger:key", found.get("ledger:key")),
        from_party=_id(reader, f"{at}/assigner", found.get("assigner")),
        to_party=_id(reader, f"{at}/assignee", found.get("assignee")),
        purpose=_constraints(reader, at, found, days),
        categories=_categories(reader, f"{at}/target", found.get("target")),
        basis=_basis(reader, at, found),
        from_role=reader.word(f"{at}/ledger:fromRole", role, from_role, controller) or controller,
        to_role=reader.word(f"{at}/ledger:toRole", role, to_role, controller) or controller,
    )


def _constraints(
    reader: _Reader, at: str, found: Mapping[str, Any], days: tuple[date, date]
) -> str:
    """Return the purpose; the days of a flow are those of its agreement."""
    purpose: str | None = None
    for place, each in enumerate(reader.many(found, "constraint", at)):
        here = f"{at}/constraint/{place}"
        value = each.get("rightOperand")
        match each.get("leftOperand"), each.get("operator"):
            case "purpose", "isA" | "eq":
                iri = value.get("@id") if isinstance(value, dict) else value
                code = code_of(iri) if isinstance(iri, str) and purpose is None else None
                if code is None or not 0 < len(code) <= TEXT_CHARS_MAX:
                    reader.fault(here, "give one purpose, as actreason:CODE")
                else:
                    purpose = code
            case "dateTime", "gteq" | "lteq" as operator:
                day = value.get("@value") if isinstance(value, dict) else value
                if day != days[operator == "lteq"].isoformat():
                    reader.fault(here, "a flow lasts as long as its agreement: use its days")
            case _:
                reader.fault(here, "no flow here has such a constraint: write it as text")
    if purpose is None:
        reader.fault(f"{at}/constraint", "give a purpose (leftOperand purpose, operator isA)")
    return purpose or ""


def _categories(reader: _Reader, at: str, target: Any) -> frozenset[Category]:
    listed = target.get("dpv:hasPersonalData") if isinstance(target, dict) else None
    if not isinstance(listed, list) or len(listed) > LISTED_MAX:
        reader.fault(at, "give dpv:hasPersonalData as a list of categories")
        return frozenset()
    found = set()
    for place, each in enumerate(listed):
        word = each.removeprefix(CATEGORY) if isinstance(each, str) else None
        if word in set(Category):
            found.add(Category(word))
        else:
            reader.fault(f"{at}/dpv:hasPersonalData/{place}", f"give {CATEGORY} and a category")
    return frozenset(found)


def _basis(reader: _Reader, at: str, found: Mapping[str, Any]) -> LawfulBasis:
    listed = found.get("dpv:hasLegalBasis")
    articles = [article_of(one) if isinstance(one, str) else None for one in _listed(listed)]
    sixth = [one for one in articles if isinstance(one, Article6)]
    ninth = [one for one in articles if isinstance(one, Article9)]
    if None in articles or len(sixth) != 1 or len(ninth) > 1:
        reader.fault(
            f"{at}/dpv:hasLegalBasis",
            "give one of eu-gdpr:A6-1-… and at most one of eu-gdpr:A9-2-…",
        )
    schedule, law = found.get("ledger:schedule1"), found.get("ledger:commonLaw")
    return LawfulBasis(
        article_6=sixth[0] if sixth else Article6.PUBLIC_TASK,
        article_9=ninth[0] if ninth else None,
        schedule_1=reader.word(f"{at}/ledger:schedule1", Schedule1, schedule, None),
        common_law=reader.word(f"{at}/ledger:commonLaw", CommonLaw, law, None),
    )


def _fund(reader: _Reader, found: Any) -> FundTerms | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        reader.fault("/ledger:fund", "give an object")
        return None
    wanted = "a pooled fund as it is exported: host, currency, contributions, shares, approvals"
    return reader.take("/ledger:fund", lambda: _fund_of(found), None, wanted)


def _fund_of(found: dict[str, Any]) -> FundTerms | None:
    percent((found.get("overspends") or {}).get("warning_percent", "2"))
    terms: FundTerms = from_json(FundTerms, found)
    return terms


def _values(reader: _Reader, found: Mapping[str, Any], name: str, kind: type[T]) -> tuple[T, ...]:
    values: list[T] = []
    for place, each in enumerate(reader.many(found, name)):
        at = f"/{name}/{place}"
        value = reader.take(at, partial(_value, kind, each), None, "it as it is exported")
        if any(isinstance(one, str) and len(one) > TEXT_CHARS_MAX for one in each.values()):
            reader.fault(at, f"a text has at most {TEXT_CHARS_MAX} characters")
        if value is not None:
            values.append(value)
    return tuple(values)


def _value(kind: type[T], found: dict[str, Any]) -> T | None:
    value: T = from_json(kind, found)
    return value


def _listed(value: Any) -> list[Any]:
    return value[:LISTED_MAX] if isinstance(value, list) else [] if value is None else [value]


def _id(reader: _Reader, at: str, value: Any) -> UUID:
    return reader.take(at, lambda: UUID(value.removeprefix("urn:uuid:")), _NOBODY, "a urn:uuid:…")


def _day(reader: _Reader, found: Mapping[str, Any], name: str) -> date:
    return reader.take(
        f"/{name}", lambda: date.fromisoformat(found[name]), date(2000, 1, 1), "a day: 2026-04-05"
    )


def _days(reader: _Reader, found: Mapping[str, Any], name: str, *, instead: int) -> int:
    return reader.whole(f"/{name}", found.get(name), instead=instead, most=DAYS_MAX)
