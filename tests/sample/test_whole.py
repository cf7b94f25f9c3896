"""The whole demonstration, as `make run` makes it: every chapter fits the ones before it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.load import free_port


def said(*command: str, shell_file: Path | None = None) -> str:
    ledger = [sys.executable, "-m", "ledger.cli", *command]
    if shell_file is not None:
        ledger = ["/bin/sh", "-c", f'set -a; . "{shell_file}"; exec "$@"', "sh", *ledger]
    done = subprocess.run(ledger, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.soak
@pytest.mark.real_time
def test_the_demonstration_loads_and_what_must_hold_of_it_holds(tmp_path: Path) -> None:
    data, kept = tmp_path / "data", tmp_path / "secrets"
    folders = ["--data", str(data), "--secrets", str(kept)]
    said("demo", *folders, "--port", str(free_port()), "--load-only")
    settings = kept / "ledger.env"
    said("funding", "check", shell_file=settings)
    said("log", "check", shell_file=settings)
    assert "equal: " in said("log", "replay", shell_file=settings)
