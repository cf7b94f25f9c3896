"""Several commands at the same moment, on a database that lets them."""

from collections.abc import Callable
from threading import Barrier, Thread

from flask import Flask

from ledger.core.db import db
from ledger.core.errors import LedgerError


def at_once(app: Flask, *commands: Callable[[], object]) -> list[LedgerError]:
    """Carry out commands at the same moment; return the refusals."""
    start, refused = Barrier(len(commands)), list[LedgerError]()

    def run(command: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                command()
            except LedgerError as error:
                refused.append(error)
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.rollback()
    return refused
