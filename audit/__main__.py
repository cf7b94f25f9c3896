"""Check parts of an audit log, offline, trusting nobody.

  python -m audit verify BUNDLE.zip --key 'NAME+ID+KEY' [--kept CHECKPOINT]
  python -m audit list BUNDLE.zip
  python -m audit receipt RECEIPT --entry ENTRY --key 'NAME+ID+KEY'
  python -m audit witness --dir DIR --name NAME --log 'NAME+ID+KEY'

Exit status: 0 it verifies; 1 it does not, and the message says where; 2 the command
is wrong, or a file cannot be read.
"""

import argparse
import sys
from base64 import b64encode
from pathlib import Path

from audit import verify as bundles
from audit.archive import Damaged
from audit.cosignature import parse_key
from audit.merkle import ProofError
from audit.note import Checkpoint, NoteError, Verifier, read
from audit.progress import Progress
from audit.receipt import Receipt
from audit.statement import Covers
from audit.witness import command as witness

_VERIFIES, _DOES_NOT, _WRONG_USE = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except (Damaged, NoteError, ProofError) as error:
        print(f"DOES NOT VERIFY: {error}", file=sys.stderr)
        return _DOES_NOT
    except BrokenPipeError:  # Whoever read our output has seen enough.
        sys.stderr.close()
        return _WRONG_USE
    except ImportError as error:
        print(f"needs the package {error.name}: pip install {error.name}", file=sys.stderr)
        return _WRONG_USE
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        return _WRONG_USE
    return status


def _verify(options: argparse.Namespace) -> int:
    path: Path = options.bundle
    progress = Progress("checking", path.stat().st_size)
    try:
        with path.open("rb") as file:
            found = bundles.verify(
                file,
                options.key,
                kept=_kept(options),
                heads_key=options.heads_key,
                advance=progress.advance,
            )
    finally:
        progress.close()
    stated, checkpoint = found.statement, found.checkpoint
    every = "all " * (stated.covers is Covers.WHOLE)
    print(f"VERIFIED: {every}{stated.entries:,} entries, of the log {checkpoint.origin}")
    print(f"  signed at size {checkpoint.size:,}, root {b64encode(checkpoint.root).decode()}")
    if options.kept is not None:
        print(f"  and it continues the log of the checkpoint in {options.kept}")
    if stated.demonstration:
        print("  DEMONSTRATION: the service said that its data are samples, about nobody")
    print(f"  checked with the key {found.key}")
    if options.key is None:
        print("  which came with the bundle: compare it with one from elsewhere, or give --key")
    if found.completeness is not None:
        for line in found.completeness.words():
            print(line)
        if found.completeness.heads_key is not None and options.heads_key is None:
            print("  which came with the bundle too: compare it, or give --heads-key")
    print("stated by the exporter, and not proved:")
    print(f"  made {stated.made_at} by {stated.made_by} for {stated.recipient or 'nobody named'}")
    chosen = ", ".join(f"{name} = {value}" for name, value in sorted(stated.selection.items()))
    if stated.covers is Covers.SUBJECT:
        print(f"  entries were shown by: {chosen or 'no filter'}")
    if stated.covers is Covers.SELECTION:
        print(f"  these are the entries with: {chosen or 'no filter'}")
    return _VERIFIES


def _kept(options: argparse.Namespace) -> Checkpoint | None:
    """Return the checkpoint in a file that somebody kept, its signature checked too."""
    if options.kept is None:
        return None
    if options.key is None:
        raise NoteError("--kept needs --key, or anybody could have written that checkpoint")
    try:
        note = options.kept.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise NoteError(f"{options.kept} is not a checkpoint") from error
    return Checkpoint.from_text(read(note, options.key))


def _list(options: argparse.Namespace) -> int:
    path: Path = options.bundle
    with path.open("rb") as file:
        for index, body in bundles.entries(file):
            sys.stdout.write(f"{index}\t{body.decode(errors='replace')}\n")
    return _VERIFIES


def _receipt(options: argparse.Namespace) -> int:
    try:
        receipt = Receipt.from_text(options.receipt.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise ProofError(f"not a receipt: {error}") from error
    checkpoint = receipt.verify(options.entry.read_bytes(), options.key)
    print(f"VERIFIED: this is entry {receipt.index:,} of the log {checkpoint.origin}")
    print(f"  signed at size {checkpoint.size:,}, root {b64encode(checkpoint.root).decode()}")
    return _VERIFIES


def _key(text: str) -> Verifier:
    try:
        return parse_key(text)
    except NoteError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="audit", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    verify = commands.add_parser("verify", help="check a bundle, to its last byte")
    verify.add_argument("bundle", type=Path, metavar="BUNDLE", help="the zip file")
    verify.add_argument(
        "--key", type=_key, metavar="KEY", help="the log's key, as you were given it elsewhere"
    )
    verify.add_argument(
        "--kept",
        type=Path,
        metavar="CHECKPOINT",
        help="an older checkpoint, as you kept it: the log must be a continuation of it",
    )
    verify.add_argument(
        "--heads-key",
        type=_key,
        metavar="KEY",
        help="for a subject of another log: the key of the log that commits to its heads",
    )
    verify.set_defaults(run=_verify)

    listing = commands.add_parser("list", help="print the entries of a bundle, one a line")
    listing.add_argument("bundle", type=Path, metavar="BUNDLE", help="the zip file")
    listing.set_defaults(run=_list)

    receipt = commands.add_parser("receipt", help="check that one entry is in the log")
    receipt.add_argument("receipt", type=Path, metavar="RECEIPT", help="the text file")
    receipt.add_argument(
        "--entry", type=Path, required=True, help="the entry's bytes, exactly as downloaded"
    )
    receipt.add_argument("--key", type=_key, required=True, help="the log's key")
    receipt.set_defaults(run=_receipt)

    witness.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
