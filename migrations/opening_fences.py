"""What the database asks of a pool's opening position: it comes first, and every partner approves.

As `migrations.motion_fences`, with one event more that waits for a second person, and for one of
every partner, whatever its proposal says. Used by migration 0035, and written once, as a
migration is.
"""

from alembic import op

from migrations import approval_fences, motion_fences, payment_fences, pool_fences

_EVENT = "'opening-brought-in'"
CONTROLLED = payment_fences.CONTROLLED.replace(")", f", {_EVENT})")
EVERY_PARTNER = approval_fences.EVERY_PARTNER.replace(")", f", {_EVENT})")

FIRST = {
    "an opening comes first": """
        NOT EXISTS (
            SELECT 1 FROM pool_transactions t
            WHERE t.pool_id = NEW.pool_id AND t.reverses IS NULL
            AND NOT EXISTS (SELECT 1 FROM pool_transactions r WHERE r.reverses = t.id)
        )
    """,
    "every partner approves an opening": """
        EXISTS (
            SELECT 1 FROM pool_proposals p WHERE p.id = NEW.id AND p.pool_id = NEW.pool_id
            AND p.event = NEW.event AND p.voice = 'every-partner'
        )
    """,
}
"""What an opening position must be as it is written; its seal asks for the approvals."""


def put() -> None:
    """Refuse any other opening position from now on."""
    motion_fences.judge(
        motion_fences.UNAPPROVED.replace(payment_fences.CONTROLLED, CONTROLLED).replace(
            approval_fences.EVERY_PARTNER, EVERY_PARTNER
        )
    )
    for why, condition in FIRST.items():
        allowed = f"NEW.event <> {_EVENT} OR ({condition})"
        pool_fences.refuse_transactions(_name(why), allowed, why)


def take_away() -> None:
    """Judge as before."""
    motion_fences.judge(motion_fences.UNAPPROVED)
    for why in FIRST:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {_name(why)}() CASCADE")
        else:
            op.execute(f"DROP TRIGGER {_name(why)}")


def _name(why: str) -> str:
    return f"pool_{why.replace(' ', '_')}"
