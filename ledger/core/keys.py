"""Whether the keys that this process was given are those that its database began with.

With another master key nobody could read what is private, and whatever was written under it
could not be read with the right one. With another signing key the log would sign one name
with two keys, which others must take for a fraud. So nothing is served before this is asked.
"""

from sqlalchemy.orm import Session

from audit.note import NoteError, read_any
from ledger.core import log_names, privacy, published, rewrapping
from ledger.core.signers import Signers, TreeSigner
from ledger.core.standing import origin_of
from ledger.core.trail import LOGS


class WrongKey(Exception):
    """A key is not the one this database began with. The message says which, and what to do."""


def must_fit(session: Session, signers: Signers) -> None:
    """Stop unless the master key opens what is there, and names and keys are the log's own.

    Raises:
        WrongKey: a key, or the log's name, does not fit.
    """
    begun = rewrapping.unfinished(session)
    if begun is not None:
        raise WrongKey(
            f"the master key is being replaced (from {begun.old_key} to {begun.new_key}) and that "
            "is not finished: run `ledger keys rewrap` again, with both keys"
        )
    try:
        privacy.must_open(session)
    except privacy.Tampered as error:
        raise WrongKey(
            "LEDGER_MASTER_KEY is not the one this database began with: give that one, since "
            "with another nothing private could be read or added"
        ) from error
    for log in LOGS:
        tree = log_names.open_tree(session, log)
        _must_sign_as_before(session, tree, signers[tree])


def _must_sign_as_before(session: Session, tree: str, signer: TreeSigner) -> None:
    origin = origin_of(session, tree)
    if origin is None:
        return
    if origin != signer.name:
        raise WrongKey(
            f"LEDGER_LOG_ORIGIN makes {signer.name} of what is called {origin}: give the name "
            "that it has; `ledger log recover` says how a log goes on under another"
        )
    recorded = [key for key in log_names.keys_of(session, tree) if key.origin == origin]
    known = {key.key for key in recorded}
    given = {str(key) for key in signer.verifiers()}
    if recorded and (new := given - known):
        raise WrongKey(
            f"LEDGER_SIGNING_SEED is not the one that signs {origin}, or another seed was added: "
            f"{_ids(new)} is no key that its log has recorded. Give the seed that it had; to "
            "change it, `ledger log rotate-key`"
        )
    if missing := {key.key for key in log_names.current(recorded)} - given:
        raise WrongKey(
            f"the key {_ids(missing)} signs {origin}, and its seed is not set: give "
            "LEDGER_SIGNING_SEED (and LEDGER_MLDSA_SEED, if it has one) as they were"
        )
    signed = published.newest_signed(session, tree)
    if signed is None or signed.note.partition("\n")[0] != origin:
        return
    try:
        read_any(signed.note, [*signer.verifiers(), *log_names.verifiers(recorded)])
    except NoteError as error:
        raise WrongKey(
            f"LEDGER_SIGNING_SEED is not the one that has signed {origin}: give that one; a log "
            "goes on under a key that is not recorded only with a new LEDGER_LOG_ORIGIN"
        ) from error


def _ids(keys: set[str]) -> str:
    return ", ".join(sorted(key.split("+")[1] for key in keys))
