"""Possible breaches: what was seen because of a consent that was another patient's.

Whoever puts a consent right owns the breach, at their organisation: they have 72 hours to find
out whether the Information Commissioner is to be told (UK GDPR Article 33), and say what they
found. The decisions themselves stay in the access log as they were; the list names them.
"""
