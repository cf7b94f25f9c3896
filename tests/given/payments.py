"""Files of payments for any test, and the whole way of one: read, sent, approved, posted."""

from collections.abc import Iterable
from uuid import UUID

from ledger.core.db import db
from ledger.funding.imports import background as importing
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from tests.given.funding import GivenPool, posted

HEADINGS = "payment_date,service,category,purpose,transaction_no,amount_gbp"
SERVICES = ("Reablement", "Community equipment store")
CATEGORIES = ("Third party payments", "Transfer payments", "Supplies and services")


def rows(count: int, *, first: int = 0) -> list[str]:
    """Return rows of the shape of a council's pooled budget, three years of them."""
    return [
        f"20{13 + n % 3}-{1 + n % 12:02}-{1 + n % 28:02},{SERVICES[n % 7 == 0]},"
        f"{CATEGORIES[n % 3]},Home Care,{1000 + n % 89}-{n:05},{n % 997 + 1}.{n % 100:02}"
        for n in range(first, first + count)
    ]


def file(lines: Iterable[str], headings: str = HEADINGS) -> bytes:
    return "\n".join([headings, *lines, ""]).encode()


def uploaded(given: GivenPool, content: bytes) -> UUID:
    """Upload a file and have it read; return its id."""
    upload_id = posted(given.manager, imports.upload, given.id, content=content)
    importing.carry_on()
    db.session.remove()
    return upload_id


def imported(given: GivenPool, content: bytes) -> UUID:
    """Carry a file all the way; return the import's id."""
    upload_id = uploaded(given, content)
    posted(given.manager, import_batches.send, upload_id)
    posted(given.approver, import_batches.approve, upload_id)
    importing.carry_on()
    db.session.remove()
    return upload_id
