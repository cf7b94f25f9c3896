"""The demonstration's settings are made once, and an operator's commands can use them."""

import os
import subprocess
from pathlib import Path

import pytest
from click import ClickException

from ledger.commands.demo import environment_of
from ledger.settings import Settings


def test_another_port_changes_neither_keys_nor_the_name_of_the_log(tmp_path: Path) -> None:
    data, kept = tmp_path / "the data", tmp_path / "secrets"
    first = environment_of(data, kept, 8000)
    again = environment_of(data, kept, 8001)

    moved = {"LEDGER_PUBLIC_URL": "http://127.0.0.1:8001"}
    assert again == {**first, **moved}
    assert (kept / "ledger.env").stat().st_mode & 0o777 == 0o600


def test_a_shell_reads_them_as_they_are(tmp_path: Path) -> None:
    made = environment_of(tmp_path / "the data", tmp_path / "secrets", 8000)
    line = f"set -a; . '{tmp_path}/secrets/ledger.env'; env -0"
    bare = {"PATH": os.environ["PATH"]}
    said = subprocess.run(["/bin/sh", "-c", line], env=bare, capture_output=True, check=True)
    there = dict(one.split("=", 1) for one in said.stdout.decode().split("\0") if one)

    assert Settings.from_env(there) == Settings.from_env(made)


def test_data_without_its_keys_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").touch()
    with pytest.raises(ClickException, match="put them back"):
        environment_of(tmp_path, tmp_path / "secrets", 8000)
