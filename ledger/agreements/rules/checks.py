"""Whether a version may be proposed: every fault at once, each naming its clause."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from audit.canonical import encode
from audit.values import to_json
from ledger.agreements.rules.document import PERSONAL, Clause, Document, Label, Where
from ledger.agreements.rules.flow_checks import flow_faults
from ledger.agreements.rules.fund_checks import fund_faults
from ledger.agreements.rules.modes import mode_faults
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.rules.topics import REQUIRED, Topic
from ledger.core.errors import Fault, Invalid

_UNFILLED: Final = re.compile(r"\[[a-z ]+: to be filled in\]")
_PARTIES_MIN: Final = 2
_BYTES_MAX: Final = 60_000  # Of terms and labels together; an entry has 65,535.
_TITLE_MAX: Final = 200
_KEY_MAX: Final = 40
_PURPOSE_MAX: Final = 64


class TooLarge(Invalid):
    """Terms that do not fit into one entry of the log."""

    slug = "agreement-too-large"
    title = "The agreement is too large"


class NotReady(Invalid):
    """A draft that may not be proposed as it is."""

    slug = "agreement-not-ready"
    title = "The draft is not ready to be proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator may set."""

    start_within_days: int = 365
    data_sharing_days: int = 5 * 366
    pooled_fund_days: int = 5 * 366
    notice_days_max: int = 365


def check_size(terms: Terms, labels: tuple[Label, ...] = ()) -> None:
    """Check that terms can be kept at all, even as a draft. Raises `TooLarge`."""
    faults = []
    if not 0 < len(terms.title.strip()) <= _TITLE_MAX:
        faults.append(Fault("title", f"a title has 1 to {_TITLE_MAX} characters"))
    fund = terms.fund
    keys = [flow.key for flow in terms.flows]
    if fund is not None:
        keys += [each.key for each in fund.contributions] + [each.key for each in fund.shares]
    if any(not 0 < len(key) <= _KEY_MAX for key in keys):
        faults.append(Fault("flows", f"a key has 1 to {_KEY_MAX} characters"))
    if any(len(flow.purpose) > _PURPOSE_MAX for flow in terms.flows):
        faults.append(Fault("flows", f"a purpose has at most {_PURPOSE_MAX} characters"))
    if len(encode(to_json(terms))) + len(encode(to_json(labels))) > _BYTES_MAX:
        faults.append(Fault("terms", "make two agreements, or shorten what was filled in"))
    if faults:
        raise TooLarge("shorten it, then draft it again", faults)


def check_ready(
    document: Document,
    terms: Terms,
    *,
    today: date,
    limits: Limits,
    beside: Iterable[Fault] = (),
) -> None:
    """Check that a draft may be proposed today.

    Raises:
        NotReady: with every fault there is, those found *beside* its own text among them.
    """
    found = faults(document, terms, today=today, limits=limits)
    found = tuple(sorted([*found, *beside], key=_place))
    if found:
        raise NotReady(f"the draft has {len(found)} faults: each says what to do", found)


def faults(
    document: Document, terms: Terms, *, today: date, limits: Limits | None = None
) -> tuple[Fault, ...]:
    """Return what is wrong with a draft, in the order of its clauses."""
    where = Where(document)
    found = [
        *_text(document, terms),
        *_parties(terms, where),
        *mode_faults(terms, where),
        *_days(terms, where, today, limits or Limits()),
        *_promises(terms, where, today, limits or Limits()),
        *(flow_faults(terms, where) if terms.kind is Kind.DATA_SHARING else ()),
        *(fund_faults(terms, where) if terms.kind is Kind.POOLED_FUND else ()),
    ]
    return tuple(sorted(found, key=_place))


def _text(document: Document, terms: Terms) -> Iterator[Fault]:
    settled = {clause.topic for clause in document.clauses}
    for topic in sorted(REQUIRED[terms.kind] - settled):
        yield Fault(f"({topic})", f"no clause settles: {topic.replace('-', ' ')}; add one")
    for clause in document.clauses:
        yield from _clause(clause)


def _clause(clause: Clause) -> Iterator[Fault]:
    for blank in _UNFILLED.findall(clause.text):
        yield Fault(clause.number, f"{blank} is still empty")
    if PERSONAL.search(clause.text):
        yield Fault(
            clause.number,
            "an e-mail address or telephone number: name a role instead, as the text is kept",
        )


def _parties(terms: Terms, where: Where) -> Iterator[Fault]:
    clause = where.topic(Topic.PARTIES)
    if len(terms.parties) < _PARTIES_MIN:
        yield Fault(clause, "an agreement is between two organisations or more")
    if len(terms.party_ids) < len(terms.parties):
        yield Fault(clause, "an organisation is named twice as a party")
    if sum(party.leads for party in terms.parties) != 1:
        yield Fault(clause, "exactly one party leads")
    groups = {party.signs_in_group for party in terms.parties}
    if terms.parties and groups != set(range(1, len(groups) + 1)):
        yield Fault(
            where.topic(Topic.SIGNING), "signing groups count from 1 and leave out no number"
        )


def _days(terms: Terms, where: Where, today: date, limits: Limits) -> Iterator[Fault]:
    clause = where.topic(Topic.COMMENCEMENT)
    data = terms.kind is Kind.DATA_SHARING
    longest = limits.data_sharing_days if data else limits.pooled_fund_days
    if terms.ends_on <= terms.starts_on:
        yield Fault(clause, "an agreement ends after the day on which it starts")
    if data and terms.starts_on < today:
        yield Fault(clause, "it starts in the past: access is never given retrospectively")
    if terms.ends_on < today:
        yield Fault(clause, "it would have ended already")
    if (terms.starts_on - today).days > limits.start_within_days:
        yield Fault(clause, f"it starts more than {limits.start_within_days} days from now")
    if (terms.ends_on - terms.starts_on).days >= longest:
        yield Fault(clause, f"it lasts more than the {longest} days that its kind may last")


def _promises(terms: Terms, where: Where, today: date, limits: Limits) -> Iterator[Fault]:
    data = terms.kind is Kind.DATA_SHARING
    if not terms.starts_on <= terms.review_on <= terms.ends_on:
        yield Fault(where.topic(Topic.REVIEW), "the review is between the first and the last day")
    if not 0 < terms.notice_days <= limits.notice_days_max:
        yield Fault(
            where.topic(Topic.LEAVING), f"notice is from 1 to {limits.notice_days_max} days"
        )
    if not 0 < terms.return_days <= limits.notice_days_max:
        topic = Topic.DESTRUCTION if data else Topic.TERMINATION
        yield Fault(where.topic(topic), "data or money is returned within 1 to 365 days")
    for approval in terms.approvals:
        place = where.topic(Topic.APPROVALS)
        if approval.approved_on > today:
            yield Fault(place, f"the {approval.kind} approval is dated in the future")
        if approval.last_day and approval.last_day < terms.ends_on:
            yield Fault(
                place,
                f"the agreement would outlive its {approval.kind} approval, which ends on "
                f"{approval.last_day}: end on that day, or have the approval extended",
            )


def _place(fault: Fault) -> tuple[int, int, str]:
    section, _, clause = fault.field.partition(".")
    return (int(section), int(clause), "") if clause.isdigit() else (999, 0, fault.field)
