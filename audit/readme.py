"""The words in a bundle: what it is, and how to check it without asking anybody."""

from audit.statement import Covers, Statement

_WHAT = {
    Covers.WHOLE: """\
It holds every entry of the log from the first, number 0, up to the signed checkpoint.
The tree is rebuilt from them, so an entry that was changed, added, left out or moved
makes the check fail.

  checkpoint           what the log signed: its name, size and root hash
  key                  the key that checks the signature; compare it with one that you
                       were given elsewhere, or another log could be passed off as this
  tile/entries/...     the entries, 256 to a file, each after its length in two bytes
  tile/<level>/...     the hashes of the tree, as https://c2sp.org/tlog-tiles lays down
""",
    Covers.SELECTION: """\
It holds some entries of the log, chosen by the filter in bundle.json, each with the
proof that it is in the log at the signed checkpoint. That these are all the entries
that the filter fits is what the exporter states; a bundle of the whole log proves it.

  checkpoint           what the log signed: its name, size and root hash
  key                  the key that checks the signature; compare it with one that you
                       were given elsewhere, or another log could be passed off as this
  selection/*/entries  the entries, 256 to a file, each after its length in two bytes
  selection/*/indexes  their numbers in the log, eight bytes each
  selection/*/proofs   their inclusion proofs (RFC 9162, section 2.1.3), one after another
""",
    Covers.SUBJECT: """\
It holds the chain of one subject: everything that the log says it recorded about them.
The check proves that nothing is missing, from the first entry to the size at which the
log committed to the end of every chain; what came later is in it, and may not be all.
An entry that its reader may not see, or did not ask for, is there by its hash and number.

  checkpoint           what the log signed: its name, size and root hash
  key                  the key that checks the signature; compare it with one that you
                       were given elsewhere, or another log could be passed off as this
  chain.json           whose chain, and how many entries it has
  chain/*/links        their numbers, hashes, and whether the entry is in the bundle
  chain/*/proofs       their inclusion proofs (RFC 9162, section 2.1.3), one after another
  chain/*/entries      the entries, each after its length in two bytes
  heads/...            the entry that committed to the ends of all chains, and its proofs
""",
}


def readme(statement: Statement) -> str:
    """Return the text of ``README.txt``."""
    demonstration = "DEMONSTRATION: sample data, about nobody.\n\n" * statement.demonstration
    return f"""\
{demonstration}Care ledger: a part of the audit log {statement.origin}

{_WHAT[statement.covers]}\
  blobs/...            texts that entries name by their SHA-256, such as policies
  bundle.json          what the exporter states: when, by whom, for whom, which entries

To check it you need Python 3.11 or later, the package "cryptography", and the folder
"audit" of the Care Ledger source code; no connection, and nothing else of ours:

  python -m audit verify THIS-FILE.zip --key 'THE KEY YOU WERE GIVEN'
  python -m audit list THIS-FILE.zip

The entries are pseudonymised, not anonymous: together they still concern people. Keep
this file as you would keep their records.
"""
