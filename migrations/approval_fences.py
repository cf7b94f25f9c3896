"""What the database asks of approvals, and the one door through which a pool is posted to.

A proposal says whose approval it waits for, and what is posted under it must have them: so
many people, of every partner where it says so, in the rank it names, none of them its maker.
Under every agreement some events wait for somebody, and some for every partner, whatever
their proposal says. An approval that comes after the posting is none.

Used by migration 0031, and written once, as a migration is.
"""

from alembic import op

from migrations import payment_fences, pool_fences

ROLE = "care_ledger"
POSTED = ("pool_transactions", "pool_postings", "pool_seals")
EVERY_PARTNER = "('reserve-released', 'overspend-authorised')"

_APPROVES = (
    "a.proposal_id = t.id AND a.person_id <> p.maker_id AND"
    " (p.rank = 'finance_lead' OR a.rank = p.rank)"
)
UNAPPROVED = f"""
    SELECT 1 FROM pool_transactions t
    LEFT JOIN pool_transactions o ON o.id = t.reverses
    LEFT JOIN pool_proposals p ON p.id = t.id
    WHERE t.id = NEW.transaction_id
    AND (p.id IS NOT NULL OR coalesce(o.event, t.event) IN {payment_fences.CONTROLLED})
    AND (
        p.id IS NULL OR p.state = 'dropped' OR p.pool_id <> t.pool_id OR p.event <> t.event
        OR p.controlled_as <> coalesce(o.event, t.event)
        OR (
            SELECT count(*) FROM pool_approvals a JOIN pools h ON h.id = t.pool_id
            WHERE {_APPROVES} AND (
                a.organisation_id = h.host_id OR (p.voice <> 'host' AND EXISTS (
                    SELECT 1 FROM pool_partners q
                    WHERE q.pool_id = h.id AND q.organisation_id = a.organisation_id
                ))
            )
        ) < p.people
        OR (
            (p.voice = 'every-partner' OR coalesce(o.event, t.event) IN {EVERY_PARTNER})
            AND EXISTS (
                SELECT 1 FROM pool_partners q WHERE q.pool_id = t.pool_id AND NOT EXISTS (
                    SELECT 1 FROM pool_approvals a
                    WHERE {_APPROVES} AND a.organisation_id = q.organisation_id
                )
            )
        )
    )
"""
_WAITS = "EXISTS (SELECT 1 FROM pool_proposals WHERE id = NEW.proposal_id AND state = 'waiting')"
_FRESH = (
    "NEW.state = 'waiting' AND NEW.ended_at IS NULL AND NEW.people >= 1"
    " AND NEW.voice IN ('host', 'any-partner', 'every-partner')"
)
INSERTS = {
    "an approval comes before the posting": ("pool_approvals", "pool_approvals_early", _WAITS),
    "a proposal starts by waiting": ("pool_proposals", "pool_proposals_fresh", _FRESH),
}
_WHY = "a proposal is posted or dropped, never edited"
_EDITED = pool_fences.UPDATE_REFUSALS[_WHY][1]
_EDITED_MORE = f"""{_EDITED}
    OR NEW.people <> OLD.people OR NEW.voice <> OLD.voice OR NEW.rank <> OLD.rank
    OR NEW.made_at <> OLD.made_at OR NEW.entry_id <> OLD.entry_id
"""


def loosen() -> None:
    """Let proposals be edited, while a migration gives them columns."""
    on = " ON pool_proposals" if _postgresql() else ""
    op.execute(f"DROP TRIGGER pool_proposals_update{on}")


def fence() -> None:
    """Judge approvals, and leave one door open."""
    _proposals_unedited(_EDITED_MORE)
    payment_fences.put({**payment_fences.refusals(), "not approved by a second person": UNAPPROVED})
    for why, (table, name, condition) in INSERTS.items():
        if _postgresql():
            pool_fences._function(name, pool_fences._unless(condition, why))
            pool_fences._trigger(table, "BEFORE INSERT", name)
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN NOT ({condition})"
                f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )
    if _postgresql():
        _one_door()


def unfence() -> None:
    """Put back what was there."""
    if _postgresql():
        op.execute("DROP FUNCTION pool_post(jsonb, jsonb)")
        tables = ", ".join((*POSTED, "pool_balances"))
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {ROLE}")
    for _, name, _ in INSERTS.values():
        if _postgresql():
            op.execute(f"DROP FUNCTION {name}() CASCADE")
        else:
            op.execute(f"DROP TRIGGER {name}")
    payment_fences.put(payment_fences.refusals())
    loosen()


def put_back() -> None:
    """Refuse once more that a proposal is edited, as 0007 did."""
    _proposals_unedited(_EDITED)


def _proposals_unedited(condition: str) -> None:
    if not _postgresql():
        op.execute(
            f"CREATE TRIGGER pool_proposals_update BEFORE UPDATE ON pool_proposals"
            f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        )
        return
    body = pool_fences._unless(f"NOT ({condition})", _WHY)
    op.execute(
        "CREATE OR REPLACE FUNCTION pool_proposals_update() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {body} RETURN NEW; END $$"
    )
    pool_fences._trigger("pool_proposals", "BEFORE UPDATE", "pool_proposals_update")


def _one_door() -> None:
    """Let the service post by a function alone. It locks rows, for which UPDATE of one suffices.

    The triggers refuse that update, whoever tries it.
    """
    op.execute(
        """
        CREATE FUNCTION pool_post(header jsonb, legs jsonb) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            INSERT INTO pool_transactions
                SELECT * FROM jsonb_populate_record(NULL::pool_transactions, header);
            INSERT INTO pool_postings
                SELECT * FROM jsonb_populate_recordset(NULL::pool_postings, legs);
            INSERT INTO pool_seals (transaction_id, postings_count)
                VALUES ((header->>'id')::uuid, jsonb_array_length(legs));
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION pool_post(jsonb, jsonb) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION pool_post(jsonb, jsonb) TO {ROLE}")
    for table in (*POSTED, "pool_balances"):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {ROLE}")
    for table in POSTED:
        op.execute(f"REVOKE INSERT ON {table} FROM {ROLE}")
    for table in ("pool_transactions", "pool_balances"):
        op.execute(f"GRANT UPDATE (pool_id) ON {table} TO {ROLE}")


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
