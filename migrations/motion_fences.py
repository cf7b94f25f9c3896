"""What the database accepts in place of a second person's approval: a motion of the pool's board.

As `migrations.approval_fences`, with one exception: a virement that names, as its basis, a motion
that has passed and was not carried out yet, of the body to which every partner of the pool has
agreed. And whatever names a motion as its basis, whether it waits for anybody or not, names one
that decided it: such a motion, of that effect; or the one whose result it is, which waited.

Used by migration 0032, and written once, as a migration is.
"""

from alembic import op

from migrations import approval_fences, payment_fences, pool_fences

_WHY = "not approved by a second person"
_NAMED = "replace({}.basis, '-', '') = 'Motion ' || replace(CAST(m.id AS TEXT), '-', '')"
_OF_ITS_BOARD = """
            NOT EXISTS (
                SELECT 1 FROM pool_partners p LEFT JOIN pool_boards b
                ON b.pool_id = p.pool_id AND b.organisation_id = p.organisation_id
                WHERE p.pool_id = {}.pool_id AND (b.body_id IS NULL OR b.body_id <> m.body_id)
            )
"""
UNAPPROVED = f"""{approval_fences.UNAPPROVED}
        AND NOT (t.event = 'budget-vired' AND t.reverses IS NULL AND EXISTS (
            SELECT 1 FROM motions m WHERE {_NAMED.format("t")}
            AND m.state = 'passed' AND m.effect = 'funding.vire' AND m.result IS NULL
            AND {_OF_ITS_BOARD.format("t")}
        ))
"""
_DOES = """
            (m.effect = 'funding.allocate' AND NEW.event = 'budget-allocated')
            OR (m.effect = 'funding.set-reserve' AND NEW.event = 'reserve-set')
            OR (m.effect = 'funding.vire' AND NEW.event = 'budget-vired')
            OR (m.effect = 'funding.release-reserve' AND NEW.event = 'reserve-released')
"""
_RESULT = "replace(m.result, '-', '') = 'transaction:' || replace(CAST(NEW.id AS TEXT), '-', '')"
_A_MOTION = "'motion ________-____-____-____-____________'"
_DECIDED = f"""
    lower(coalesce(NEW.basis, '')) NOT LIKE {_A_MOTION} OR NEW.reverses IS NOT NULL OR EXISTS (
        SELECT 1 FROM motions m WHERE {_NAMED.format("NEW")}
        AND m.state = 'passed' AND ({_DOES})
        AND ({_RESULT} OR (m.result IS NULL AND {_OF_ITS_BOARD.format("NEW")}))
    )
"""
_NAME = "pool_named_motion_decided"


def put() -> None:
    """Judge every seal with that exception from now on, and every basis."""
    judge(UNAPPROVED)
    pool_fences.refuse_transactions(_NAME, _DECIDED, "the motion it names did not decide this")


def take_away() -> None:
    """Judge every seal without it again."""
    judge(approval_fences.UNAPPROVED)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {_NAME}() CASCADE")
    else:
        op.execute(f"DROP TRIGGER {_NAME}")


def judge(unapproved: str) -> None:
    """Judge every seal by *unapproved*, which finds what nobody else approved."""
    payment_fences.put({**payment_fences.refusals(), _WHY: unapproved})
