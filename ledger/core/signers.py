"""Who signs for each tree: its keys, and the checkpoint store that is asked before each of them.

The ledger log is called ``origin`` and signs with the seed that was given. Shards of the
access log are called ``origin/access``, ``origin/access-2`` and so on; the seed of each is
HMAC-SHA-256(seed, name), so that an operator keeps one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac_digest
from typing import Final

from audit import Checkpoint
from audit.ed25519 import Ed25519Signer, Ed25519Verifier
from audit.mldsa import MlDsaSigner
from audit.note import Verifier, sign
from ledger.core import clock
from ledger.core.checkpoint_store import CheckpointStore, NoStore
from ledger.core.log_names import is_shard


@dataclass(frozen=True, slots=True)
class TreeSigner:
    """Signs the checkpoints of one tree.

    Attributes:
        name: The tree's origin.
        key: Its Ed25519 key.
        before: The Ed25519 key that this one replaces, while both sign.
        post_quantum: Its ML-DSA-44 key, if it has one.
        store: What is asked before anything is signed.
    """

    name: str
    key: Ed25519Signer
    before: Ed25519Signer | None
    post_quantum: MlDsaSigner | None
    store: CheckpointStore

    def sign(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> str:
        """Return the signed note of *checkpoint*, once the store has it.

        Args:
            checkpoint: What to sign, under this name.
            after: What the store must have now.

        Raises:
            StoreRefused, StoreUnavailable: see `CheckpointStore.advance`; nothing was signed.
        """
        self.store.advance(checkpoint, after=after)
        keys = (self.key, self.before, self.post_quantum)
        return sign(checkpoint.to_text(), *(key for key in keys if key is not None))

    def verifier(self) -> Ed25519Verifier:
        """Return the key to give out when one is asked for."""
        return self.key.verifier()

    def lasting(self) -> Sequence[Verifier]:
        """Return the keys that sign from now on."""
        newer = (self.key, self.post_quantum)
        return [key.verifier() for key in newer if key is not None]

    def leaving(self) -> Sequence[Verifier]:
        """Return the keys that sign for a while yet, beside those that replace them."""
        return [] if self.before is None else [self.before.verifier()]

    def verifiers(self) -> Sequence[Verifier]:
        """Return every key that signs now."""
        return [*self.lasting(), *self.leaving()]


class Signers(dict[str, TreeSigner]):
    """The signer of each tree; of a later shard, made when it is asked for."""

    def __init__(
        self,
        origin: str,
        seed: bytes,
        *,
        before: bytes | None = None,
        mldsa_seed: bytes | None = None,
        store: CheckpointStore | None = None,
    ) -> None:
        super().__init__()
        self.store: Final = store or NoStore()
        self._origin: Final = origin
        self._seeds: Final = (seed, before, mldsa_seed)
        for tree in ("ledger", "access"):
            self[tree] = self._made(tree)

    def __missing__(self, tree: str) -> TreeSigner:
        if not is_shard(tree):
            raise KeyError(tree)
        return self._made(tree)  # Not kept: anybody may ask for any number.

    def _made(self, tree: str) -> TreeSigner:
        name = self._origin if tree == "ledger" else f"{self._origin}/{tree}"
        seed, before, mldsa = (
            one if one is None or tree == "ledger" else hmac_digest(one, name.encode(), sha256)
            for one in self._seeds
        )
        assert seed is not None
        return TreeSigner(
            name,
            Ed25519Signer(name, seed),
            None if before is None else Ed25519Signer(name, before),
            None if mldsa is None else MlDsaSigner(name, mldsa, now_s=_now_s),
            self.store,
        )


def _now_s() -> int:
    return int(clock.now().timestamp())
