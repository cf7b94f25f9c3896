"""``python -m audit receipt``: one entry is in the log."""

import argparse
from pathlib import Path
from typing import Any

from audit.commands import trusting
from audit.merkle import ProofError
from audit.receipt import Receipt


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "receipt", help="check that one entry is in the log"
    )
    parser.add_argument("receipt", type=Path, metavar="RECEIPT", help="the text file")
    parser.add_argument(
        "--entry", type=Path, required=True, help="the entry's bytes, exactly as downloaded"
    )
    trusting.add_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the receipt. Exit status 0; what does not verify is raised."""
    policy = trusting.policy_needed(options)
    try:
        receipt = Receipt.from_text(options.receipt.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise ProofError(f"not a receipt: {error}") from error
    accepted = receipt.verify_by(policy, options.entry.read_bytes())
    print(f"VERIFIED: this is entry {receipt.index:,} of the log {accepted.checkpoint.origin}")
    trusting.tell_accepted(accepted)
    return 0
