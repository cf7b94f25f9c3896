"""``python -m audit monitor``: follow a log, and say so when something is wrong."""

import argparse
import json
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from time import sleep, time
from typing import Any, Final

from audit.commands import trusting
from audit.monitor.look import Alarm, Contradiction, Look, Seen
from audit.monitor.memory import BadMemory, Memory, load, save, write_whole
from audit.web import Site

_DESCRIPTION = """\
Follow a log over HTTP. Each round checks that its newest checkpoint is signed, continues the
one before (which is kept in --state), has the quorum of --policy, is fresh, and agrees with
what the witnesses have seen, where the policy gives their addresses.

Exit status:
  0  in order (with --once)
  1  the log has forked or gone back: final. Both checkpoints are saved beside --state
  2  wrong use, or the state file is not one
  3  a signature or a tile is wrong
  4  stale: no signature or growth for longer than --max-age
  5  no answer
  6  too few witnesses vouch for it
Without --once it ends with 1 at once, and with 3 to 6 after three such rounds in a row.
"""
_PATIENCE: Final = 3
_MAX_AGE_S: Final = 3600


def add_parser(commands: Any) -> None:
    """Add the command to those of ``python -m audit``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "monitor",
        help="follow a live log, and raise the alarm",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", metavar="URL", help="where the log is: https://ledger.example/log")
    trusting.add_arguments(parser)
    parser.add_argument(
        "--state", type=Path, default=Path("monitor.json"), metavar="FILE", help="what is kept"
    )
    parser.add_argument(
        "--every", type=_seconds, default=60, metavar="S", help="pause between rounds (60)"
    )
    parser.add_argument(
        "--max-age",
        type=_seconds,
        metavar="S",
        help=f"how old signatures may be ({_MAX_AGE_S} with a quorum; else any age)",
    )
    parser.add_argument("--once", action="store_true", help="look once, and end")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Follow the log; return the exit status."""
    policy = trusting.policy_needed(options)
    try:
        look = Look(
            log=Site(options.url),
            policy=policy,
            witnesses={one.name: Site(one.url) for one in policy.witnesses if one.url},
            max_age_s=options.max_age or (None if policy.quorum is None else _MAX_AGE_S),
            now_s=lambda: int(time()),
        )
        kept = load(options.state)
    except (ValueError, BadMemory) as error:
        print(error, file=sys.stderr)
        return 2
    if policy.quorum is not None and not look.witnesses:
        print("the policy gives no addresses of witnesses: they are not asked", file=sys.stderr)
    return _follow(look, kept, options)


def _follow(look: Look, kept: Memory | None, options: argparse.Namespace) -> int:
    failed = 0
    while True:
        try:
            seen = look.take(kept)
        except Contradiction as alarm:
            _raise_alarm(options.state.parent, look, alarm)
            return alarm.status
        except Alarm as alarm:
            failed += 1
            print(f"{type(alarm).__name__.lower()}: {alarm}", file=sys.stderr, flush=True)
            if options.once or failed == _PATIENCE:
                return alarm.status
        else:
            failed = 0
            _tell(seen, kept)
            kept = seen.memory
            save(options.state, kept)
            if options.once:
                return 0
        sleep(options.every)


def _tell(seen: Seen, kept: Memory | None) -> None:
    """Say what is new; nothing if nothing is."""
    checkpoint = seen.accepted.checkpoint
    if kept is None:
        print(f"following {checkpoint.origin} from {checkpoint.size:,} entries on", flush=True)
    elif seen.grew:
        heard = f", as do {', '.join(seen.heard)}" if seen.heard else ""
        print(f"{checkpoint.size:,} entries, continuing what was seen{heard}", flush=True)


def _raise_alarm(folder: Path, look: Look, alarm: Contradiction) -> None:
    """Say that history contradicts itself, and keep the evidence; print it if the disk is full."""
    print(f"ALARM: {alarm}.", file=sys.stderr, flush=True)
    evidence = _evidence(look, alarm)
    name = sha256("\0".join(alarm.shown).encode()).hexdigest()[:16]
    path = folder / f"evidence-{name}.json"
    try:
        write_whole(path, evidence)
    except OSError as error:
        print(f"Keep this, as {path} cannot be written: {error.strerror}", file=sys.stderr)
        print(evidence, file=sys.stderr)
    else:
        print(f"Both checkpoints are in {path}", file=sys.stderr)


def _evidence(look: Look, alarm: Contradiction) -> str:
    """Return what nobody can deny: two notes with the log's signature, as JSON."""
    evidence = {
        "log": look.log.url,
        "what": str(alarm),
        "found_at": trusting.moment(look.now_s()),
        "checkpoints": alarm.shown,
        "root_and_proof": [b64encode(node).decode() for node in alarm.proof],
    }
    return json.dumps(evidence, ensure_ascii=False, indent=1) + "\n"


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 10**8:
        raise argparse.ArgumentTypeError("a number of seconds, from 1")
    return int(text)
