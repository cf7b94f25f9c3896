"""django-hordak beside us: the same postings and reads, as its own documentation does them.

It runs in a process of its own, as Django's settings are a process's: ``python -m
bench.hordak_peer URL`` migrates a database (which installs its triggers), measures, and prints
JSON. Two legs are posted by `Account.transfer_to`, in one database transaction.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

SECONDS: Final = 5.0
THREADS: Final = (1, 8)
POSTINGS: Final = 10**6
_FILL: Final = """
SET session_replication_role = replica;
INSERT INTO hordak_transaction (id, uuid, timestamp, date, description)
SELECT 10000000 + n, gen_random_uuid(), now(), current_date, '' FROM generate_series(1, {n}) n;
INSERT INTO hordak_leg (uuid, account_id, transaction_id, debit, currency, description)
SELECT gen_random_uuid(), {account}, 10000000 + n, 0.01, 'GBP', '' FROM generate_series(1, {n}) n;
SET session_replication_role = DEFAULT;
ANALYZE hordak_transaction; ANALYZE hordak_leg;
"""


def configure(url: str) -> None:
    """Set Django up for the database at *url*, with what hordak needs and nothing else."""
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    at = urlsplit(url)
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "mptt",
            "hordak",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": at.path.lstrip("/"),
                "USER": at.username,
                "PASSWORD": at.password or "",
                "HOST": at.hostname,
                "PORT": at.port,
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True,
        DEFAULT_CURRENCY="GBP",
        CURRENCIES=["GBP"],
        HORDAK_INTERNAL_CURRENCY="GBP",
    )
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)


def at_once(threads: int, post: Callable[[int], int]) -> float:
    """Return how many a second *threads* post together, each as often as it can."""
    counts = [0] * threads
    began = perf_counter()
    until = began + SECONDS

    def run(number: int) -> None:
        while perf_counter() < until:
            counts[number] += post(number)

    workers = [Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (perf_counter() - began)


def timed(read: Callable[[], object], times: int) -> float:
    """Return the median of a read, in seconds."""
    taken = []
    for _ in range(times):
        began = perf_counter()
        read()
        taken.append(perf_counter() - began)
    return median(taken)


def main(url: str) -> dict[str, Any]:
    """Return how many transactions a second hordak posts, and what its balance costs."""
    configure(url)
    from django.db import connection  # noqa: PLC0415
    from hordak.models import Account  # noqa: PLC0415
    from moneyed import Money  # noqa: PLC0415

    assets = [
        Account.objects.create(name=f"{n}", code=f"{n:02}", type="AS", currencies=["GBP"])
        for n in range(2 * max(THREADS))
    ]

    def post(number: int) -> int:
        today = datetime.now(UTC).date()  # noqa: TID251
        pence = Money("0.01", "GBP")
        assets[2 * number].transfer_to(assets[2 * number + 1], pence, date=today)
        return 1

    post(0)
    found: dict[str, Any] = {f"{n}_threads": at_once(n, post) for n in THREADS}
    one = Account.objects.create(name="big", code="big", type="AS", currencies=["GBP"])
    with connection.cursor() as cursor:
        cursor.execute(_FILL.format(n=POSTINGS, account=one.id))

    def by_function() -> object:
        return Account.objects.filter(id=one.id).with_balances().get().balance

    found["balance_s"] = timed(one.get_simple_balance, 5)
    found["balance_by_function_s"] = timed(by_function, 5)
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
