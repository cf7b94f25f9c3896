"""What a start leaves out: measured by `bench.starting`, kept so by these."""

import os
import subprocess
import sys

import click
from alembic.config import Config
from alembic.script import ScriptDirectory

from bench.starting import SECRETS
from ledger import cli
from ledger.core.migrate import knows, migrations_folder, newest

_SERVES = """
import os, sys
from ledger.app import create_app
from ledger.settings import Settings
create_app(Settings.from_env(os.environ))
import ledger.background
"""


def _left_out(program: str, *modules: str) -> None:
    said = f"{program}\nprint(*sorted({set(modules)!r} & set(sys.modules)))"
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")},
        **SECRETS,
        "LEDGER_DATABASE_URL": "sqlite:///unused.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-c", said], check=True, capture_output=True, text=True, env=env
    )
    assert done.stdout.split() == []


def test_a_serving_process_imports_nothing_that_it_does_not_serve_with() -> None:
    _left_out(_SERVES, "alembic", "reportlab", "hypothesis", "pytest", "tests")


def test_help_needs_no_application() -> None:
    _left_out("import sys, ledger.cli", "flask", "sqlalchemy", "granian")


def test_each_command_goes_by_the_name_that_it_gives_itself() -> None:
    context = click.Context(cli.main)
    for name in cli.main.list_commands(context):
        command = cli.main.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_no_module_of_commands_is_forgotten() -> None:
    given = {module.rpartition(".")[2] for module in cli.COMMANDS.values()}
    folder = migrations_folder().parent / "ledger" / "commands"
    with_group = {f.stem for f in folder.glob("*.py") if "\ndef group(" in f.read_text()}
    assert with_group == given


def test_the_numbers_in_the_names_of_migrations_are_their_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    scripts = ScriptDirectory.from_config(config)

    assert newest() == scripts.get_current_head()
    assert all(knows(script.revision) for script in scripts.walk_revisions())
    assert knows(None)
    assert not knows("9999")
