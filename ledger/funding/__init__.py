"""Shared funding: how a pooled fund's money is agreed, budgeted, spent and shown.

Words used here, and nowhere in another sense:

pool           Money that partners put together under a pooled-fund agreement. It is not a
               legal person: a *host* holds the money, every *partner* books its own share.
partner        An organisation that contributes and shares the risk. Partners stand in the
               order that the agreement stores: it settles the odd penny.
provider       Whoever is paid. May be a partner too, and then has both sorts of account.
scheme         What money is allocated to: a service, perhaps in one place. It may be
               *ring-fenced*, and then nothing is moved into or out of it.
book           Each transaction balances in each of two books by itself. **F** holds money
               on an accrual basis, **B** the budget. One event posts both, so that
               budget and money cannot drift apart.
posting        A signed amount of minor units on one account: debit > 0, credit < 0.
transaction    Two postings or more of one event, on one day. Never edited: a mistake is
               *reversed* (its exact negation, once) and made again.
commitment     A promise to a provider, counted against the budget until it is accrued
               (the goods or service came) or released.
period         The days that a set of accounts covers, first and last included.
proposal       A transaction that waits for the *approval* of other people than its maker.
statement      What each partner and each scheme put in, spent, owes and is owed: a pure
               function of the transactions up to a size of the log.

Read in this order: rules (sharing, chart, postings, events, limits, commitments,
controls, statement), entries, models, projection, service, queries.
"""
