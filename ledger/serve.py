"""The WSGI application of a serving process: ``granian --interface wsgi ledger.serve:app``.

Importing this module starts the process's background work. Any WSGI server will do
(``gunicorn ledger.serve:app``); with SQLite it must be one process.
"""

import os

from ledger.starting import starting

with starting():
    from ledger import background
    from ledger.app import create_app
    from ledger.core import keys, standing
    from ledger.core.db import db
    from ledger.edge.requests import configure_logging
    from ledger.settings import Settings

    configure_logging()
    app = create_app(Settings.from_env(os.environ))
with app.app_context():  # As `ledger serve` does; other servers begin here.
    keys.must_fit(db.session(), app.extensions["signers"])
    standing.must_start(db.session(), app.extensions["signers"])
    db.session.remove()
    db.engine.dispose()
background.start(app)
