"""How terms read in the text of an agreement. These words are signed: change with care."""

from datetime import date
from fractions import Fraction

from ledger.agreements.rules.basis import Article9, CommonLaw, LawfulBasis
from ledger.agreements.rules.fund import (
    ApprovalStep,
    Contribution,
    OverspendTerms,
    ShareBasis,
    ShareRule,
)
from ledger.agreements.rules.terms import Approval, ApprovalKind, Flow, Party, PartyRole, Terms
from ledger.core.money import format_minor
from ledger.vocabulary import purposes

PARTY_ROLES = {
    PartyRole.CONTROLLER: "controller",
    PartyRole.JOINT_CONTROLLER: "joint controller",
    PartyRole.PROCESSOR: "processor",
}
_PURPOSE = {
    "TREAT": "treatment",
    "ETREAT": "emergency treatment",
    "COC": "coordination of care",
    "CAREMGT": "care management",
    "SOCIALCARE": "social care and support",
    "CLINTRL": "treatment in a clinical trial",
    "POPHLTH": "population health",
    "RISKSTRAT": "risk stratification",
    "PUBHLTH": "public health",
    "HOPERAT": "running health services",
    "HDM": "management of care delivery",
    "SVCPLAN": "planning of services",
    "HQUALIMP": "improving quality",
    "HOUTCOMS": "measuring outcomes",
    "PATSFTY": "patient safety",
    "PERFMSR": "measuring performance",
    "HRESCH": "research",
    "HPAYMT": "payment for care",
    "TRAIN": "training of staff",
    "PATADMIN": "administration of patients' records and appointments",
}
_COMMON_LAW = {
    CommonLaw.IMPLIED_CONSENT: "implied consent, as a patient would expect of direct care",
    CommonLaw.EXPLICIT_CONSENT: "the patient's explicit consent",
    CommonLaw.STATUTE: "a duty or power in statute",
    CommonLaw.SECTION_251: "approval under section 251 of the NHS Act 2006",
    CommonLaw.PUBLIC_INTEREST: "an overriding public interest",
}
_APPROVAL = {
    ApprovalKind.DPIA: "data protection impact assessment",
    ApprovalKind.POLICY_DOCUMENT: "appropriate policy document",
    ApprovalKind.CALDICOTT: "Caldicott guardian's approval",
    ApprovalKind.SECTION_251: "approval under section 251 of the NHS Act 2006",
    ApprovalKind.ETHICS: "research ethics approval",
    ApprovalKind.HRA: "Health Research Authority approval",
}
_SHARE = {
    ShareBasis.OWN_RISK: "each partner bears its own",
    ShareBasis.PRO_RATA: "in proportion to contributions",
    ShareBasis.FIXED: "in fixed parts",
    ShareBasis.VARIABLE: "in parts that the partners set each year",
}


def day(value: date) -> str:
    """Return a day as people write it: 5 April 2026."""
    return f"{value.day} {value:%B %Y}"


def party(each: Party) -> str:
    """Return the line that names a party."""
    leads = ", which leads" if each.leads else ""
    return f"{each.name}{leads} (signs in group {each.signs_in_group})"


def purpose(code: str) -> str:
    """Return a purpose as organisations say it, with its code."""
    current: str | None = code.partition(".")[0]  # A research project goes by its parent.
    while current is not None and current not in _PURPOSE:
        current = purposes.PARENTS.get(current)
    return f"{_PURPOSE[current]} ({code})" if current else code


def flow(each: Flow, terms: Terms) -> str:
    """Return the clause that states a flow."""
    categories = ", ".join(sorted(category.replace("-", " ") for category in each.categories))
    return (
        f"Flow {each.key}. {terms.name_of(each.from_party)} ({PARTY_ROLES[each.from_role]}) "
        f"may give {terms.name_of(each.to_party)} ({PARTY_ROLES[each.to_role]}) "
        f"data of these categories: "
        f"{categories or 'none'}. Purpose: {purpose(each.purpose)}. "
        f"Lawful basis: {basis(each.basis)}."
    )


def basis(each: LawfulBasis) -> str:
    """Return a lawful basis as one phrase."""
    parts = [f"Article {each.article_6} of the UK GDPR"]
    if each.article_9:
        heading = " (health or social care)" if each.article_9 is _CARE else ""
        parts.append(f"Article {each.article_9} of the UK GDPR{heading}")
    if each.schedule_1:
        parts.append(f"Schedule 1, {each.schedule_1} of the Data Protection Act 2018")
    if each.common_law:
        parts.append(f"for the common law duty of confidentiality, {_COMMON_LAW[each.common_law]}")
    return "; ".join(parts)


def approval(each: Approval) -> str:
    """Return the line that names an approval."""
    until = f", until {day(each.last_day)}" if each.last_day else ""
    return f"{_APPROVAL[each.kind]}: {each.reference}, of {day(each.approved_on)}{until}"


def approval_words(kind: ApprovalKind) -> str:
    """Return what an approval is called, for a list to choose from."""
    words = _APPROVAL[kind]
    return words[0].upper() + words[1:]


def contribution(each: Contribution, terms: Terms) -> str:
    """Return the clause that states a contribution."""
    money = format_minor(each.amount_minor, _currency(terms))
    return (
        f"Contribution {each.key}. {terms.name_of(each.partner_id)} contributes {money} from "
        f"{each.source}, for {day(each.first_day)} to {day(each.last_day)}."
    )


def share(each: ShareRule, terms: Terms) -> str:
    """Return the clause that states a share rule."""
    lines = ", ".join(sorted(each.schemes)) if each.schemes else "every line without its own rule"
    parts = ", ".join(f"{terms.name_of(w.partner_id)} {w.weight}" for w in each.weights)
    capped = (
        f" No partner bears more than {format_minor(each.cap_minor, _currency(terms))} without "
        "a further decision."
        if each.cap_minor is not None
        else ""
    )
    weights = f", by these weights: {parts}" if parts else ""
    return f"Share {each.key}. For {lines}: {_SHARE[each.basis]}{weights}.{capped}"


def approval_step(each: ApprovalStep, terms: Terms) -> str:
    """Return the line that says who approves a movement of money."""
    if each.up_to_minor is None:
        return f"{each.movement} without limit: {each.approver}"
    limit = format_minor(each.up_to_minor, _currency(terms))
    return f"{each.movement} up to {limit}: {each.approver}"


def overspends(said: OverspendTerms) -> str:
    """Return the clause that states what follows when a scheme goes beyond its budget."""
    return (
        "Overspends. When a scheme goes beyond its budget, the pool manager tells the partners "
        f"why within {_days(said.notice_days)} and gives them an action plan within "
        f"{_days(said.plan_days)}. A forecast more than {percent(said.warning_percent)} above a "
        "scheme's budget is an early warning, which every partner is told of."
    )


def board(*, decides: bool) -> str:
    """Return the line that says what a vote of the governing body needs beside it."""
    what = "a reserve, an allocation or a virement that the governing body has voted for"
    return f"{what}: {'nobody else' if decides else 'whoever approves it otherwise'}"


def follows(terms: Terms) -> list[str]:
    """Return what a fund's terms say of overspends and of votes, as sentences."""
    fund, found = terms.fund, []
    if fund is not None and fund.overspends is not None:
        found.append(overspends(fund.overspends).partition(" ")[2])
    if fund is not None and fund.board_decides is not None:
        line = board(decides=fund.board_decides)
        found.append(f"{line[0].upper()}{line[1:]}.")
    return found


def percent(value: Fraction) -> str:
    """Return a percentage exactly: 2%, 2.5%, or 1/3%."""
    tenths = value * 1000
    exact = f"{float(value):.3f}".rstrip("0").rstrip(".")
    return f"{exact if tenths.denominator == 1 else value}%"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _currency(terms: Terms) -> str:
    return terms.fund.currency if terms.fund else "GBP"


_CARE = Article9.HEALTH_OR_SOCIAL_CARE
