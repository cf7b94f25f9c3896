"""What the database refuses of a pool's accounts since there are payment models.

As `migrations.pool_fences`, with more events: which say what is owed already, after which a
provider may owe the pool, and what needs a second person. Used by migration 0029, and
written once, as a migration is.
"""

from alembic import op

from migrations import pool_fences

CONTROLLED = (
    "('payment-made', 'budget-vired', 'reserve-released', 'overspend-authorised', 'claw-back-made')"
)
LIABILITIES = (
    "('expenditure-accrued', 'capitation-run', 'roster-corrected', 'bundle-done',"
    " 'gain-loss-settled')"
)
TAKES_BACK = "('credit-note-received', 'claw-back-made')"

CHANGED = {
    "account beyond its limit": (
        "NOT (a.yields AND t.liability)",
        (
            "NOT (a.yields AND t.liability) AND NOT"
            f" (a.head = 'F:payable' AND t.event IN {TAKES_BACK})"
        ),
    ),
    "not a liability": ("event <> 'expenditure-accrued'", f"event NOT IN {LIABILITIES}"),
    "not approved by a second person": (pool_fences._CONTROLLED, CONTROLLED),
}
"""What each condition of 0007 says now: (a part of it, what stands in its place)."""


def refusals() -> dict[str, str]:
    """Return the conditions that are judged when a transaction is sealed."""
    return {
        why: found.replace(*CHANGED[why]) if why in CHANGED else found
        for why, found in pool_fences.SEAL_REFUSALS.items()
    }


def put(conditions: dict[str, str]) -> None:
    """Judge every seal by *conditions* from now on."""
    if op.get_bind().dialect.name == "postgresql":
        body = "\n".join(
            pool_fences._unless(f"NOT EXISTS ({found})", why) for why, found in conditions.items()
        )
        op.execute(
            "CREATE OR REPLACE FUNCTION pool_sealed() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN {body} RETURN NEW; END $$"
        )
        return
    for number, (why, found) in enumerate(conditions.items()):
        op.execute(f"DROP TRIGGER pool_seals_{number}")
        op.execute(
            f"CREATE TRIGGER pool_seals_{number} BEFORE INSERT ON pool_seals"
            f" WHEN EXISTS ({found}) BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )
