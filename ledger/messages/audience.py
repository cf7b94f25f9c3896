"""Which organisations an entry concerns, so that their programs may be told of it.

Only whom the entry names, and only of what they may see: the parties of an agreement once it
was put to them and until they leave, the partners of a pool, an organisation itself. Of
what patients choose only that one shares less than before, to the organisations they had named:
at each decision it counts at once, and what was copied before is theirs to act on.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements import queries as agreements
from ledger.consent.queries import taken_back
from ledger.core import clock
from ledger.core.trail import LogEntry
from ledger.directory.succession.queries import successions
from ledger.funding.queries import partners as funding

_AREA_OF: Final[Mapping[str, str]] = {"agreement": "agreement", "pool": "funding"}
"""Sort of subject: the area whose entries its parties are told of."""

_SHARES_LESS: Final = frozenset(f"consent.{event}" for event in taken_back.SHARES_LESS)
_DRAFTERS_OWN: Final = frozenset({"agreement.drafted", "agreement.redrafted"})
_ORGANISATIONS_OWN: Final = ("directory", "agreement", "message", "governance")


def concerned(session: Session, entries: Sequence[LogEntry]) -> dict[UUID, frozenset[UUID]]:
    """Return for each entry, by its id, the organisations that may be told of it."""
    found = defaultdict(set, _named(session, entries))
    asked: dict[str, dict[UUID, list[LogEntry]]] = {s: defaultdict(list) for s in _AREA_OF}
    for entry in entries:
        area = entry.kind.partition(".")[0]
        if entry.kind in _DRAFTERS_OWN:  # Nobody else knows of a draft.
            found[entry.id] |= {entry.org} if entry.org else set()
            continue
        for subject in subjects(entry):
            sort, _, text = subject.partition(":")
            if sort == "organisation" and area in _ORGANISATIONS_OWN:
                found[entry.id].add(UUID(text))
            elif area == _AREA_OF.get(sort):
                asked[sort][UUID(text)].append(entry)
    for pool_id, partners in funding.partners_of(session, asked["pool"]).items():
        for entry in asked["pool"][pool_id]:
            found[entry.id] |= partners
    for agreement_id, parties in agreements.parties_of(session, asked["agreement"]).items():
        for entry in asked["agreement"][agreement_id]:
            number, day = _data(entry).get("number"), clock.civil_date(entry.at)
            found[entry.id] |= {one.organisation_id for one in parties if one.sees(number, day)}
    return {entry_id: frozenset(organisations) for entry_id, organisations in found.items()}


def _named(session: Session, entries: Sequence[LogEntry]) -> dict[UUID, set[UUID]]:
    """Return for each entry by which a patient shares less, whom they had shared with.

    Where another took an organisation's place since, that one: it holds the copies now.
    """
    less = {e.id: UUID(_data(e)["consent_id"]) for e in entries if e.kind in _SHARES_LESS}
    named = taken_back.named_in(session, less.values())
    known, today = successions(session), clock.today()
    return {
        entry_id: {known.current(party, today) for party in named[one]}
        for entry_id, one in less.items()
        if one in named
    }


def subjects(entry: LogEntry) -> tuple[str, ...]:
    """Return what an entry says it is about, as ``sort:id``."""
    return tuple(json.loads(entry.body)["about"])


def _data(entry: LogEntry) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(entry.body)["data"]
    return data
