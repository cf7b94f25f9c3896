"""``python -m audit verify``: a bundle, a folder, or a live log."""

import argparse
import os
from pathlib import Path
from typing import Any

from audit import published
from audit import verify as bundles
from audit.commands import trusting
from audit.progress import Progress
from audit.statement import Covers
from audit.verify_subject import Completeness
from audit.web import Site

_DESCRIPTION = """\
Check a log or a part of it, to its last byte.

  FILE.zip      a bundle. Without --key the key in it is used, which proves no more than
                that the bundle agrees with itself.
  FOLDER        a log published in tiles (c2sp.org/tlog-tiles), with its entries if they are
                there. Needs --key or --policy.
  https://...   the same, as a service publishes it. Hashes are public; entries need --token
                (or AUDIT_TOKEN), and that they were read is recorded there.

Exit status: 0 it verifies; 1 it does not; 2 wrong use, unreadable or unreachable.
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="check a bundle, a published folder or a live log",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", metavar="FILE|FOLDER|URL", help="what to check")
    trusting.add_arguments(parser)
    trusting.add_kept(parser)
    parser.add_argument(
        "--heads-key",
        type=trusting.any_key,
        metavar="KEY",
        help="for a subject of another log: the key of the log that commits to its heads",
    )
    parser.add_argument(
        "--token", default=os.environ.get("AUDIT_TOKEN"), help="lets the entries of a URL be read"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check what the options name. Exit status 0; what does not verify is raised."""
    if options.what.startswith(("https://", "http://")):
        site = Site(options.what, token=options.token)
        _published(
            options,
            published.Remote(site),
            entries=options.token is not None,
            why_not="that takes a --token that may",
        )
    elif (path := Path(options.what)).is_dir():
        folder = published.Folder(path)
        _published(
            options,
            folder,
            entries=folder.has_entries(),
            why_not="they are not published here",
        )
    else:
        _bundle(options, path)
    return 0


def _published(
    options: argparse.Namespace, place: published.Place, *, entries: bool, why_not: str
) -> None:
    policy = trusting.policy_needed(options)
    kept = trusting.kept_checkpoint(options.kept, policy)
    progress = Progress("checking", 1)
    try:
        found = published.verify(
            place, policy, entries=entries, kept=kept, advance=progress.advance_of
        )
    finally:
        progress.close()
    checkpoint = found.accepted.checkpoint
    what = "entries" if found.entries else "hashes of entries"
    print(f"VERIFIED: all {checkpoint.size:,} {what}, of the log {checkpoint.origin}")
    trusting.tell_accepted(found.accepted)
    if kept is not None:
        print(f"  and it continues the log of the checkpoint in {options.kept}")
    if not found.entries:
        print(f"  the entries themselves were not read: {why_not}")


def _bundle(options: argparse.Namespace, path: Path) -> None:
    policy = trusting.policy_of(options)
    kept = trusting.kept_checkpoint(options.kept, policy)
    progress = Progress("checking", path.stat().st_size)
    try:
        with path.open("rb") as file:
            found = bundles.verify(
                file,
                options.key,
                kept=kept,
                heads_key=options.heads_key,
                policy=policy,
                advance=progress.advance,
            )
    finally:
        progress.close()
    every = "all " * (found.statement.covers is Covers.WHOLE)
    origin = found.checkpoint.origin
    print(f"VERIFIED: {every}{found.statement.entries:,} entries, of the log {origin}")
    trusting.tell_checkpoint(found.checkpoint)
    trusting.tell_cosigned(found.cosigned_at_s)
    if kept is not None:
        print(f"  and it continues the log of the checkpoint in {options.kept}")
    if found.statement.demonstration:
        print("  DEMONSTRATION: the service said that its data are samples, about nobody")
    print(f"  checked with the key {found.key}")
    if policy is None:
        print("  which came with the bundle: compare it with one from elsewhere, or give --key")
    if found.completeness is not None:
        for line in found.completeness.words():
            print(line)
        _tell_heads_key(found.completeness, given=options.heads_key is not None)
    _tell_stated(found)


def _tell_heads_key(found: Completeness, *, given: bool) -> None:
    if found.heads_key is None:
        return
    if found.heads_accepted:
        print("  which the policy names, and its checkpoint is one that the policy accepts")
        return
    if not given:
        print("  which came with the bundle too: compare it, or give --heads-key")
    print("  and asked no witness: a policy that names that log too would")


def _tell_stated(found: bundles.Verified) -> None:
    stated = found.statement
    print("stated by the exporter, and not proved:")
    print(f"  made {stated.made_at} by {stated.made_by} for {stated.recipient or 'nobody named'}")
    chosen = ", ".join(f"{name} = {value}" for name, value in sorted(stated.selection.items()))
    if stated.covers is Covers.SUBJECT:
        print(f"  entries were shown by: {chosen or 'no filter'}")
    if stated.covers is Covers.SELECTION:
        print(f"  these are the entries with: {chosen or 'no filter'}")
