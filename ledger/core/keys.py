"""Whether the keys that this process was given are those that its database began with.

With another master key nobody could read what is private, and whatever was written under it
could not be read with the right one. With another signing key the log would sign one name
with two keys, which others must take for a fraud. So nothing is served before this is asked.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.ed25519 import Ed25519Signer
from audit.note import NoteError, read
from ledger.core import privacy
from ledger.core.trail import SignedCheckpoint


class WrongKey(Exception):
    """A key is not the one this database began with. The message says which, and what to do."""


def must_fit(session: Session, signers: Mapping[str, Ed25519Signer]) -> None:
    """Stop unless the master key opens what is there, and the logs' newest signatures are ours.

    A log that goes on under a new name may have a new key too: only the same name with
    another key is refused.

    Raises:
        WrongKey: a key does not fit.
    """
    try:
        privacy.must_open(session)
    except privacy.Tampered as error:
        raise WrongKey(
            "LEDGER_MASTER_KEY is not the one this database began with: give that one, since "
            "with another nothing private could be read or added"
        ) from error
    for log, signer in signers.items():
        newest = select(SignedCheckpoint.note).where(SignedCheckpoint.log == log)
        note = session.scalar(newest.order_by(SignedCheckpoint.size.desc()).limit(1))
        if note is None or note.partition("\n")[0] != signer.name:
            continue
        try:
            read(note, signer.verifier())
        except NoteError as error:
            raise WrongKey(
                f"LEDGER_SIGNING_SEED is not the one that has signed {signer.name}: give that "
                "one; a log goes on under a new key only with a new LEDGER_LOG_ORIGIN"
            ) from error
