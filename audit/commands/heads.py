"""``python -m audit heads``: the maps of chain heads are what the entries come to."""

import argparse
from pathlib import Path
from typing import Any

from audit import verify as bundles
from audit.commands import trusting
from audit.commitments import check, commitments
from audit.merkle import ProofError
from audit.statement import Covers
from audit.verify import Verified


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "heads",
        help="check that the heads a log commits to are right",
        description="Work out again every map of chain heads that the log in BUNDLE commits "
        "to. Bundles about one subject rely on these maps: check them once, and each such "
        "bundle is worth as much as the whole log.",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="all of the ledger's log")
    parser.add_argument(
        "--of",
        type=Path,
        metavar="OTHER",
        help="all of another log whose heads the first commits to, such as the access log",
    )
    trusting.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the maps. Exit status 0; what is not right is raised."""
    policy = trusting.policy_of(options)
    with options.bundle.open("rb") as file:
        found = _whole(bundles.verify(file, policy=policy), options.bundle)
        file.seek(0)
        stated = list(commitments(bundles.entries(file)))
    log = options.of or options.bundle
    with log.open("rb") as file:
        if options.of is not None:
            found = _whole(bundles.verify(file, policy=policy), log)
            file.seek(0)
        origin = found.checkpoint.origin
        count = check(bundles.entries(file), stated, origin=origin)
    if not count:
        raise ProofError(f"{options.bundle} commits to no heads of the log {origin}")
    print(f"VERIFIED: {count:,} maps of chain heads of the log {origin}")
    return 0


def _whole(found: Verified, path: Path) -> Verified:
    if found.statement.covers is not Covers.WHOLE:
        raise ProofError(f"{path} is not all of a log: take one away without conditions")
    return found
