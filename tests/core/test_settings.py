"""Settings refuse to start on anything doubtful."""

import pytest

from ledger.settings import BadSettings, Settings

GOOD = {
    "LEDGER_SECRET_KEY": "k" * 32,
    "LEDGER_MASTER_KEY": "0a" * 32,
    "LEDGER_SIGNING_SEED": "0b" * 32,
    "PATH": "/bin",
}


def test_defaults_need_only_the_secrets() -> None:
    assert Settings.from_env(GOOD).database_url.startswith("sqlite:")
    assert Settings.from_env({**GOOD, "LEDGER_SESSION_MINUTES": "5"}).session_minutes == 5


def test_the_owner_of_the_database_is_the_same_unless_said() -> None:
    chosen = Settings.from_env({**GOOD, "LEDGER_DATABASE_URL": "postgresql+psycopg://app@h/l"})
    assert chosen.owner_url == "postgresql+psycopg://app@h/l"
    assert chosen.sqlite_file is None


def test_secrets_are_not_printed() -> None:
    assert repr(Settings.from_env(GOOD)).count("k" * 32) == 0
    assert "\\n" not in repr(Settings.from_env(GOOD))  # 0x0a, the byte of the master key.


def test_what_belongs_to_the_tests_is_ignored() -> None:
    with_it = {**GOOD, "LEDGER_TEST_REAL_DATA": "/data"}
    assert Settings.from_env(with_it) == Settings.from_env(GOOD)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"LEDGER_SECRET_KEY": "short"}, "32 characters"),
        ({"LEDGER_MASTER_KEY": "0a" * 31}, "64 hex digits"),
        ({"LEDGER_SIGNING_SEED": "not hex"}, "64 hex digits"),
        ({"LEDGER_DATABSE_URL": "x"}, "LEDGER_DATABSE_URL is not a setting"),
        (
            {"LEDGER_DATABASE_URL": "mysql://there/ledger"},
            "LEDGER_DATABASE_URL must be like sqlite",
        ),
        ({"LEDGER_DATABASE_URL": "postgresql://h:port/ledger"}, "must be like sqlite"),
        ({"LEDGER_DATABASE_OWNER_URL": "ledger.sqlite3"}, "LEDGER_DATABASE_OWNER_URL must be"),
        ({"LEDGER_SESSION_MINUTES": "1.5"}, "whole number"),
        ({"LEDGER_SESSION_MINUTES": "0"}, "above zero"),
        ({"LEDGER_TIME_ZONE": "Europe/Leeds"}, "time zone such as"),
        ({"LEDGER_TIME_ZONE": "../etc"}, "time zone such as"),
        ({"LEDGER_PUBLIC_URL": "ledger.example.org"}, "must be like https"),
        ({"LEDGER_LOG_ORIGIN": "a log"}, "without spaces"),
        ({"LEDGER_DEMONSTRATION": "yes"}, "'on' or 'off'"),
    ],
)
def test_a_doubtful_setting_stops_the_start(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadSettings, match=complaint):
        Settings.from_env({**GOOD, **change})


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(BadSettings, match="LEDGER_MASTER_KEY is missing"):
        Settings.from_env({k: v for k, v in GOOD.items() if k != "LEDGER_MASTER_KEY"})
