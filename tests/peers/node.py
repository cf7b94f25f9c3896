"""Programs of tests/peers, run by Node: certified OpenID software that we did not write.

    with running("provider.mjs") as first_line: ...

`tests/peers/install` puts them in place, as ``make test`` does; where they are not, tests that
need them are skipped with one line that says so. A program ends when its standard input does.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
_ENDS_WITHIN_S = 5


def node() -> str:
    """Return the path of Node; skip the test where the peers are not installed."""
    where = _HERE / "node_modules" / ".node"
    if not where.is_file():
        pytest.skip("the OpenID peers are not installed: run tests/peers/install PYTHON")
    return where.read_text().strip()


@contextmanager
def running(program: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a program of this folder until the block ends; gives its first line, as JSON."""
    with subprocess.Popen(
        [node(), str(_HERE / program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        first = process.stdout.readline()
        try:
            assert first, f"{program} ended before it said where it is"
            yield json.loads(first)
        finally:
            process.stdin.close()
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
