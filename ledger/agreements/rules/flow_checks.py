"""Whether each flow of a data-sharing agreement stands on enough law."""

from collections import Counter
from collections.abc import Iterator

from ledger.agreements.rules.basis import (
    NEEDS_POLICY_DOCUMENT,
    SCHEDULE_1_FOR,
    SENSITIVE,
    CommonLaw,
    special,
)
from ledger.agreements.rules.document import Where
from ledger.agreements.rules.terms import ApprovalKind, Flow, Terms
from ledger.agreements.rules.topics import Topic
from ledger.core.errors import Fault
from ledger.vocabulary import purposes
from ledger.vocabulary.purposes import Family

_CARE = frozenset({Family.CARE, Family.EMERGENCY})
_TOO_WIDE = frozenset({"PurposeOfUse"})


def flow_faults(terms: Terms, where: Where) -> Iterator[Fault]:
    """Return what is wrong with the flows, each fault at the clause that states the flow."""
    if not terms.flows:
        yield Fault(where.topic(Topic.FLOWS), "there is no flow: nothing would be shared")
    if terms.fund:
        yield Fault("fund", "money belongs in a pooled fund agreement, linked to this one")
    for key, times in Counter(flow.key for flow in terms.flows).items():
        if times > 1:
            yield Fault(where.states(key), f"two flows have the key {key}: give each its own")
    for flow in terms.flows:
        for detail in (*_shape(flow, terms), *_law(flow), *_gates(flow, terms)):
            yield Fault(where.states(flow.key), f"flow {flow.key}: {detail}")


def _shape(flow: Flow, terms: Terms) -> Iterator[str]:
    for side, party in (("from", flow.from_party), ("to", flow.to_party)):
        if party not in terms.party_ids:
            yield f"the organisation it goes {side} is no party"
    if flow.from_party == flow.to_party:
        yield "it goes from an organisation to itself"
    if not purposes.is_known(flow.purpose):
        yield f"{flow.purpose!r} is not a known purpose: choose a v3 ActReason code"
    elif flow.purpose in _TOO_WIDE:
        yield f"{flow.purpose} is every purpose at once: choose one below it"
    if not flow.categories:
        yield "it names no category of data"


def _law(flow: Flow) -> Iterator[str]:
    basis = flow.basis
    confidential = special(flow.categories)
    if confidential and basis.article_9 is None:
        named = ", ".join(sorted(confidential))
        yield f"{named}: special category data needs a condition of UK GDPR Article 9(2)"
    needed = SCHEDULE_1_FOR.get(basis.article_9) if basis.article_9 else None
    if needed and basis.schedule_1 not in needed:
        choices = " or ".join(sorted(needed))
        yield f"Article {basis.article_9} needs DPA 2018 Schedule 1, {choices}"
    if basis.schedule_1 and not needed:
        yield "it names a condition of DPA 2018 Schedule 1 that its Article 9 basis does not use"
    if confidential and basis.common_law is None:
        yield "it does not say how the common law duty of confidentiality is met"
    if basis.common_law is CommonLaw.IMPLIED_CONSENT and purposes.family(flow.purpose) not in _CARE:
        yield "consent is implied only for a person's own care: choose another ground"


def _gates(flow: Flow, terms: Terms) -> Iterator[str]:
    confidential = special(flow.categories)
    care = purposes.family(flow.purpose) in _CARE
    held = {approval.kind for approval in terms.approvals}
    if confidential and ApprovalKind.DPIA not in held:
        yield "its categories need a data protection impact assessment: give its reference"
    if flow.basis.schedule_1 in NEEDS_POLICY_DOCUMENT and ApprovalKind.POLICY_DOCUMENT not in held:
        yield "its Schedule 1 condition needs an appropriate policy document: give its reference"
    asks = flow.categories & SENSITIVE if care else confidential
    if asks and ApprovalKind.CALDICOTT not in held:
        yield (
            f"{', '.join(sorted(asks))}: a Caldicott guardian's approval is needed for this: "
            "give its reference"
        )
    if flow.basis.common_law is CommonLaw.SECTION_251 and not any(
        each.kind is ApprovalKind.SECTION_251 and each.last_day for each in terms.approvals
    ):
        yield "it rests on section 251: give the approval's reference and the day it ends"
    if purposes.is_a(flow.purpose, "HRESCH") and ApprovalKind.ETHICS not in held:
        yield "research needs a research ethics approval: give its reference"
