"""Settings: read once from the environment, checked, then never changed.

Every variable starts with ``LEDGER_``. An unknown one stops the start: a typing
error in a deployment must not silently mean "the default". Names that start with
``LEDGER_TEST_`` belong to the tests and are ignored here.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from ledger import setting_values as values


class BadSettings(Exception):
    """The environment cannot be used. The message lists everything that is wrong."""


def _setting(parse: Callable[[str], Any] = str, *, says: str, **options: Any) -> Any:
    return field(metadata={"parse": parse, "says": says}, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment chooses. `docs/reference/settings.md` is made from this."""

    secret_key: str = _setting(
        values.secret, says="Signs cookies and cursors; 32 characters or more.", repr=False
    )
    master_key: bytes = _setting(
        values.key, says="Wraps the keys of private data; 32 bytes, as 64 hex digits.", repr=False
    )
    signing_seed: bytes = _setting(
        values.key,
        says="Ed25519 seed that signs checkpoints; 32 bytes, as 64 hex digits.",
        repr=False,
    )
    database_url: str = _setting(
        values.database,
        says="Where the data is, as the service uses it; SQLite or PostgreSQL.",
        repr=False,
        default="sqlite:///ledger.sqlite3",
    )
    database_owner_url: str = _setting(
        values.database,
        says="The same database as its owner, who migrates it; by default the same URL.",
        repr=False,
        default="",
    )
    public_url: str = _setting(
        values.address,
        says="Address at which people and programs reach the service.",
        default="http://127.0.0.1:8000",
    )
    log_origin: str = _setting(
        values.origin,
        says="Name of the log and of its key: the address of the log without https://.",
        default="localhost/log",
    )
    signing_seed_before: bytes | None = _setting(
        values.key,
        says="The seed that LEDGER_SIGNING_SEED replaces, while both sign; 64 hex digits.",
        repr=False,
        default=None,
    )
    mldsa_seed: bytes | None = _setting(
        values.key,
        says="ML-DSA-44 seed that signs checkpoints beside Ed25519; 64 hex digits.",
        repr=False,
        default=None,
    )
    checkpoint_store: str = _setting(
        says="What the log has signed, kept apart from the data and out of its backups: a "
        "directory, or the URL of another PostgreSQL database. By default a directory beside "
        "an SQLite file; needed with PostgreSQL.",
        repr=False,
        default="",
    )
    access_shard_entries: int = _setting(
        values.whole,
        says="The access log begins a new shard when the open one has so many entries.",
        default=10_000_000,
    )
    access_shard_days: int = _setting(
        values.whole,
        says="The access log begins a new shard when the open one's first entry is so many days "
        "old.",
        default=366,
    )
    sequence_every_ms: int = _setting(
        values.whole, says="Pause of the sequencer between batches, in milliseconds.", default=200
    )
    publish_every_s: int = _setting(
        values.at_least(5),
        says="Pause between two published checkpoints, in seconds; 5 or more.",
        default=5,
    )
    publish_idle_every_s: int = _setting(
        values.at_least(5),
        says="How often witnesses cosign again when nothing was added, in seconds.",
        default=60,
    )
    witness_policy: str = _setting(
        says="Witnesses that must have cosigned what is published: the path of a file in the "
        "form of c2sp.org/tlog-policy, or its text; empty, none.",
        default="",
    )
    witness_timeout_s: int = _setting(
        values.whole, says="How long one witness may take to answer, in seconds.", default=5
    )
    wait_max_s: int = _setting(
        values.whole,
        says="How long `Prefer: wait` may wait for the log to sign an entry, in seconds.",
        default=10,
    )
    heads_every_minutes: int = _setting(
        values.whole,
        says="How often the log commits to where every chain ends, in minutes, if any grew.",
        default=60,
    )
    session_minutes: int = _setting(
        values.whole, says="How long a sign-in lasts at most, in minutes.", default=720
    )
    session_idle_minutes: int = _setting(
        values.whole, says="How long a sign-in lasts without a request, in minutes.", default=30
    )
    local_accounts: bool = _setting(
        values.switch, says="People may sign in by a name and a password kept here.", default=True
    )
    client_registration: bool = _setting(
        values.switch,
        says="Programs may register themselves (RFC 7591); they can do nothing until a steward "
        "approves them.",
        default=True,
    )
    oidc_providers: str = _setting(
        says="OpenID providers that people sign in through: a JSON list, or the path of a file "
        "that holds one. `docs/reference/identity.md` describes it.",
        repr=False,
        default="",
    )
    step_up_minutes: int = _setting(
        values.whole,
        says="How long ago somebody who signs may have signed in, in minutes.",
        default=5,
    )
    step_up_acr: str = _setting(
        says="The level of assurance (acr) that signing needs; several, separated by spaces, "
        "mean any of them; empty, any at all.",
        default="",
    )
    agreement_start_within_days: int = _setting(
        values.whole, says="How many days after its proposal an agreement may start.", default=365
    )
    data_sharing_days_max: int = _setting(
        values.whole, says="How many days a data sharing agreement may last.", default=1830
    )
    pooled_fund_days_max: int = _setting(
        values.whole, says="How many days a pooled fund agreement may last.", default=1830
    )
    notice_days_max: int = _setting(
        values.whole,
        says="The longest notice of leaving, and time to return data, in days.",
        default=365,
    )
    reading_level: str = _setting(
        values.level,
        says="How sure a sign-in must be to read what is about a patient: low, medium or high.",
        default="high",
    )
    granting_level: str = _setting(
        values.level,
        says="How sure a sign-in must be to consent, to register, and to give others power.",
        default="high",
    )
    signing_level: str = _setting(
        values.level, says="How sure a sign-in must be to sign or approve.", default="high"
    )
    local_level: str = _setting(
        values.level,
        says="How sure a sign-in by a name and a password kept here is. High supposes that "
        "invitations are handed over in person.",
        default="high",
    )
    access_token_minutes: int = _setting(
        values.whole, says="How long a program's access token is good for, in minutes.", default=10
    )
    refresh_token_days: int = _setting(
        values.whole, says="How long a program's refresh token is good for, in days.", default=30
    )
    requests_per_minute: int = _setting(
        values.whole,
        says="Requests that a caller may make in a minute, decisions and the log's files apart.",
        default=600,
    )
    webhooks_private: bool = _setting(
        values.switch,
        says="Webhooks may go to plain HTTP and to addresses of this computer and its network.",
        default=False,
    )
    mail_url: str = _setting(
        values.mail,
        says="Mail server for alerts: smtp://user:word@host:587 (STARTTLS) or smtps://…:465; "
        "empty: nobody is sent e-mail.",
        repr=False,
        default="",
    )
    mail_from: str = _setting(
        says="Address that alerts come from, such as Care Ledger <ledger@example.org>.",
        default="",
    )
    time_zone: str = _setting(
        values.zone, says="Where days begin and end.", default="Europe/London"
    )
    demonstration: bool = _setting(
        values.switch, says="Every page and export says that the data is fictional.", default=False
    )

    master_key_previous: bytes = _setting(
        values.key,
        says="The master key before this one, for `ledger keys rewrap` alone; take it away after.",
        repr=False,
        default=b"",
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read ``LEDGER_*`` from *env*.

        Raises:
            BadSettings: an unknown, missing or malformed variable.
        """
        given = {
            name: text
            for name, text in env.items()
            if name.startswith("LEDGER_") and not name.startswith("LEDGER_TEST_")
        }
        known = {f"LEDGER_{f.name.upper()}": f for f in fields(cls)}
        faults = [f"{name} is not a setting" for name in sorted(given.keys() - known.keys())]
        chosen: dict[str, Any] = {}
        for name, setting in known.items():
            if name not in given:
                faults += [f"{name} is missing"] if setting.default is MISSING else []
                continue
            try:
                chosen[setting.name] = setting.metadata["parse"](given[name])
            except ValueError as error:
                faults.append(f"{name} {error}")
        if faults:
            raise BadSettings("; ".join(faults) + ". docs/reference/settings.md lists them all.")
        return cls(**chosen)

    @property
    def owner_url(self) -> str:
        """The database URL that migrates."""
        return self.database_owner_url or self.database_url

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL: many processes, and roles."""
        return self.database_url.startswith("postgresql")

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an embedded database; None for PostgreSQL."""
        prefix = "sqlite:///"
        url = self.database_url
        return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None
