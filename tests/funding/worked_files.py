"""The files of the worked year are what its postings imply, coded as the host codes them."""

from collections import Counter
from pathlib import Path

from sqlalchemy.orm import Session

from ledger.funding.reconciliation.lines import Asked, ours
from ledger.funding.reconciliation.rules.files import read_lines
from ledger.funding.reconciliation.rules.findings import Source, Window
from tests.funding.worked_year import FIRST, LAST, Told
from tests.given.reconciling import CODES

DATA = Path(__file__).parent / "data"


def check_files(session: Session, pool: Told) -> None:
    """Hold the files that tests of reconciling change to the first pool as it was posted."""
    for source, codes in ((Source.BANK, None), (Source.LEDGER, CODES)):
        asked = Asked(
            pool_id=pool.id,
            organisation_id=pool.names["ICB"],
            size=10**9,
            codes=codes,
            since_size=None,
        )
        found = ours(session, asked, Window(source=source, first_day=FIRST, last_day=LAST))
        file = read_lines((DATA / f"worked_year_{source}.csv").read_bytes(), source)
        here = Counter((one.day, one.amount_minor, one.code) for one in found.lines)
        assert here == Counter((one.day, one.amount_minor, one.code) for one in file)
        assert found.not_mapped_minor == 0
        assert found.closing_minor == sum(one.amount_minor for one in file)
