"""Commands on pools. Each has four steps: load, authorise, check, record.

pools        opening a pool, its periods, schemes and providers
budget       contributions, reserve, allocations, virements: the B book
spending     commitments and accruals: where both books meet
money        instalments, receipts and payments: the F book
shares       dividing an authorised overspend
approvals    the second pair of eyes
corrections  reversals
posting      what all of these share
"""
