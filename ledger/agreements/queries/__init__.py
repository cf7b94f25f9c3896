"""Reads that other areas and the edges may use. They return values, never rows."""

from ledger.agreements.queries.covering import (
    Between,
    Held,
    between,
    covering,
    epoch,
    hold,
    hold_epoch,
)
from ledger.agreements.queries.funds import (
    PooledFundTerms,
    hold_pooled_fund,
    linked_ids,
    pooled_fund_terms,
)
from ledger.agreements.queries.issued import Evidence, Recognised, Whose, evidence, recognise
from ledger.agreements.queries.overview import (
    Due,
    Edge,
    Graph,
    Node,
    Obligation,
    SealingKey,
    calendar,
    graph,
    obligations,
    sealing_keys,
    still_in,
)
from ledger.agreements.queries.parties import parties_of
from ledger.agreements.queries.public_register import register_page
from ledger.agreements.queries.reading import (
    Summary,
    VersionView,
    agreement,
    differences,
    register,
    to_sign,
    version,
    visible,
)
from ledger.agreements.queries.reminders import reminders_due
from ledger.agreements.queries.signing import (
    SignatureView,
    SigningView,
    authorities,
    my_authorities,
    signing,
)
from ledger.agreements.rules.fund import OverspendTerms, ShareBasis, ShareRule

__all__ = [
    "Between",
    "Due",
    "Edge",
    "Evidence",
    "Graph",
    "Held",
    "Node",
    "Obligation",
    "OverspendTerms",
    "PooledFundTerms",
    "Recognised",
    "SealingKey",
    "ShareBasis",
    "ShareRule",
    "SignatureView",
    "SigningView",
    "Summary",
    "VersionView",
    "Whose",
    "agreement",
    "authorities",
    "between",
    "calendar",
    "covering",
    "differences",
    "epoch",
    "evidence",
    "graph",
    "hold",
    "hold_epoch",
    "hold_pooled_fund",
    "linked_ids",
    "my_authorities",
    "obligations",
    "parties_of",
    "pooled_fund_terms",
    "recognise",
    "register",
    "register_page",
    "reminders_due",
    "sealing_keys",
    "signing",
    "still_in",
    "to_sign",
    "version",
    "visible",
]
