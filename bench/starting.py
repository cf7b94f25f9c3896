"""How long from starting the server to its first page, with the database there."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.load import free_port

SECRETS = {
    "LEDGER_SECRET_KEY": "k" * 32,
    "LEDGER_MASTER_KEY": "0a" * 32,
    "LEDGER_SIGNING_SEED": "0b" * 32,
}


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite3'}"
        env = {**os.environ, **SECRETS, "LEDGER_DATABASE_URL": url}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")  # An installed wheel has it.
        ledger = [sys.executable, "-m", "ledger.cli"]
        subprocess.run([*ledger, "migrate"], check=True, env=env, capture_output=True)
        _first_page(ledger, env)
        seconds = sorted(_first_page(ledger, env) for _ in range(3))
        bare = {**env, "PYTHONPYCACHEPREFIX": f"{folder}/none", "PYTHONDONTWRITEBYTECODE": "1"}
        from_source = _first_page(ledger, bare)
    return [
        {
            "name": "start of the server to first page, seconds (median of 3)",
            "ratio": seconds[1],
            "target": "< 3",
            "figures": {
                "fastest_s": seconds[0],
                "slowest_s": seconds[-1],
                "nothing_compiled_s": from_source,
            },
        }
    ]


def _first_page(ledger: list[str], env: dict[str, str]) -> float:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [*ledger, "serve", "--port", str(port)], env=env, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    page.read()
                return time.perf_counter() - began
            except URLError:
                time.sleep(0.01)
    finally:
        process.terminate()
        process.wait(20)
