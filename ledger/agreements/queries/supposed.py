"""What a version would cover if it were in force: for judging, never for deciding."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements.lines import labels_of, terms_of
from ledger.agreements.models import AgreementVersion
from ledger.agreements.rules.cover import Line
from ledger.core.errors import NotFound

Supposed = tuple[UUID, UUID, Line]
"""Who gives, who gets, and the line."""


def supposed_lines(session: Session, agreement_id: UUID, number: int) -> tuple[Supposed, ...]:
    """Return all that a version would cover, on any day and with every party's signature.

    Whoever calls this knows that the reader may see the version.

    Raises:
        NotFound: there is no such version.
    """
    version = session.get(AgreementVersion, (agreement_id, number))
    if version is None:
        raise NotFound("no such agreement")
    return tuple(_lines(version))


def _lines(version: AgreementVersion) -> Iterator[Supposed]:
    clauses = {label.states: label.number for label in labels_of(version) if label.states}
    for flow in terms_of(version).flows:
        for category in sorted(flow.categories):
            yield (
                flow.from_party,
                flow.to_party,
                Line(
                    agreement_id=version.agreement_id,
                    version=version.number,
                    clause=clauses.get(flow.key, ""),
                    flow=flow.key,
                    purpose=flow.purpose,
                    category=category,
                    first_day=date.min,
                    last_day=date.max,
                ),
            )
