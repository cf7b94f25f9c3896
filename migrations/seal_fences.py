"""That a reversal is exact, asked so that it reads two transactions and never the whole ledger.

As 0007 asked it, PostgreSQL chose at times to look through every posting there is for each seal: in
a large import that took half of the time. What is refused is the same.

Used by migration 0040, and written once, as a migration is.
"""

from migrations import approval_fences, motion_fences, opening_fences, payment_fences

_EXACT = "reversal is not the exact negation"
_UNAPPROVED = "not approved by a second person"
_REVERSED = "(SELECT reverses FROM pool_transactions WHERE id = NEW.transaction_id)"
INEXACT = f"""
    SELECT 1 FROM pool_postings p
    WHERE {_REVERSED} IS NOT NULL AND p.transaction_id IN (NEW.transaction_id, {_REVERSED})
    GROUP BY p.account_id HAVING sum(p.amount_minor) <> 0
"""
UNAPPROVED = motion_fences.UNAPPROVED.replace(
    payment_fences.CONTROLLED, opening_fences.CONTROLLED
).replace(approval_fences.EVERY_PARTNER, opening_fences.EVERY_PARTNER)


def put() -> None:
    """Judge every seal so from now on."""
    before = payment_fences.refusals()
    payment_fences.put({**before, _UNAPPROVED: UNAPPROVED, _EXACT: INEXACT})


def take_away() -> None:
    """Judge as before."""
    motion_fences.judge(UNAPPROVED)
