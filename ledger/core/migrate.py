"""The database's shape: which migration it is at, and bringing it to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from ledger.core.db import TO_WRITE


def migrations_folder() -> Path:
    """Return where ``migrations/`` is: beside the package, or inside it in a wheel."""
    root = Path(__file__).parents[2] / "migrations"
    return root if root.is_dir() else Path(__file__).parents[1] / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def newest() -> str:
    """Return the revision that this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return head or ""


def knows(revision: str | None) -> bool:
    """Say whether a database at *revision* can be brought to the newest; an empty one can."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision is None or revision in {script.revision for script in scripts}


def revision_of(engine: Engine) -> str | None:
    """Return the revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str) -> None:
    """Bring the database at *url*, given as its owner's, to the newest revision."""
    engine = create_engine(url)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> None:
    """Bring the database behind *engine* to the newest revision."""
    config = _config()
    with engine.connect().execution_options(**TO_WRITE) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
