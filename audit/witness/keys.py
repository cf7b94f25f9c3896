"""The witness's keys: made once, in a file of their own that nobody else may read."""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import Final

from audit.cosignature import CosignatureSigner
from audit.mldsa import MlDsaSigner
from audit.note import check_name

_HEADER: Final = "care-ledger-witness-key/1"
_SEED_BYTES: Final = 32


class KeyFileError(ValueError):
    """The key file cannot be used as it is."""


class Keys:
    """A name and two seeds: of Ed25519 (type 0x04), and of ML-DSA-44 (type 0x06)."""

    def __init__(self, name: str, seeds: tuple[bytes, bytes]) -> None:
        self.name: Final = name
        self._seeds: Final = seeds

    def signers(
        self, now_s: Callable[[], int], *, mldsa: bool
    ) -> tuple[CosignatureSigner | MlDsaSigner, ...]:
        """Return the signers: the second only if *mldsa*."""
        classic = CosignatureSigner(self.name, self._seeds[0], now_s=now_s)
        return (classic, MlDsaSigner(self.name, self._seeds[1], now_s=now_s))[: 1 + mldsa]

    @classmethod
    def open(cls, path: Path, name: str | None) -> "Keys":
        """Read the keys in *path*; make them, under *name*, if the file is not there.

        Raises:
            KeyFileError: the file is not one of keys or has another name; or it has to be
                made and no name was given.
        """
        if not path.exists():
            _make(path, name)
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by others: chmod 600 {path}")
        try:
            header, found, *seeds = path.read_text().splitlines()
            classic, quantum = (b64decode(seed, validate=True) for seed in seeds)
        except ValueError as error:
            raise KeyFileError(f"{path} is not a witness's key file") from error
        if header != _HEADER or len(classic) != _SEED_BYTES or len(quantum) != _SEED_BYTES:
            raise KeyFileError(f"{path} is not a witness's key file")
        if name not in (None, found):
            raise KeyFileError(f"{path} holds the keys of {found}, not of {name}")
        return cls(found, (classic, quantum))


def _make(path: Path, name: str | None) -> None:
    if name is None:
        raise KeyFileError("the first start needs --name, such as witness.example.org/care")
    try:
        check_name(name)
    except ValueError as error:
        raise KeyFileError(str(error)) from error
    seeds = [b64encode(token_bytes(_SEED_BYTES)).decode() for _ in range(2)]
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join([_HEADER, name, *seeds]) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # Unlike a rename it never replaces: one of two starts wins.
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
