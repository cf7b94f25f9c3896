"""Which organisations an entry concerns, so that their programs may be told of it.

Only whom the entry names, and only of what they may see: the parties of an agreement once it
was put to them and until they leave, the partners of a pool, an organisation itself. Nothing
about patients goes this way: what a patient chose is asked for when it counts, at each decision.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements import queries as agreements
from ledger.core import clock
from ledger.core.trail import LogEntry
from ledger.funding.queries import partners as funding

_Parties = Callable[[Session, Iterable[UUID]], Mapping[UUID, Mapping[UUID, date | None]]]

_OF: Final[Mapping[str, tuple[str, _Parties]]] = {
    "agreement": ("agreement", agreements.parties_of),
    "pool": ("funding", funding.partners_of),
}
"""Sort of subject: the area whose entries its parties are told of, and who they are."""

_DRAFTERS_OWN: Final = frozenset({"agreement.drafted", "agreement.redrafted"})
_ORGANISATIONS_OWN: Final = ("directory", "agreement", "message", "governance")


def concerned(session: Session, entries: Sequence[LogEntry]) -> dict[UUID, frozenset[UUID]]:
    """Return for each entry, by its id, the organisations that may be told of it."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    asked: dict[str, dict[UUID, list[LogEntry]]] = {sort: defaultdict(list) for sort in _OF}
    for entry in entries:
        area = entry.kind.partition(".")[0]
        if entry.kind in _DRAFTERS_OWN:  # Nobody else knows of a draft.
            if entry.org is not None:
                found[entry.id].add(entry.org)
            continue
        for subject in subjects(entry):
            sort, _, text = subject.partition(":")
            if sort == "organisation" and area in _ORGANISATIONS_OWN:
                found[entry.id].add(UUID(text))
            elif sort in _OF and area == _OF[sort][0]:
                asked[sort][UUID(text)].append(entry)
    for sort, (_, parties_of) in _OF.items():
        for subject_id, parties in parties_of(session, asked[sort]).items():
            for entry in asked[sort][subject_id]:
                day = clock.civil_date(entry.at)
                found[entry.id] |= {one for one, left in parties.items() if not left or day <= left}
    return {entry_id: frozenset(organisations) for entry_id, organisations in found.items()}


def subjects(entry: LogEntry) -> tuple[str, ...]:
    """Return what an entry says it is about, as ``sort:id``."""
    return tuple(json.loads(entry.body)["about"])
