"""What the pages for drafting read from their forms: values, or a sentence for each field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from ledger.agreements.rules.basis import (
    Article6,
    Article9,
    CommonLaw,
    LawfulBasis,
    Schedule1,
)
from ledger.agreements.rules.fund import (
    Contribution,
    FundTerms,
    OverspendTerms,
    ShareBasis,
    ShareRule,
    Weight,
)
from ledger.agreements.rules.terms import (
    Approval,
    ApprovalKind,
    Flow,
    Kind,
    Party,
    PartyRole,
    Terms,
)
from ledger.core.errors import Invalid
from ledger.core.money import parse_minor
from ledger.directory import queries as directory
from ledger.directory.rules.imports import day
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category

OTHERS_MAX: Final = 6
_KEYS_MAX: Final = 1000
Form = MultiDict[str, str]
Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)


@dataclass(slots=True)
class Reading:
    """Reads one form, and collects what is wrong in it."""

    form: Form
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, empty: str, *, at_most: int = 200) -> str:
        """Return a text; *empty* is what to say if there is none."""
        given = self.form.get(name, "").strip()
        if not given:
            self.errors[name] = empty
        elif len(given) > at_most:
            self.errors[name] = f"Use {at_most} characters or fewer"
        return given

    def day(self, name: str) -> date:
        """Return a day."""
        wrong = "Enter a day, such as 31/3/2027"
        return self.read(name, day, wrong) or date.min

    def word(self, name: str, kind: type[Word], empty: str) -> Word | None:
        """Return a member of an enumeration; None with an error if none was chosen."""
        return self.read(name, kind, empty)

    def optional(self, name: str, kind: type[Word]) -> Word | None:
        """Return a member of an enumeration; None if "none" was chosen."""
        given = self.form.get(name, "")
        return self.read(name, kind, "Choose one of the list") if given else None

    def read(self, name: str, how: Callable[[str], Value], wrong: str) -> Value | None:
        """Return what *how* makes of a field; *wrong* is what to say if it cannot."""
        try:
            return how(self.form.get(name, "").strip())
        except (Invalid, ValueError):
            self.errors[name] = wrong
            return None


def basics(form: Form, session: Session, own_id: UUID) -> tuple[Terms | None, dict[str, str]]:
    """Read the first page of a draft."""
    read = Reading(form)
    title = read.text("title", "Give the agreement a title")
    kind = read.word("kind", Kind, "Choose what it is about")
    starts_on, ends_on, review_on = (read.day(n) for n in ("starts_on", "ends_on", "review_on"))
    parties = [Party(organisation_id=own_id, name="", leads=True)]
    for number in range(1, OTHERS_MAX + 1):
        name = f"party_{number}"
        code = form.get(name, "").split(" ")[0].upper()
        found = directory.organisation_by_code(session, code) if code else None
        if found is not None:
            parties.append(Party(organisation_id=found.id, name=found.name))
        elif code or number == 1:
            read.errors[name] = "Enter the ODS code of an organisation in the directory"
    if read.errors or kind is None:
        return None, read.errors
    fund = FundTerms(
        host_id=own_id,
        currency="GBP",
        contributions=(),
        shares=(),
        overspends=OverspendTerms(),
        board_decides=True,
    )
    terms = Terms(
        kind=kind,
        title=title,
        starts_on=starts_on,
        ends_on=ends_on,
        review_on=review_on,
        parties=tuple(parties),
        fund=fund if kind is Kind.POOLED_FUND else None,
    )
    return terms, {}


def days_given(terms: Terms) -> dict[str, str]:
    """Return what the form of `with_days` shows at first."""
    named = {"starts_on": terms.starts_on, "ends_on": terms.ends_on, "review_on": terms.review_on}
    texts = {name: f"{on.day}/{on.month}/{on.year}" for name, on in named.items()}
    return {"title": terms.title, "notice_days": str(terms.notice_days), **texts}


def with_days(terms: Terms, form: Form) -> tuple[Terms, dict[str, str]]:
    """Read a title and days, and change them."""
    read = Reading(form)
    changed = replace(
        terms,
        title=read.text("title", "Give the agreement a title"),
        starts_on=read.day("starts_on"),
        ends_on=read.day("ends_on"),
        review_on=read.day("review_on"),
        notice_days=read.read("notice_days", _count, "Enter a number of days, from 1 to 365") or 1,
    )
    return (terms if read.errors else changed), read.errors


def _count(text: str) -> int:
    number = int(text)
    if not 0 < number <= 365:  # noqa: PLR2004  (as `checks.Limits`)
        raise ValueError(text)
    return number


def with_flow(terms: Terms, form: Form) -> tuple[Terms, dict[str, str]]:
    """Read a flow, and add it."""
    read = Reading(form)
    giver = party_of(read, "from_party", terms, "Choose who gives")
    receiver = party_of(read, "to_party", terms, "Choose who receives")
    purpose = form.get("purpose", "")
    if not purposes.is_known(purpose):
        read.errors["purpose"] = "Choose a purpose"
    categories = frozenset(c for c in Category if c.value in form.getlist("categories"))
    if not categories:
        read.errors["categories"] = "Choose what data"
    from_role, to_role = (
        read.word(name, PartyRole, "Choose what it is for this data")
        for name in ("from_role", "to_role")
    )
    article_6 = read.word("article_6", Article6, "Choose the basis of Article 6")
    basis = LawfulBasis(
        article_6=article_6 or Article6.CONSENT,
        article_9=read.optional("article_9", Article9),
        schedule_1=read.optional("schedule_1", Schedule1),
        common_law=read.optional("common_law", CommonLaw),
    )
    if read.errors or giver is None or receiver is None or from_role is None or to_role is None:
        return terms, read.errors
    flow = Flow(
        key=_free_key("F", {one.key for one in terms.flows}),
        from_party=giver,
        to_party=receiver,
        purpose=purpose,
        categories=categories,
        basis=basis,
        from_role=from_role,
        to_role=to_role,
    )
    return replace(terms, flows=(*terms.flows, flow)), {}


def with_approval(terms: Terms, form: Form) -> tuple[Terms, dict[str, str]]:
    """Read an approval, and add it."""
    read = Reading(form)
    kind = read.word("kind", ApprovalKind, "Choose what it is")
    reference = read.text("reference", "Enter where it is filed", at_most=120)
    approved_on = read.day("approved_on")
    last_day = read.day("last_day") if form.get("last_day", "").strip() else None
    if read.errors or kind is None:
        return terms, read.errors
    approval = Approval(kind=kind, reference=reference, approved_on=approved_on, last_day=last_day)
    return replace(terms, approvals=(*terms.approvals, approval)), {}


def with_contribution(terms: Terms, form: Form) -> tuple[Terms, dict[str, str]]:
    """Read a contribution to a pool, and add it. What is over or short follows contributions."""
    read = Reading(form)
    fund = terms.fund
    if fund is None:
        raise Invalid("only a pooled fund has contributions")
    partner = party_of(read, "partner", terms, "Choose who puts it in")
    source = read.text("source", "Enter the funding source", at_most=120)
    amount_minor = read.read("amount", parse_minor, "Enter an amount, such as 125,000.00")
    if read.errors or partner is None or amount_minor is None:
        return terms, read.errors
    contribution = Contribution(
        key=_free_key("C", {one.key for one in fund.contributions}),
        partner_id=partner,
        source=source,
        first_day=terms.starts_on,
        last_day=terms.ends_on,
        amount_minor=amount_minor,
    )
    return replace(terms, fund=shared_pro_rata((*fund.contributions, contribution), terms)), {}


def without(terms: Terms, key: str) -> Terms:
    """Return *terms* without the flow, contribution or approval of that key."""
    flows = tuple(flow for flow in terms.flows if flow.key != key)
    approvals = tuple(one for place, one in enumerate(terms.approvals) if f"A{place}" != key)
    changed = replace(terms, flows=flows, approvals=approvals)
    if changed.fund is None:
        return changed
    kept = tuple(one for one in changed.fund.contributions if one.key != key)
    return replace(changed, fund=shared_pro_rata(kept, changed))


def shared_pro_rata(contributions: tuple[Contribution, ...], terms: Terms) -> FundTerms:
    """Return the fund of *terms* with *contributions*, what is over or short following them."""
    sums: Mapping[UUID, int] = {
        party.organisation_id: sum(
            one.amount_minor for one in contributions if one.partner_id == party.organisation_id
        )
        for party in terms.parties
    }
    weights = tuple(
        Weight(partner_id=partner, weight=weight) for partner, weight in sums.items() if weight > 0
    )
    share = ShareRule(key="S1", basis=ShareBasis.PRO_RATA, weights=weights)
    fund = terms.fund
    if fund is None:
        raise Invalid("only a pooled fund has contributions")
    return replace(fund, contributions=contributions, shares=(share,) if weights else ())


def party_of(read: Reading, name: str, terms: Terms, wrong: str) -> UUID | None:
    """Return a party that was chosen; None, and the error *wrong*, if none of *terms* was."""
    chosen = read.read(name, UUID, wrong)
    if chosen is not None and chosen not in terms.party_ids:
        read.errors[name] = wrong
        return None
    return chosen


def _free_key(letter: str, taken: set[str]) -> str:
    return next(key for n in range(1, _KEYS_MAX) if (key := f"{letter}{n}") not in taken)
