"""What funding allows and computes. Pure: no database, no clock, no framework.

Amounts are integers of minor units (pence) and named ``*_minor``; rates and weights are
exact fractions. There is no float and no Decimal, so nothing is rounded unseen.
"""
