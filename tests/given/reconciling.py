"""What a bank and general ledgers would say of a pool, as CSV, made from its own postings.

bank_csv(lines)     a bank statement: date, paid out, paid in, reference, description
ledger_csv(lines)   general ledger lines: period day, nominal, cost centre, debit, credit, document
CODES               a host's list of codes
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace

from ledger.core.money import decimal_minor
from ledger.funding.reconciliation.rules.code_maps import Coded, CodeMap, VatRegime
from ledger.funding.reconciliation.rules.files import papers_of
from ledger.funding.reconciliation.rules.findings import Line
from ledger.funding.rules.chart import Head

CODES = CodeMap(
    lines=(
        Coded(head=Head.CASH, nominal="1000"),
        Coded(head=Head.RECEIVABLE, nominal="1200"),
        Coded(head=Head.PAYABLE, nominal="2100"),
        Coded(head=Head.PAYABLE_PARTNER, nominal="2110"),
        Coded(head=Head.WITHHOLD, nominal="2150"),
        Coded(head=Head.INCOME, nominal="4000"),
        Coded(head=Head.INCOME_RISKSHARE, nominal="4010"),
        Coded(head=Head.EXPENDITURE, nominal="5000", cost_centre="CC1", capital=False),
        Coded(head=Head.EXPENDITURE, nominal="0100", cost_centre="CC1", capital=True),
        Coded(head=Head.RESULT, nominal="3000"),
        Coded(head=Head.FUND_BROUGHT_FORWARD, nominal="3100"),
    ),
    vat_regime=VatRegime.RECOVERS,
    vat_rate_percent=20,
)


def numbered(lines: Iterable[Line], prefix: str = "PMT") -> list[Line]:
    """Return lines with a paper of their own each, as well kept books have."""
    made = []
    for number, line in enumerate(lines, 1):
        reference = f"{prefix}-{number:05}"
        made.append(replace(line, reference=reference, papers=papers_of(reference)))
    return made


def bank_csv(lines: Iterable[Line]) -> bytes:
    """Return what the bank would send, with a title above the headings as banks have."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Example Bank plc"])
    writer.writerow([])
    writer.writerow(["Transaction Date", "Description", "Your Reference", "Paid Out", "Paid In"])
    for one in lines:
        amount = decimal_minor(abs(one.amount_minor))
        both = (amount, "") if one.amount_minor < 0 else ("", amount)
        day = one.day.strftime("%d/%m/%Y")
        writer.writerow([day, f"BACS {one.reference} A PERSON", one.reference, *both])
    return out.getvalue().encode()


def ledger_csv(lines: Iterable[Line]) -> bytes:
    """Return what a finance system would export."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["GL Date", "Nominal Code", "Cost Centre", "Document No", "Debit", "Credit"])
    for one in lines:
        amount = decimal_minor(abs(one.amount_minor))
        both = (amount, "") if one.amount_minor > 0 else ("", amount)
        writer.writerow([one.day.isoformat(), one.nominal, one.cost_centre, one.reference, *both])
    return out.getvalue().encode()
