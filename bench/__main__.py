"""Measure, print a table, and keep the figures in ``bench/results/<day>.json``."""

import argparse
import json
import operator
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from os import cpu_count
from pathlib import Path
from time import perf_counter
from typing import Any, Final

MODULES: Final = (
    "decisions",
    "tokens",
    "tree",
    "appending",
    "sequencing",
    "balances",
    "posting",
    "covering",
    "replaying",
    "starting",
    "serving",
    "importing",
    "payments",
)
RESULTS: Final = Path(__file__).parent / "results"
_COMPARE: Final = {">=": operator.ge, "<=": operator.le, "<": operator.lt, ">": operator.gt}


def main() -> int:
    """Return 0 when everything was measured, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], help="only these")
    chosen = parser.parse_args().modules or MODULES
    rows: list[dict[str, Any]] = []
    for name in chosen:
        began = perf_counter()
        print(f"{name} ...", end=" ", flush=True, file=sys.stderr)
        rows += [{"module": name, **row} for row in import_module(f"bench.{name}").measure()]
        print(f"{perf_counter() - began:.0f} s", file=sys.stderr)
    print(table(rows))
    if not parser.parse_args().modules:
        keep(rows)
    return 0


def met(row: dict[str, Any]) -> bool | None:
    """Say whether a row meets its target (``>= 0.5``); None where nothing could be measured."""
    if row.get("ratio") is None:
        return None
    compare, bound = str(row["target"]).split()
    return bool(_COMPARE[compare](row["ratio"], float(bound)))


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as people read them."""
    words = {True: "met", False: "NOT MET", None: "not built yet"}
    lines = [f"{'what':<72} {'ratio':>9} {'target':>8}  "]
    for row in rows:
        ratio = "" if row.get("ratio") is None else f"{row['ratio']:.3g}"
        lines.append(f"{row['name'][:72]:<72} {ratio:>9} {row['target']:>8}  {words[met(row)]}")
        figures = "; ".join(f"{key} {_short(value)}" for key, value in row["figures"].items())
        lines.append(f"    {figures}")
    return "\n".join(lines)


def _short(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def keep(rows: list[dict[str, Any]]) -> None:
    """Write the figures down with what they were measured on."""
    now = datetime.now(UTC)  # noqa: TID251  (the day of a measurement)
    machine = {"python": platform.python_version(), "cores": cpu_count(), "at": now.isoformat()}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine, "rows": rows}, indent=1, default=str)
    (RESULTS / f"{now:%Y-%m-%d}.json").write_text(text + "\n")
    (RESULTS / f"{now:%Y-%m-%d}.txt").write_text(table(rows) + "\n")


if __name__ == "__main__":
    sys.exit(main())
