"""``python -m audit list``: the entries of a bundle, to be read or searched."""

import argparse
import sys
from pathlib import Path
from typing import Any

from audit import verify as bundles


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "list", help="print the entries of a bundle, one a line"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the zip file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print index and bytes of each entry, each checked before it is printed."""
    path: Path = options.bundle
    with path.open("rb") as file:
        for index, body in bundles.entries(file):
            sys.stdout.write(f"{index}\t{body.decode(errors='replace')}\n")
    return 0
