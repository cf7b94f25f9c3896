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
from ledger.agreements.queries.funds import PooledFundTerms, pooled_fund_terms
from ledger.agreements.queries.parties import parties_of
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
from ledger.agreements.queries.signing import (
    SignatureView,
    SigningView,
    authorities,
    my_authorities,
    signing,
)

__all__ = [
    "Between",
    "Held",
    "PooledFundTerms",
    "SignatureView",
    "SigningView",
    "Summary",
    "VersionView",
    "agreement",
    "authorities",
    "between",
    "covering",
    "differences",
    "epoch",
    "hold",
    "hold_epoch",
    "my_authorities",
    "parties_of",
    "pooled_fund_terms",
    "register",
    "signing",
    "to_sign",
    "version",
    "visible",
]
