"""Commands on motions. Each has four steps: load, authorise, check, record.

`preparing` up to the vote, `voting` while it is open, `closing` counts it, `executing` carries
out what was decided, in a unit of work of its own; `constituting` says how a body decides.
"""

from ledger.governance.motions.service.closing import close
from ledger.governance.motions.service.constituting import dissolve, set_rules
from ledger.governance.motions.service.executing import execute, preview
from ledger.governance.motions.service.preparing import open_vote, propose, second, withdraw
from ledger.governance.motions.service.voting import cast, declare

__all__ = [
    "cast",
    "close",
    "declare",
    "dissolve",
    "execute",
    "open_vote",
    "preview",
    "propose",
    "second",
    "set_rules",
    "withdraw",
]
