"""What the database itself refuses of a pool's accounts, whoever asks.

A transaction is inserted, then its postings, then its seal. The transaction's id is a
deferred foreign key to the seal, so that without a seal there is no COMMIT; the trigger on
the seal checks the sums, the limits, a reversal's exactness and the approval. A posting
must continue its account's running balance, and moves the balance by trigger.

Used by migration 0007, and written once, as a migration is.
"""

from alembic import op

_CONTROLLED = "('payment-made', 'budget-vired', 'reserve-released', 'overspend-authorised')"

# Each a condition that must not be found when a transaction is sealed, and what it breaks.
SEAL_REFUSALS = {
    "wrong number of postings": """
        SELECT 1 WHERE NEW.postings_count < 2 OR NEW.postings_count <>
            (SELECT count(*) FROM pool_postings WHERE transaction_id = NEW.transaction_id)
    """,
    "transaction does not balance": """
        SELECT 1 FROM pool_postings WHERE transaction_id = NEW.transaction_id
        GROUP BY book, currency HAVING sum(amount_minor) <> 0
    """,
    "reversal is not the exact negation": """
        SELECT 1 FROM pool_transactions t
        JOIN pool_postings p ON p.transaction_id IN (t.id, t.reverses)
        WHERE t.id = NEW.transaction_id AND t.reverses IS NOT NULL
        GROUP BY p.account_id HAVING sum(p.amount_minor) <> 0
    """,
    "reversal of another pool or of a reversal": """
        SELECT 1 FROM pool_transactions t JOIN pool_transactions o ON o.id = t.reverses
        WHERE t.id = NEW.transaction_id AND (o.pool_id <> t.pool_id OR o.reverses IS NOT NULL)
    """,
    "account beyond its limit": """
        SELECT 1 FROM pool_transactions t
        JOIN (
            SELECT account_id, sum(amount_minor) AS moved FROM pool_postings
            WHERE transaction_id = NEW.transaction_id GROUP BY account_id
        ) m ON 1 = 1
        JOIN pool_accounts a ON a.id = m.account_id
        JOIN pool_balances b ON b.account_id = a.id
        WHERE t.id = NEW.transaction_id AND NOT (a.yields AND t.liability) AND (
            (b.balance_minor < a.floor_minor AND m.moved < 0)
            OR (b.balance_minor > a.ceiling_minor AND m.moved > 0)
        )
    """,
    "not a liability": """
        SELECT 1 FROM pool_transactions
        WHERE id = NEW.transaction_id AND liability AND event <> 'expenditure-accrued'
    """,
    "not approved by a second person": f"""
        SELECT 1 FROM pool_transactions t LEFT JOIN pool_transactions o ON o.id = t.reverses
        WHERE t.id = NEW.transaction_id AND coalesce(o.event, t.event) IN {_CONTROLLED}
        AND NOT EXISTS (SELECT 1 FROM pool_approvals WHERE proposal_id = t.id)
    """,
}

# Likewise for the rows that may be changed at all: (table, when, condition), and why.
UPDATE_REFUSALS = {
    "a balance moves by its postings alone": (
        "pool_balances",
        """
        NEW.account_id <> OLD.account_id OR NEW.pool_id <> OLD.pool_id
        OR NEW.postings_count <> OLD.postings_count + 1
        OR NOT EXISTS (
            SELECT 1 FROM pool_postings p WHERE p.account_id = NEW.account_id
            AND p.account_seq = NEW.postings_count
            AND p.balance_after_minor = NEW.balance_minor AND p.recorded_at = NEW.moved_at
        )
        """,
    ),
    "a closed period stays closed": (
        "pool_periods",
        """
        OLD.closed_at IS NOT NULL OR NEW.first_day <> OLD.first_day
        OR NEW.last_day <> OLD.last_day OR NEW.pool_id <> OLD.pool_id
        """,
    ),
    "a proposal is posted or dropped, never edited": (
        "pool_proposals",
        """
        OLD.state <> 'waiting' OR NEW.maker_id <> OLD.maker_id OR NEW.pool_id <> OLD.pool_id
        OR NEW.event <> OLD.event OR NEW.controlled_as <> OLD.controlled_as
        OR CAST(NEW.body AS TEXT) <> CAST(OLD.body AS TEXT)
        """,
    ),
}

_PERIOD_OPEN = """
    EXISTS (
        SELECT 1 FROM pool_periods WHERE id = NEW.period_id AND pool_id = NEW.pool_id
        AND closed_at IS NULL AND NEW.effective_on BETWEEN first_day AND last_day
    )
"""
_SAME_MOMENT = """
    EXISTS (
        SELECT 1 FROM pool_transactions
        WHERE id = NEW.transaction_id AND recorded_at = NEW.recorded_at
    )
"""
_CONTINUES = """
    EXISTS (
        SELECT 1 FROM pool_balances b WHERE b.account_id = NEW.account_id
        AND b.balance_minor + NEW.amount_minor = NEW.balance_after_minor
        AND b.postings_count + 1 = NEW.account_seq
        AND (b.moved_at IS NULL OR b.moved_at <= NEW.recorded_at)
    )
"""
_SEALED = "EXISTS (SELECT 1 FROM pool_seals WHERE transaction_id = NEW.transaction_id)"
_MOVE = """
    UPDATE pool_balances SET balance_minor = NEW.balance_after_minor,
        postings_count = NEW.account_seq, moved_at = NEW.recorded_at
    WHERE account_id = NEW.account_id
"""


def fence() -> None:
    """Put every trigger in place."""
    {"postgresql": _postgresql, "sqlite": _sqlite}[op.get_bind().dialect.name]()


def unfence() -> None:
    """Drop what would outlive the tables."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("open_period", "continued", "moved", "sealed", "new_balance"):
            op.execute(f"DROP FUNCTION IF EXISTS pool_{name}() CASCADE")
        for table, _ in UPDATE_REFUSALS.values():
            op.execute(f"DROP FUNCTION IF EXISTS {table}_update() CASCADE")


def _sqlite() -> None:
    def refuse(name: str, table: str, when: str, condition: str, why: str) -> None:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition}"
            f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )

    refuse(
        "pool_transactions_period",
        "pool_transactions",
        "INSERT",
        f"NOT {_PERIOD_OPEN}",
        "period is closed, or the day is outside it",
    )
    refuse("pool_postings_sealed", "pool_postings", "INSERT", _SEALED, "transaction is sealed")
    refuse(
        "pool_postings_whole",
        "pool_postings",
        "INSERT",
        "typeof(NEW.amount_minor) <> 'integer'",
        "an amount is a whole number of minor units",
    )
    refuse(
        "pool_postings_continue",
        "pool_postings",
        "INSERT",
        f"NOT {_CONTINUES} OR NOT {_SAME_MOMENT}",
        "posting does not continue the running balance",
    )
    op.execute(
        f"CREATE TRIGGER pool_postings_move AFTER INSERT ON pool_postings BEGIN {_MOVE}; END"
    )
    for number, (why, found) in enumerate(SEAL_REFUSALS.items()):
        refuse(f"pool_seals_{number}", "pool_seals", "INSERT", f"EXISTS ({found})", why)
    refuse(
        "pool_balances_new",
        "pool_balances",
        "INSERT",
        "NEW.balance_minor <> 0 OR NEW.postings_count <> 0"
        " OR EXISTS (SELECT 1 FROM pool_balances WHERE account_id = NEW.account_id)",
        "a balance starts at nothing",
    )
    for why, (table, condition) in UPDATE_REFUSALS.items():
        refuse(f"{table}_update", table, "UPDATE", condition, why)
        refuse(f"{table}_delete", table, "DELETE", "1", f"{table} is never deleted from")


def _postgresql() -> None:
    _function(
        "pool_open_period",
        f"""
        PERFORM 1 FROM pool_periods WHERE id = NEW.period_id FOR SHARE;
        {_unless(_PERIOD_OPEN, "period is closed, or the day is outside it")}
        """,
    )
    _trigger("pool_transactions", "BEFORE INSERT", "pool_open_period")
    continue_one_by_one()
    _function(
        "pool_sealed",
        "\n".join(_unless(f"NOT EXISTS ({sql})", why) for why, sql in SEAL_REFUSALS.items()),
    )
    _trigger("pool_seals", "BEFORE INSERT", "pool_sealed")
    _function(
        "pool_new_balance",
        _unless("NEW.balance_minor = 0 AND NEW.postings_count = 0", "a balance starts at nothing"),
    )
    _trigger("pool_balances", "BEFORE INSERT", "pool_new_balance")
    for why, (table, condition) in UPDATE_REFUSALS.items():
        _function(f"{table}_update", _unless(f"NOT ({condition})", why))
        _trigger(table, "BEFORE UPDATE", f"{table}_update")
        op.execute(
            f"CREATE TRIGGER {table}_delete BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def continue_one_by_one() -> None:
    """Have PostgreSQL judge each posting, and move its balance."""
    # Rows of one INSERT run this trigger before any AFTER trigger has moved a balance: so
    # an account is continued from its last posting, and its balance is locked first.
    _function(
        "pool_continued",
        f"""
        PERFORM 1 FROM pool_balances WHERE account_id = NEW.account_id FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account has no balance' USING ERRCODE = '23514';
        END IF;
        {_unless(f"NOT {_SEALED}", "transaction is sealed")}
        SELECT balance_after_minor, account_seq, recorded_at INTO last_minor, last_seq, last_at
            FROM pool_postings WHERE account_id = NEW.account_id
            ORDER BY account_seq DESC LIMIT 1;
        {
            _unless(
                "coalesce(last_minor, 0) + NEW.amount_minor = NEW.balance_after_minor"
                " AND coalesce(last_seq, 0) + 1 = NEW.account_seq"
                f" AND coalesce(last_at <= NEW.recorded_at, true) AND {_SAME_MOMENT}",
                "posting does not continue the running balance",
            )
        }
        """,
        declare="DECLARE last_minor bigint; last_seq bigint; last_at timestamptz;",
    )
    _trigger("pool_postings", "BEFORE INSERT", "pool_continued")
    _function("pool_moved", f"{_MOVE};")
    _trigger("pool_postings", "AFTER INSERT", "pool_moved")


def refuse_transactions(name: str, allowed: str, why: str) -> None:
    """Let no transaction in unless *allowed* holds, by a trigger called *name*."""
    if op.get_bind().dialect.name == "postgresql":
        _function(name, _unless(allowed, why))
        _trigger("pool_transactions", "BEFORE INSERT", name)
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE INSERT ON pool_transactions WHEN NOT ({allowed})"
        f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
    )


def _unless(condition: str, why: str) -> str:
    return f"IF NOT ({condition}) THEN RAISE EXCEPTION '{why}' USING ERRCODE = '23514'; END IF;"


def _function(name: str, body: str, *, declare: str = "") -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {declare}"
        f" BEGIN {body} RETURN NEW; END $$"
    )


def _trigger(table: str, when: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {function} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
