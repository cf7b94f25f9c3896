"""The generated page on retention: docs/reference/retention.md."""

from pathlib import Path
from typing import Final

from ledger.core import authority, retention
from ledger.core.retention import Ends, Erasure, Runs, Schedule

_FILE: Final = Path(__file__).parents[1] / "docs" / "reference" / "retention.md"
_MADE: Final = "<!-- Made by `make docs`; a test fails when it is stale. -->\n"
_ENDS: Final = {
    Ends.TWO_PEOPLE: "two people dispose of it",
    Ends.BY_ITSELF: "the service deletes it",
    Ends.NEVER: "it stays",
}
_ERASURE: Final = {
    Erasure.REACHED: "destroyed at once",
    Erasure.KEPT: "kept: on hold by default until its period is over",
    Erasure.NOTHING: "nothing personal in it",
}
_HEAD: Final = f"""\
# How long things are kept

{_MADE}
Made from `policies/retention.csv`, which is part of the ruleset: every entry names the digest that
covers it, and a change is recorded. The log's own entries stay for ever; they name nobody. What
is ruled here is the private values that lie beside it, and the tables.

- An **erasure** destroys a person's key. What is exempt (UK GDPR Art. 17(3)) moves under a new
  key first, and stays readable until its period is over. `directory.erased` names the commitments
  of all that is gone, in a blob.
- A **hold** stands on a patient, a person, an agreement or a pool. While it stands, who is held is
  not erased: an attempt is refused with its reason, and `directory.erasure-refused` records it. And
  nothing that concerns what is held is destroyed, by a disposal or with somebody else's erasure.
- A **disposal** destroys single private values whose period is over: one person proposes
  (`retention:propose`), another approves (`retention:approve`). Nothing goes by itself; a daily
  job counts what is due, and `ledger retention due` prints it.
- What nobody has put into a class is never disposed of, and an erasure reaches it.
"""


def retention_page() -> tuple[str, Path]:
    """Every class with its rule, and what is in it."""
    schedule = retention.schedule(authority.reload())
    parts = [_HEAD]
    for its in schedule.classes.values():
        runs = "" if its.period == "for ever" else f", running from *{_runs(its.runs)}*"
        kept = its.period if its.period == "for ever" else f"for {its.period}"
        parts += [
            f"## `{its.name}`\n",
            f"Kept {kept}{runs}; then {_ENDS[its.ends]}.",
            f"When the person is erased: {_ERASURE[its.erasure]}.\n",
            f"Why: {its.basis}. Source: {its.source}.\n",
            *_members(schedule, its.name),
            "",
        ]
    return "\n".join(parts), _FILE


def _members(schedule: Schedule, name: str) -> list[str]:
    kinds = sorted(kind for kind, its in schedule.kinds.items() if its == name)
    lines = [f"- private part `{kind}`" for kind in kinds if "/" in kind]
    lines += [f"- entries `{kind}`" for kind in kinds if "/" not in kind]
    return lines + [f"- table `{table}`" for table in schedule.tables_of(name)]


def _runs(event: Runs) -> str:
    return event.replace("-", " ")
