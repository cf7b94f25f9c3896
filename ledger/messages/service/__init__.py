"""Commands of the messages area. Each has four steps: load, authorise, check, record.

endpoints      where a party's programs are told of changes, and what signs it
resending      what was sent, sent again
acknowledging  that a party has acted on what it was told
"""
