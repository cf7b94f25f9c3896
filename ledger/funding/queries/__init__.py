"""Reads of pools. Each list is scoped by the actor, in SQL; all return values, never rows.

pools         which there are, with partners, schemes, providers and periods
balances      what an account holds now, or held at a moment, or at a size of the log
transactions  what was posted, down to the postings and the entry
proposals     what waits for whose approval
statements    the statement of a pool, now or at a size of the log
"""
