"""Many postings at once: the database judges the rows of one INSERT together.

Until now each posting was judged by itself and moved its balance by itself, so that ten
thousand of them moved the balance of one account ten thousand times. On PostgreSQL one trigger
now judges all the rows of a statement, by the same conditions (the account has a balance, the
transaction is not sealed, each posting continues the running balance at a moment that is that of
its transaction and not before the last), and moves each balance once. A balance still only ever
moves to that of a posting that is there. SQLite has no such triggers, and needs none.

Used by migration 0034, and written once, as a migration is.
"""

from alembic import op

from migrations import pool_fences
from migrations.approval_fences import ROLE

_WHY = "a balance moves by its postings alone"
_ONE_BY_ONE = pool_fences.UPDATE_REFUSALS[_WHY][1]
_SOME_AT_ONCE = _ONE_BY_ONE.replace(
    "NEW.postings_count <> OLD.postings_count + 1", "NEW.postings_count <= OLD.postings_count"
)
_JUDGED = """
    IF EXISTS (
        SELECT 1 FROM fresh f LEFT JOIN pool_balances b ON b.account_id = f.account_id
        WHERE b.account_id IS NULL
    ) THEN RAISE EXCEPTION 'account has no balance' USING ERRCODE = '23514'; END IF;
    PERFORM 1 FROM pool_balances WHERE account_id IN (SELECT account_id FROM fresh)
        ORDER BY account_id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT transaction_id FROM fresh) f CROSS JOIN LATERAL (
            SELECT 1 FROM pool_seals s WHERE s.transaction_id = f.transaction_id LIMIT 1
        ) sealed
    ) THEN RAISE EXCEPTION 'transaction is sealed' USING ERRCODE = '23514'; END IF;
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT transaction_id, recorded_at FROM fresh) f
        WHERE f.recorded_at IS DISTINCT FROM (
            SELECT t.recorded_at FROM pool_transactions t WHERE t.id = f.transaction_id
        )
    ) THEN
        RAISE EXCEPTION 'posting does not continue the running balance' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT f.*,
                b.balance_minor + sum(f.amount_minor) OVER along AS should_minor,
                b.postings_count + row_number() OVER along AS should_seq,
                coalesce(lag(f.recorded_at) OVER along, b.moved_at) AS last_at
            FROM fresh f JOIN pool_balances b ON b.account_id = f.account_id
            WINDOW along AS (PARTITION BY f.account_id ORDER BY f.account_seq)
        ) s
        WHERE s.balance_after_minor IS DISTINCT FROM s.should_minor
        OR s.account_seq IS DISTINCT FROM s.should_seq OR s.last_at > s.recorded_at
    ) THEN
        RAISE EXCEPTION 'posting does not continue the running balance' USING ERRCODE = '23514';
    END IF;
    UPDATE pool_balances b SET balance_minor = l.balance_after_minor,
        postings_count = l.account_seq, moved_at = l.recorded_at
    FROM (
        SELECT DISTINCT ON (account_id) account_id, balance_after_minor, account_seq, recorded_at
        FROM fresh ORDER BY account_id, account_seq DESC
    ) l WHERE b.account_id = l.account_id;
"""


def fence() -> None:
    """Judge the rows of a statement together, and open the door to many transactions at once."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in ("pool_continued", "pool_moved"):
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    _refuse_balances(_SOME_AT_ONCE)
    op.execute(
        "CREATE FUNCTION pool_moved() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {_JUDGED} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER pool_moved AFTER INSERT ON pool_postings REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION pool_moved()"
    )
    op.execute(
        """
        CREATE FUNCTION pool_post_many(headers jsonb, legs jsonb) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            INSERT INTO pool_transactions
                SELECT * FROM jsonb_populate_recordset(NULL::pool_transactions, headers);
            -- Plans that were made for a few rows read whole tables for many: make them anew.
            IF jsonb_array_length(headers) > 100 THEN
                ANALYZE pool_transactions; ANALYZE pool_accounts; ANALYZE pool_balances;
            END IF;
            INSERT INTO pool_postings
                SELECT * FROM jsonb_populate_recordset(NULL::pool_postings, legs);
            IF jsonb_array_length(headers) > 100 THEN
                ANALYZE pool_postings; ANALYZE pool_proposals; ANALYZE pool_approvals;
            END IF;
            INSERT INTO pool_seals (transaction_id, postings_count)
                SELECT (one->>'id')::uuid, (
                    SELECT count(*) FROM pool_postings p
                    WHERE p.transaction_id = (one->>'id')::uuid
                ) FROM jsonb_array_elements(headers) one;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION pool_post_many(jsonb, jsonb) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION pool_post_many(jsonb, jsonb) TO {ROLE}")


def unfence() -> None:
    """Judge each posting by itself again."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP FUNCTION pool_post_many(jsonb, jsonb)")
    op.execute("DROP FUNCTION pool_moved() CASCADE")
    _refuse_balances(_ONE_BY_ONE)
    pool_fences.continue_one_by_one()


def _refuse_balances(condition: str) -> None:
    body = pool_fences._unless(f"NOT ({condition})", _WHY)
    op.execute(
        "CREATE OR REPLACE FUNCTION pool_balances_update() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {body} RETURN NEW; END $$"
    )
