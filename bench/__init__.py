"""The speed budget, measured: ``make bench``, or ``python -m bench NAME ...`` for some of it.

Each module here has ``measure()``, which returns rows: what was measured, a ratio of two
things timed in the same run, its target, and the figures behind it. Absolute figures
depend on the machine and its mood; ratios much less. Nothing here is a test: a noisy
neighbour must not make a change fail.
"""
