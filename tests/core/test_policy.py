"""The policy is loaded whole or not at all, and means what Casbin says it means."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from threading import Event
from uuid import uuid4

import casbin
import pytest

from ledger.core import authority, policy
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource, policies_folder
from ledger.core.policy import BadPolicy, Permission, Relation

MODEL = (policies_folder() / "model.conf").read_text()
LINES = (policies_folder() / "policy.csv").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of policies/ to spoil."""
    return Path(copytree(policies_folder(), tmp_path / "policies"))


def test_the_table_is_what_casbin_answers() -> None:
    files = (policies_folder() / name for name in ("model.conf", "policy.csv"))
    enforcer = casbin.Enforcer(*map(str, files))
    asked = {
        (role, permission, relation)
        for role in Role
        for permission in Permission
        for relation in Relation
        if enforcer.enforce(role, permission, relation)
    }
    assert authority.reload().table.allowed == asked


def test_a_cell_is_denied_exactly_where_a_line_denies_it() -> None:
    denied = {
        (role, permission, relation)
        for line in LINES.splitlines()
        if line.startswith("p,") and line.endswith("deny")
        for _, who, what, how, _ in [[word.strip() for word in line.split(",")]]
        for role in Role
        for permission in Permission
        for relation in Relation
        if who in (role, "any") and what in (permission, "any") and how in (relation, "any")
    }
    assert denied
    assert authority.reload().table.denied == denied


def test_a_deny_for_one_role_beats_an_allow_for_another() -> None:
    loaded = authority.reload()
    on = frozenset({Relation.HOST})
    finance, auditor = Role.FINANCE_LEAD, Role.AUDITOR

    assert loaded.allows(frozenset({finance}), Permission.POOL_SPEND, on)
    assert not loaded.allows(frozenset({finance, auditor}), Permission.POOL_SPEND, on)


def test_what_is_denied_to_a_role_is_not_had_back_by_acting_in_another() -> None:
    loaded, host = authority.reload(), uuid4()
    finance, auditor = Role.FINANCE_LEAD, Role.AUDITOR
    facts = {"roles": frozenset({finance}), "organisation_id": host}
    pool = Resource(host_id=host)
    alone = Actor.person(uuid4(), held=frozenset({finance}), **facts)
    both = Actor.person(uuid4(), held=frozenset({finance, auditor}), **facts)

    assert authority.permits(loaded, alone, Permission.POOL_SPEND, pool)
    assert not authority.permits(loaded, both, Permission.POOL_SPEND, pool)
    assert not authority.could_ever(loaded, both, Permission.POOL_SPEND)
    assert not authority.permits(loaded, both, Permission.LOG_READ, pool)  # Nor is a right lent.


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("p, Patient, consent:read, own, allow", "policy.csv:2: 'Patient' is no role; known: adv"),
        ("p, patient, consent:raed, own, allow", "policy.csv:2: 'consent:raed' is no permission"),
        ("p, patient, consent:read, owner, allow", "policy.csv:2: 'owner' is no relation"),
        ("p, patient, consent:read, own, Deny", "policy.csv:2: 'Deny' is no effect; known: allow"),
        ("p, patient, consent:read, own", "policy.csv:2: needs line type, role, permission, rel"),
        ("g, auditor, patient, own, allow", "policy.csv:2: 'g' is no line type"),
    ],
)
def test_a_word_that_is_not_known_stops_the_load(folder: Path, line: str, complaint: str) -> None:
    (folder / "policy.csv").write_text(f"# Comment\n{line}\n")
    with pytest.raises(BadPolicy, match=complaint):
        policy.load(folder)


def test_saying_something_twice_is_a_mistake(folder: Path) -> None:
    line = "p, patient, consent:read, own, allow\n"
    (folder / "policy.csv").write_text(line + line)
    with pytest.raises(BadPolicy, match=r"policy\.csv:2: says again"):
        policy.load(folder)


def test_no_lines_at_all_is_a_mistake(folder: Path) -> None:
    (folder / "policy.csv").write_text("# Comment\n\n")
    with pytest.raises(BadPolicy, match=r"policy\.csv: no lines"):
        policy.load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "policy.csv").unlink()
    with pytest.raises(BadPolicy, match=r"policy\.csv: No such file"):
        policy.load(folder)


def test_a_model_that_allows_what_no_line_mentions_is_refused(folder: Path) -> None:
    allow_by_default = MODEL.replace("some(where (p.eft == allow)) && ", "")
    (folder / "model.conf").write_text(allow_by_default)
    (folder / "policy.csv").write_text("p, auditor, consent:grant, any, deny\n")
    with pytest.raises(BadPolicy, match=r"model\.conf: allows what no line"):
        policy.load(folder)


@pytest.mark.parametrize(
    "change", [("[matchers]", "[matchrs]"), ("r.role", "who.role"), ("some(where", "sum(where")]
)
def test_a_model_that_casbin_cannot_use_is_named(folder: Path, change: tuple[str, str]) -> None:
    file = folder / "model.conf"
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    with pytest.raises(BadPolicy, match=r"model\.conf: is no model"):
        policy.load(folder)


@pytest.mark.parametrize("name", ["policy.csv", "regimes.csv", "model.conf"])
def test_bytes_that_are_no_text_are_named(folder: Path, name: str) -> None:
    file = folder / name
    file.write_bytes(file.read_bytes() + b"# Caf\xe9\n")
    with pytest.raises(BadPolicy, match=f"{name}: byte .* is not UTF-8"):
        policy.load(folder)


def test_one_byte_more_in_any_file_is_another_ruleset(folder: Path) -> None:
    before = policy.load(folder)
    for file in sorted(folder.iterdir()):
        text = file.read_bytes()
        file.write_bytes(text + b"\n")
        after = policy.load(folder)
        assert after.table.allowed == before.table.allowed
        assert after.digest != before.digest, file.name
        file.write_bytes(text)


def test_a_bad_policy_leaves_the_old_one_in_force(folder: Path) -> None:
    before = authority.reload()
    (folder / "policy.csv").write_text("")
    with pytest.raises(BadPolicy):
        authority.reload(folder)
    assert authority.in_force() is before


def test_a_ruleset_that_was_loaded_before_is_not_worked_out_again(folder: Path) -> None:
    before = policy.load(folder)
    assert policy.load(folder) is before
    (folder / "policy.csv").write_text(LINES + "\n")
    assert policy.load(folder) is not before


def test_a_scope_narrows_and_never_widens() -> None:
    loaded = authority.reload()
    patient = uuid4()
    facts = {"roles": frozenset({Role.PATIENT}), "patient_id": patient}
    narrow = Actor.person(uuid4(), scopes=frozenset({"consent:read", "log:*"}), **facts)
    mine = Resource(patient_id=patient)

    assert authority.permits(loaded, narrow, Permission.CONSENT_READ, mine)
    assert authority.permits(loaded, narrow, Permission.LOG_RECEIPT, mine)
    assert not authority.permits(loaded, narrow, Permission.CONSENT_GRANT, mine)
    assert not authority.permits(loaded, narrow, Permission.LOG_READ, mine)
    assert not authority.could_ever(loaded, narrow, Permission.CONSENT_GRANT)


def test_eight_threads_decide_rightly_while_the_policy_is_reloaded_all_the_time() -> None:
    authority.reload()
    patient_id = uuid4()
    patient = Actor.person(uuid4(), roles=frozenset({Role.PATIENT}), patient_id=patient_id)
    own, other = Resource(patient_id=patient_id), Resource(patient_id=uuid4())
    stop = Event()

    def decide() -> int:
        wrong = 0
        while not stop.is_set():
            now = authority.in_force()
            wrong += not authority.permits(now, patient, Permission.CONSENT_GRANT, own)
            wrong += authority.permits(now, patient, Permission.CONSENT_GRANT, other)
            wrong += authority.permits(now, patient, Permission.LOG_READ, own)
        return wrong

    with ThreadPoolExecutor(8) as threads:
        deciding = [threads.submit(decide) for _ in range(8)]
        for _ in range(3):
            policy._loaded.clear()  # Or it would not ask Casbin again.
            authority.reload()
        stop.set()
        assert [each.result() for each in deciding] == [0] * 8
