"""What the database accepts in place of a second person's approval: a motion of the pool's board.

As `migrations.approval_fences`, with one exception: a virement that names, as its basis, a motion
that has passed and was not carried out yet, of the body to which every partner of the pool has
agreed. Used by migration 0032, and written once, as a migration is.
"""

from migrations import approval_fences, payment_fences

_WHY = "not approved by a second person"
_BY_MOTION = """
        AND NOT (t.event = 'budget-vired' AND t.reverses IS NULL AND EXISTS (
            SELECT 1 FROM motions m
            WHERE replace(t.basis, '-', '') = 'Motion ' || replace(CAST(m.id AS TEXT), '-', '')
            AND m.state = 'passed' AND m.effect = 'funding.vire' AND m.result IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM pool_partners p LEFT JOIN pool_boards b
                ON b.pool_id = p.pool_id AND b.organisation_id = p.organisation_id
                WHERE p.pool_id = t.pool_id AND (b.body_id IS NULL OR b.body_id <> m.body_id)
            )
        ))
"""


def put() -> None:
    """Judge every seal with that exception from now on."""
    _judge(approval_fences.UNAPPROVED + _BY_MOTION)


def take_away() -> None:
    """Judge every seal without it again."""
    _judge(approval_fences.UNAPPROVED)


def _judge(unapproved: str) -> None:
    payment_fences.put({**payment_fences.refusals(), _WHY: unapproved})
