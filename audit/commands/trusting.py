"""Whom the reader trusts: the options --key, --policy and --kept, which commands share."""

import argparse
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from audit.cosignature import CosignatureVerifier, parse_key
from audit.note import Checkpoint, NoteError, Verifier
from audit.policy import Accepted, LogKey, Policy, PolicyError


class WrongUse(Exception):
    """The command does not say what it has to: nothing was checked, so nothing is wrong."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --key and --policy."""
    parser.add_argument(
        "--key", type=log_key, metavar="KEY", help="the log's key, as you were given it elsewhere"
    )
    parser.add_argument(
        "--policy",
        type=policy_file,
        metavar="FILE",
        help="a policy file (c2sp.org/tlog-policy): logs, and the witnesses that must have signed",
    )


def add_kept(parser: argparse.ArgumentParser) -> None:
    """Add --kept."""
    parser.add_argument(
        "--kept",
        type=Path,
        metavar="CHECKPOINT",
        help="an older checkpoint, as you kept it: the log must be a continuation of it",
    )


def policy_of(options: argparse.Namespace) -> Policy | None:
    """Return the policy that --policy or --key gives; None without both.

    Raises:
        WrongUse: both are given, and the key is none of the policy's logs.
    """
    policy: Policy | None = options.policy
    if options.key is None:
        return policy
    if policy is None:
        return Policy.of_log(options.key)
    if options.key not in {log.verifier for log in policy.logs}:
        raise WrongUse("the key is of no log in the policy file")
    return policy


def policy_needed(options: argparse.Namespace) -> Policy:
    """Return what `policy_of` does, where the thing to check does not say whose it is.

    Raises:
        WrongUse: neither is given, or the key is none of the policy's logs.
    """
    policy = policy_of(options)
    if policy is None:
        raise WrongUse("say whom to believe: give --key or --policy")
    return policy


def kept_checkpoint(path: Path | None, policy: Policy | None) -> Checkpoint | None:
    """Return the checkpoint in a file that somebody kept, the log's signature checked too."""
    if path is None:
        return None
    if policy is None:
        raise WrongUse(
            "--kept needs --key or --policy, or anybody could have written that checkpoint"
        )
    try:
        note = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise NoteError(f"{path} is not a checkpoint") from error
    return policy.signed(note).checkpoint


def log_key(text: str) -> LogKey:
    """Read a key that --key gives."""
    key = any_key(text)
    if isinstance(key, CosignatureVerifier):
        raise argparse.ArgumentTypeError("this is the key of a witness, not of a log")
    return key  # type: ignore[return-value]  # The two other types there are.


def any_key(text: str) -> Verifier:
    """Read a key of any type."""
    try:
        return parse_key(text)
    except NoteError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def policy_file(text: str) -> Policy:
    """Read a policy file that --policy names."""
    try:
        return Policy.parse(Path(text).read_bytes())
    except PolicyError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {text}: {error.strerror}") from error


def tell_checkpoint(checkpoint: Checkpoint) -> None:
    """Print the size and the root that were signed."""
    print(f"  signed at size {checkpoint.size:,}, root {b64encode(checkpoint.root).decode()}")


def tell_cosigned(cosigned_at_s: dict[str, int]) -> None:
    """Print who cosigned, and when."""
    for name, at_s in cosigned_at_s.items():
        print(f"  cosigned by {name} at {moment(at_s)}")


def tell_accepted(accepted: Accepted) -> None:
    """Print what a policy has accepted."""
    tell_checkpoint(accepted.checkpoint)
    tell_cosigned(accepted.cosigned_at_s)
    print(f"  checked with the key {accepted.log}")


def moment(at_s: int) -> str:
    """Return a time in words; seconds since 1970."""
    try:
        return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{at_s} seconds after 1970"
