"""What a period takes while it is being closed, held by the database too.

A soft-closed period takes no new promises; one that has its result takes only what settles it.
A reversal counts as what it reverses. Used by migration 0039, and written once, as a migration
is; `ledger.funding.rules.periods` says the same, and a test compares the two.
"""

from alembic import op

from migrations import pool_fences

PROMISES = """(
    'contribution-agreed', 'reserve-set', 'budget-allocated', 'budget-vired',
    'spending-committed', 'bundle-started', 'budget-brought-forward'
)"""
AFTER_RESULT = """(
    'underspend-carried', 'underspend-returned', 'fund-drawn', 'budget-lapsed', 'payment-made',
    'contribution-received', 'refund-received'
)"""

_JUDGED = "COALESCE((SELECT o.event FROM pool_transactions o WHERE o.id = NEW.reverses), NEW.event)"
_TAKES = f"""
    EXISTS (
        SELECT 1 FROM pool_periods p WHERE p.id = NEW.period_id AND (
            p.stage = 'open'
            OR (p.stage = 'soft-closed' AND {_JUDGED} NOT IN {PROMISES})
            OR (p.stage = 'year-closed' AND {_JUDGED} IN {AFTER_RESULT})
        )
    )
"""
_NAME = "pool_period_takes"
WHY = "the period is being closed, and takes this no more"


def put() -> None:
    """Refuse what a period takes no more from now on."""
    pool_fences.refuse_transactions(_NAME, _TAKES, WHY)


def take_away() -> None:
    """Leave it to the application."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {_NAME}() CASCADE")
    else:
        op.execute(f"DROP TRIGGER {_NAME}")
