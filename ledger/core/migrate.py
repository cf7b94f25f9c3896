"""The database's shape: which migration it is at, and bringing it to the newest.

Whether it is at the newest is asked at every start, so that is answered without Alembic, which
takes a sixth of a second to import: migrations are numbered, in their files' names too.
"""

from pathlib import Path

from sqlalchemy import Engine, String, column, create_engine, inspect, select, table

from ledger.core.db import TO_WRITE

_AT = select(column("version_num", String)).select_from(table("alembic_version"))


def migrations_folder() -> Path:
    """Return where ``migrations/`` is: beside the package, or inside it in a wheel."""
    root = Path(__file__).parents[2] / "migrations"
    return root if root.is_dir() else Path(__file__).parents[1] / "migrations"


def _revisions() -> set[str]:
    scripts = (migrations_folder() / "versions").glob("[0-9]*_*.py")
    return {script.name.partition("_")[0] for script in scripts}


def newest() -> str:
    """Return the revision that this program needs."""
    return max(_revisions())


def knows(revision: str | None) -> bool:
    """Say whether a database at *revision* can be brought to the newest; an empty one can."""
    return revision is None or revision in _revisions()


def revision_of(engine: Engine) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(_AT)
        return found


def upgrade(url: str) -> None:
    """Bring the database at *url*, given as its owner's, to the newest revision."""
    engine = create_engine(url)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> None:
    """Bring the database behind *engine* to the newest revision."""
    from alembic import command  # noqa: PLC0415  (not at every start)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    with engine.connect().execution_options(**TO_WRITE) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
