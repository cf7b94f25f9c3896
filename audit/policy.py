"""Which checkpoints to believe: https://c2sp.org/tlog-policy, read and applied.

A policy file names logs, witnesses, groups of witnesses and a quorum, one a line:

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <k|any|all> <member>...
    quorum <name|none>

A name is defined above the line that uses it, so no group can contain itself. Each name is
a member of one group at most, so each witness counts once. Lines that begin with # and
empty lines say nothing. Names are bytes to the format; here they are text in which bytes
that are no UTF-8 are kept apart as Python's surrogate escapes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from audit.cosignature import CosignatureVerifier, parse_key
from audit.ed25519 import Ed25519Verifier
from audit.mldsa import MlDsaVerifier
from audit.note import Checkpoint, NoteError, Verifier, read_signed

NONE: Final = "none"
_LINES_MAX: Final = 10_000  # The format asks for 32 logs, witnesses and groups; this is ample.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD: Final = re.compile(r"[1-9][0-9]{0,8}")

LogKey: TypeAlias = Ed25519Verifier | MlDsaVerifier
WitnessKey: TypeAlias = CosignatureVerifier | MlDsaVerifier


class PolicyError(ValueError):
    """Not a policy file. Says on which line, and why."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log whose checkpoints count; its key's name is its origin."""

    verifier: LogKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, by the name it has in this policy; its key has a name of its own."""

    name: str
    verifier: WitnessKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """At least *threshold* of *members* (witnesses or groups) must have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint that a policy accepts.

    Attributes:
        log: The key that signed it, of the log that it is of.
        cosigned_at_s: When each witness signed it last, by the policy's name for the
            witness: seconds since 1970.
        signed_at_s: When the log signed it, if one of its keys says so (ML-DSA-44).
    """

    checkpoint: Checkpoint
    log: LogKey
    cosigned_at_s: dict[str, int]
    signed_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: logs, witnesses, groups in the order of definition, and the quorum.

    Attributes:
        quorum: The name of the witness or group that must have witnessed; None: nobody.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str | None

    @classmethod
    def of_log(cls, verifier: LogKey) -> "Policy":
        """Return the policy that believes whatever one log has signed."""
        return cls((Log(verifier),), (), (), None)

    @classmethod
    def parse(cls, content: bytes | str) -> "Policy":
        """Read a policy file. Raises `PolicyError`: it is not one, with the line's number."""
        text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
        reading = _Reading()
        lines = text.split("\n")
        if len(lines) > _LINES_MAX:
            raise PolicyError(f"a policy has at most {_LINES_MAX:,} lines, this has {len(lines):,}")
        for number, line in enumerate(lines, 1):
            try:
                reading.line(line)
            except ValueError as error:
                raise PolicyError(f"line {number}: {error}") from error
        if reading.quorum is None:
            raise PolicyError("there is no line `quorum`; if no witness is needed, `quorum none`")
        quorum = None if reading.quorum == NONE else reading.quorum
        return cls((*reading.logs,), (*reading.witnesses,), (*reading.groups,), quorum)

    def origins(self) -> frozenset[str]:
        """Return the names of the logs that it believes."""
        return frozenset(log.verifier.name for log in self.logs)

    def satisfied(self, names: Iterable[str]) -> bool:
        """Say whether these witnesses, by the names they have here, are a quorum."""
        if self.quorum is None:
            return True
        known = {witness.name for witness in self.witnesses}
        witnessed = known & set(names)
        for group in self.groups:  # A group's members are defined before it.
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return self.quorum in witnessed

    def meets_every_quorum(self, names: Iterable[str]) -> bool:
        """Say whether no quorum can do without one of these witnesses.

        Of a quorum of k out of n that needs n - k + 1 of them. Who has the newest
        checkpoint from each of so many has, for every checkpoint with a quorum, asked at
        least one who has seen it. Without a quorum nobody can meet it.
        """
        return not self.satisfied({witness.name for witness in self.witnesses} - set(names))

    def accepts(self, note: str) -> Accepted:
        """Return the checkpoint in *note*: signed by a log of the policy, with a quorum.

        Raises:
            NoteError: malformed, signed wrongly by any key that the policy knows, not
                signed by a log, of another log than the one that signed, or without a
                quorum; the message says which witnesses did sign.
        """
        accepted = self.signed(note)
        if not self.satisfied(accepted.cosigned_at_s):
            signed = ", ".join(accepted.cosigned_at_s) or "nobody"
            raise NoteError(f"not cosigned by a quorum ({self.quorum}), but only by {signed}")
        return accepted

    def signed(self, note: str) -> Accepted:
        """Return what `accepts` does, of a checkpoint that may lack the quorum."""
        if not self.logs:
            raise NoteError("the policy names no log")
        verifiers: list[Verifier] = [log.verifier for log in self.logs]
        verifiers += [witness.verifier for witness in self.witnesses]
        text, found = read_signed(note, verifiers)
        checkpoint = Checkpoint.from_text(text)
        signers = {verifier for verifier, _ in found}
        keys = [log.verifier for log in self.logs if log.verifier.name == checkpoint.origin]
        log = next((key for key in keys if key in signers), None)
        if log is None:
            raise NoteError(f"not signed by the log that it is of, {checkpoint.origin}")
        times: dict[Verifier, int] = {}
        for key, signature in found:
            if isinstance(key, CosignatureVerifier | MlDsaVerifier):
                times[key] = max(key.signed_at_s(signature), times.get(key, 0))
        return Accepted(
            checkpoint,
            log,
            {one.name: times[one.verifier] for one in self.witnesses if one.verifier in times},
            max((times[key] for key in keys if key in times), default=None),
        )


class _Reading:
    """What the lines so far have defined."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._defined: set[str] = set()
        self._members: set[str] = set()
        self._keys: set[tuple[str, bytes]] = set()

    def line(self, line: str) -> None:
        """Read one line. Raises `ValueError` in words."""
        if _CONTROL.search(line):
            raise ValueError("holds a control character (lines end in a newline alone)")
        match [item for item in re.split(r"[ \t]+", line) if item]:
            case []:
                return
            case [first, *_] if first.startswith("#"):
                return
            case ["log", key, *rest]:
                self.logs.append(Log(self._log_key(key), _url(rest)))
            case ["witness", name, key, *rest]:
                self._define(name)
                self.witnesses.append(Witness(name, self._witness_key(key), _url(rest)))
            case ["group", name, threshold, *members]:
                self._group(name, threshold, members)
            case ["quorum", name]:
                self._quorum(name)
            case [first, *_]:
                raise ValueError(
                    f"{first!r} with so many items is no line of a policy. There are `log KEY "
                    "[URL]`, `witness NAME KEY [URL]`, `group NAME K|any|all MEMBER...` and "
                    "`quorum NAME|none`"
                )

    def _define(self, name: str) -> None:
        if name == NONE:
            raise ValueError("the name none is taken: it stands for no quorum")
        if name in self._defined:
            raise ValueError(f"{name} is defined above already")
        self._defined.add(name)

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        if not members:
            raise ValueError(f"the group {name} has no members")
        for member in members:
            if member not in self._defined:
                raise ValueError(f"{member} is not defined above")
            if member in self._members:
                raise ValueError(f"{member} is a member of a group already, and counts once")
            self._members.add(member)
        self._define(name)
        number = {"any": 1, "all": len(members)}.get(threshold)
        if number is None:
            if not _THRESHOLD.fullmatch(threshold) or int(threshold) > len(members):
                raise ValueError(f"{threshold} is not any, all, or from 1 to {len(members)}")
            number = int(threshold)
        self.groups.append(Group(name, number, tuple(members)))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("a policy has one line `quorum`, and this is the second")
        if name != NONE and name not in self._defined:
            raise ValueError(f"{name} is not defined above")
        self.quorum = name

    def _log_key(self, text: str) -> LogKey:
        key = self._new("log", parse_key(text))
        if isinstance(key, CosignatureVerifier):
            raise ValueError("a witness's key, and a log's belongs here")  # noqa: TRY004
        return key

    def _witness_key(self, text: str) -> WitnessKey:
        key = self._new("witness", parse_key(text))
        if isinstance(key, Ed25519Verifier):
            raise ValueError(  # noqa: TRY004
                "a log's key (type 0x01), and a witness's (0x04 or 0x06) belongs here"
            )
        return key

    def _new(self, sort: str, key: Verifier) -> LogKey | WitnessKey:
        assert isinstance(key, Ed25519Verifier | CosignatureVerifier | MlDsaVerifier)
        if (sort, key.public_key) in self._keys:
            raise ValueError(f"the key of this {sort} stands above already")
        self._keys.add((sort, key.public_key))
        return key


def _url(rest: list[str]) -> str | None:
    if len(rest) > 1:
        raise ValueError(f"{rest[1]!r} is one item too many")
    return rest[0] if rest else None
