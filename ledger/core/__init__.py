"""What every area stands on: actors, authority, the log, the unit of work.

Nothing here knows an agreement from a consent. Nothing here imports Flask,
except `ledger.core.db`, which is where Flask-SQLAlchemy is confined.

Read in this order: work, trail, projection, db, authority, policy, sequencer,
privacy.
"""
