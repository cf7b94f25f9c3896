"""``python -m audit witness``: run a witness, until it is told to stop."""

import argparse
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from threading import Thread
from time import time
from typing import Any

from audit.cosignature import CosignatureVerifier, parse_key
from audit.note import NoteError, Verifier
from audit.policy import Policy, PolicyError
from audit.witness.keys import KeyFileError, Keys
from audit.witness.service import Service
from audit.witness.state import State

_DESCRIPTION = """\
Run a witness: it cosigns the checkpoints of the logs that you name, as long as each continues
the one before. The first start makes a key and a database in --dir, and prints the key to give
to the log and to whoever checks it. Put a web server with TLS in front. Never restore --dir
from a backup: make a new key instead.

  python -m audit witness --dir /var/lib/witness --name witness.example.org \\
      --log 'ledger.example.org/log+1a2b3c4d+AZ...' --listen 127.0.0.1:8700
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "witness",
        help="run a witness of logs",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dir", type=Path, required=True, help="holds the key and the database")
    parser.add_argument(
        "--name", help="the witness's name, at the first start: a URL without scheme"
    )
    parser.add_argument(
        "--log", action="append", default=[], metavar="KEY", help="the key of a log to witness"
    )
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="a policy file: its logs are witnessed"
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:8700", type=_address, metavar="HOST:PORT", help="where"
    )
    parser.add_argument("--mldsa", action="store_true", help="cosign with ML-DSA-44 as well")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until a signal. Exit status 2 if it cannot start."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        logs = _logs(options)
        options.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = Keys.open(options.dir / "key", options.name)
    except (NoteError, PolicyError, KeyFileError) as error:
        print(error, file=sys.stderr)
        return 2
    verifiers = [str(one.verifier()) for one in keys.signers(lambda: 0, mldsa=options.mldsa)]
    signers = partial(keys.signers, mldsa=options.mldsa)
    state = State(options.dir / "state.db", signers, now_s=lambda: int(time()))
    try:
        listening = Service(options.listen, state, logs, verifiers)
    except OSError as error:
        state.close()
        host, port = options.listen
        print(f"cannot listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        return 2
    with listening as service:
        host, port = service.server_address[:2]
        print("\n".join(verifiers))
        print(f"witness of {len(logs)} logs at http://{host!s}:{port}", flush=True)
        _stop_on_signal(service)
        service.serve_forever()
    state.close()
    return 0


def _stop_on_signal(service: Service) -> None:
    def stop(_signal: int, _frame: Any) -> None:
        Thread(target=service.shutdown).start()  # It waits for the loop, which is this thread.

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _logs(options: argparse.Namespace) -> dict[str, list[Verifier]]:
    """Return the keys of each log. Raises `NoteError` or `PolicyError` in words."""
    verifiers: list[Verifier] = [parse_key(text) for text in options.log]
    if options.policy is not None:
        verifiers += [log.verifier for log in Policy.parse(options.policy.read_bytes()).logs]
    if not verifiers:
        raise NoteError("name a log: --log KEY, or --policy FILE")
    if any(isinstance(verifier, CosignatureVerifier) for verifier in verifiers):
        raise NoteError("--log wants the key of a log, and this is one of a witness")
    logs: dict[str, list[Verifier]] = {}
    for verifier in verifiers:
        logs.setdefault(verifier.name, []).append(verifier)
    return logs


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError("spell it HOST:PORT")
    return host.strip("[]"), int(port)
