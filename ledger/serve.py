"""The WSGI application of a serving process: ``granian --interface wsgi ledger.serve:app``.

Importing this module starts the process's background work. Any WSGI server will do
(``gunicorn ledger.serve:app``); with SQLite it must be one process.
"""

import os

from ledger import background
from ledger.app import create_app
from ledger.edge.requests import configure_logging
from ledger.settings import Settings

configure_logging()
app = create_app(Settings.from_env(os.environ))
background.start(app)
