"""What the database itself refuses, whoever asks: fences around tables that only grow.

The application has no code that changes these tables. The triggers are for the day when
somebody with a database password thinks they need to. They hold nobody who owns the
tables, which is why others keep checkpoints.
"""

from collections.abc import Sequence

from alembic import op


def insert_only(table: str, keys: Sequence[str], *, may_delete: bool = False) -> None:
    """Have the database refuse UPDATE, TRUNCATE and (unless *may_delete*) DELETE of *table*.

    Args:
        table: Its name.
        keys: Its unique columns, each alone; ``a,b`` for two that are unique together.
        may_delete: For keys of personal data, whose deletion is the point.
    """
    refused = ["UPDATE"] if may_delete else ["UPDATE", "DELETE"]
    {"postgresql": _postgresql, "sqlite": _sqlite}[op.get_bind().dialect.name](table, keys, refused)


def _postgresql(table: str, _keys: Sequence[str], refused: list[str]) -> None:
    """Refuse *refused* and TRUNCATE. An upsert counts as an UPDATE."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = '23000';
        END $$
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER {table}_insert_only BEFORE {" OR ".join(refused)} OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def _sqlite(table: str, keys: Sequence[str], refused: list[str]) -> None:
    """Refuse *refused*, and INSERT OR REPLACE, which may fire no trigger for what it deletes."""
    same = " OR ".join(
        "(" + " AND ".join(f'"{column}" = NEW."{column}"' for column in key.split(",")) + ")"
        for key in keys
    )
    replaces = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    for change, condition in {**dict.fromkeys(refused, "1"), "INSERT": replaces}.items():
        op.execute(
            f"""
            CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} WHEN {condition}
            BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END
            """
        )
