"""The words that every area shares: what data is used for, what sort it is, how sensitive.

purpose          Why data is used: a v3 ActReason code (PurposeOfUse and below), or a child of
                 our own. A purpose *is a* purpose above it: ETREAT is a TREAT.
family           What the law makes of a purpose: care, emergency, secondary or other.
category         What sort of data, in about twenty words that a patient understands.
confidentiality  How closely data is kept: U < L < M < N < R < V.
sensitivity      Why data is sensitive: a v3 ActCode (InformationSensitivityPolicy and below).

Nothing here reads a file: the tables are facts, generated and checked against HL7's own.
"""
