"""Check audit logs and watch over them, trusting nobody.

  python -m audit verify FILE.zip|FOLDER|URL --key 'NAME+ID+KEY' [--kept CHECKPOINT]
  python -m audit heads BUNDLE.zip [--of OTHER.zip]
  python -m audit list BUNDLE.zip
  python -m audit receipt RECEIPT --entry ENTRY --key 'NAME+ID+KEY'
  python -m audit monitor URL --key 'NAME+ID+KEY' --state FILE
  python -m audit witness --dir DIR --name NAME --log 'NAME+ID+KEY'

`COMMAND --help` says more. Wherever a key is asked for, a policy file (--policy) will do,
which also names witnesses, and how many of them must have signed.

Exit status: 0 it verifies; 1 it does not, and the message says where; 2 the command
is wrong, or something cannot be read. `monitor` has more.
"""

import argparse
import sys

from audit.archive import Damaged
from audit.commands import heads, listing, receipt, verify
from audit.commands.trusting import WrongUse
from audit.merkle import ProofError
from audit.monitor import command as monitor
from audit.note import NoteError
from audit.web import Unreachable
from audit.witness import command as witness

_DOES_NOT_VERIFY, _WRONG_USE = 1, 2
_INTERRUPTED = 130  # As shells say it.


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except (Damaged, NoteError, ProofError) as error:
        print(f"DOES NOT VERIFY: {error}", file=sys.stderr)
        status = _DOES_NOT_VERIFY
    except WrongUse as error:
        print(error, file=sys.stderr)
        status = _WRONG_USE
    except BrokenPipeError:  # Whoever read our output has seen enough.
        sys.stderr.close()
        status = _WRONG_USE
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except ImportError as error:
        print(f"needs the package {error.name}: pip install {error.name}", file=sys.stderr)
        status = _WRONG_USE
    except Unreachable as error:
        print(f"no answer: {error}", file=sys.stderr)
        status = _WRONG_USE
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror}", file=sys.stderr)
        status = _WRONG_USE
    return status


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="audit", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (verify, heads, listing, receipt, monitor, witness):
        command.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
