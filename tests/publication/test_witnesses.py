"""Witnesses may do what they like: it costs cosignatures, and never a commit or a false line."""

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from audit import NoteError
from audit.note import read_any
from audit.policy import Policy, PolicyError
from ledger.core import published, receipts, sequencer, witnessing
from ledger.core.db import db
from ledger.core.publishing import Publisher
from ledger.core.witness_call import ANSWER_BYTES_MAX
from ledger.core.witnessing import Witnesses, WitnessState
from tests.conftest import NOW
from tests.core.given import register_organisation, register_patient
from tests.databases import NewDatabase, running
from tests.publication.witnesses import (
    FAULTS,
    PATIENT_S,
    TIMEOUT_S,
    Stand,
    policy,
    policy_text,
    serving,
)


@pytest.fixture
def three(app: Flask) -> Iterator[list[Stand]]:
    key = app.extensions["signers"]["ledger"].verifier()
    stands = [Stand(f"w{n}.example", keys=[key]) for n in range(3)]
    with serving(stands):
        yield stands


def record_and_sign(app: Flask, entries: int = 1) -> None:
    for _ in range(entries):
        register_organisation()
    sequencer.drain(db.engine, app.extensions["signers"])
    db.session.rollback()


def newest() -> published.PublishedCheckpoint | None:
    db.session.rollback()
    return published.newest(db.session(), "ledger")


def publisher(witnesses: Witnesses) -> Publisher:
    return Publisher(db.engine, every_s=0, idle_every_s=0, cosigners=witnesses)


def retry_at_once(witnesses: Witnesses) -> None:
    for stand in witnesses._stands.values():
        stand.not_before_s = 0


def test_a_checkpoint_is_published_with_a_quorum_and_receipts_carry_it(
    app: Flask, three: list[Stand]
) -> None:
    record_and_sign(app, 3)
    rules = policy(three, 3, app.extensions["signers"]["ledger"].verifier())
    shown = publisher(Witnesses(db.engine, rules, timeout_s=PATIENT_S))
    assert shown.publish_due("ledger", at=NOW)

    first = newest()
    assert first is not None
    accepted = rules.accepts(first.note)
    assert accepted.checkpoint.size == 3
    assert len(accepted.cosigned_at_s) == 3

    organisation_id = register_organisation()
    _, entry_id = register_patient(organisation_id)
    with pytest.raises(receipts.NotYetSigned):
        receipts.receipt_of(db.session(), entry_id)
    record_and_sign(app)
    young = receipts.receipt_of(db.session(), entry_id)
    with pytest.raises(NoteError, match="only by nobody"):
        rules.accepts(young.checkpoint)
    assert shown.publish_due("ledger", at=NOW), "from what they have seen, with a proof"
    db.session.rollback()
    old = receipts.receipt_of(db.session(), entry_id)
    assert len(rules.accepts(old.checkpoint).cosigned_at_s) == 3
    assert [stand.logs["test.example/log"].size for stand in three] == [6, 6, 6]
    assert [len(stand.asked) for stand in three] == [2, 2, 2], "no question too many"


@pytest.mark.parametrize(("down", "threshold"), [(0, 3), (1, 2), (2, 1), (1, 3), (2, 2), (3, 1)])
def test_k_of_n_are_enough(app: Flask, three: list[Stand], down: int, threshold: int) -> None:
    record_and_sign(app)
    for stand in three[:down]:
        stand.answer = FAULTS["fails"][0]
    witnesses = Witnesses(db.engine, policy(three, threshold), timeout_s=PATIENT_S)
    assert publisher(witnesses).publish_due("ledger", at=NOW) == (3 - down >= threshold)


def test_of_all_the_faults_here_none_yields_a_line_that_counts(app: Flask) -> None:
    """How many faults are injected is the length of `FAULTS`, and one: nobody listens."""
    key = app.extensions["signers"]["ledger"].verifier()
    record_and_sign(app, 2)
    bad = [Stand(f"bad-{n}", answer) for n, (answer, _) in enumerate(FAULTS.values())]
    good = [Stand("good-1", keys=[key]), Stand("good-2", keys=[key])]
    gone = Stand("gone")
    with serving([*bad, *good]):
        gone.url = "http://127.0.0.1:1"
        rules = policy([*bad, *good, gone], 2, key)
        witnesses = Witnesses(db.engine, rules, timeout_s=TIMEOUT_S)
        began = monotonic()
        note = witnesses.cosign("ledger", receipts.newest_checkpoint(db.session(), "ledger").note)
        took_s = monotonic() - began
        assert note is not None
        assert sorted(rules.accepts(note).cosigned_at_s) == ["good-1", "good-2"]
        assert took_s < TIMEOUT_S + 2

        sleep(TIMEOUT_S + 0.5)
        witnesses._take_late()
        db.session.rollback()
        found = {row.witness: row for row in witnessing.states(db.session())}
        said = {name: found[stand.name].outcome for name, stand in zip(FAULTS, bad, strict=True)}
        assert said == {name: outcome for name, (_, outcome) in FAULTS.items()}
        assert found["gone"].outcome == "cannot be reached"
        assert all(one.took_ms < (TIMEOUT_S + 1) * 1000 for one in found.values())
        assert {one.failures for one in found.values()} == {0, 1}
    assert len(FAULTS) == 32
    assert ANSWER_BYTES_MAX < 100_000


def test_without_a_quorum_everything_goes_on_but_publication(
    app: Flask, three: list[Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "PAUSE_FIRST_S", 600.0)  # However slow this machine is.
    record_and_sign(app)
    rules = policy(three, 2, app.extensions["signers"]["ledger"].verifier())
    witnesses = Witnesses(db.engine, rules, timeout_s=TIMEOUT_S)
    shown = publisher(witnesses)
    assert shown.publish_due("ledger", at=NOW)

    three[0].answer, three[1].answer = FAULTS["hangs"][0], FAULTS["forges its own"][0]
    record_and_sign(app, 2)
    assert not shown.publish_due("ledger", at=NOW)
    began = monotonic()
    record_and_sign(app, 2)
    assert monotonic() - began < TIMEOUT_S, "commands and the sequencer wait for no witness"
    before = newest()
    assert before is not None
    assert before.size == 1
    asked = len(three[1].asked)
    assert not shown.publish_due("ledger", at=NOW)
    assert len(three[1].asked) == asked, "who failed is left alone for a while"

    three[0].answer = three[1].answer = None
    sleep(TIMEOUT_S)  # Until who hung is given up.
    retry_at_once(witnesses)
    witnesses._take_late()
    retry_at_once(witnesses)
    assert shown.publish_due("ledger", at=NOW)
    after = newest()
    assert after is not None
    assert len(rules.accepts(after.note).cosigned_at_s) == 3
    assert after.size == 5


def test_a_witness_that_lost_its_memory_or_ours_says_where_it_stands(
    app: Flask, three: list[Stand], session: Session
) -> None:
    record_and_sign(app, 3)
    rules = policy(three, 3)
    assert publisher(Witnesses(db.engine, rules, timeout_s=PATIENT_S)).publish_due("ledger", at=NOW)
    three[0].logs.clear()
    record_and_sign(app, 4)

    again = Witnesses(db.engine, rules, timeout_s=PATIENT_S)  # As after a start: from the table.
    assert publisher(again).publish_due("ledger", at=NOW)
    assert [len(stand.asked) for stand in three] == [3, 2, 2]
    assert three[0].asked[-1].startswith("old 0\n\n")
    row = session.get(WitnessState, ("ledger", three[1].name))
    assert row is not None
    assert (row.size, row.failures, row.outcome) == (7, 0, "cosigned")


def test_when_nothing_is_added_witnesses_say_so_from_time_to_time(
    app: Flask, three: list[Stand], session: Session
) -> None:
    record_and_sign(app)
    witnesses = Witnesses(db.engine, policy(three, 2), timeout_s=PATIENT_S)
    shown = publisher(witnesses)
    for _ in range(4):
        assert shown.publish_due("ledger", at=NOW)
    session.rollback()
    rows = session.query(published.PublishedCheckpoint).filter_by(log="ledger").all()
    assert len(rows) == 2, "the first and the newest of a size are kept"

    seldom = Publisher(db.engine, every_s=5, idle_every_s=60, cosigners=witnesses)
    assert not seldom.publish_due("ledger", at=NOW + timedelta(seconds=59))
    assert seldom.publish_due("ledger", at=NOW + timedelta(seconds=61))
    alone = Publisher(db.engine, every_s=0, idle_every_s=0)
    assert not alone.publish_due("ledger", at=NOW), "nobody vouches, so a repetition says nothing"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense\n", "line 1"),
        ("witness w {key}\nquorum w\n", "too few witnesses have an address"),
        ("witness w {key} ftp://x\nquorum w\n", "must begin with https"),
        ("witness w {key} http://x?y\nquorum w\n", "must begin with https"),
        ("/no/such/file", "No such file"),
    ],
)
def test_a_policy_that_could_never_be_fulfilled_is_refused(text: str, why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        witnessing.policy_of(text.replace("{key}", str(Stand("w").key)))


def test_a_policy_is_a_file_or_its_text(tmp_path_factory: pytest.TempPathFactory) -> None:
    stand = Stand("w", url="https://w.example/")
    text = policy_text([stand], 1)
    file = tmp_path_factory.mktemp("policy") / "policy"
    file.write_text(text)
    assert isinstance(witnessing.policy_of(text), Policy)
    assert witnessing.policy_of(str(file)) == witnessing.policy_of(text)
    assert witnessing.policy_of("") is None


def test_the_logs_own_time_is_renewed_where_it_signs_with_one(new_database: NewDatabase) -> None:
    with running(new_database(), mldsa_seed=b"q" * 32) as app:
        record_and_sign(app)
        signers = app.extensions["signers"]
        shown = Publisher(db.engine, every_s=0, idle_every_s=60, stamps=signers)
        assert shown.publish_due("ledger", at=NOW)
        before = newest()
        assert not shown.publish_due("ledger", at=NOW + timedelta(seconds=59))
        assert shown.publish_due("ledger", at=NOW + timedelta(seconds=60))
        after = newest()
        assert before is not None
        assert after is not None
        text, found = read_any(after.note, signers["ledger"].verifiers())
        assert len(found) == 2, "both of its keys have signed"
        assert after.note.count("\n— ") == 2
        assert text in before.note
        assert after.note != before.note, "ML-DSA signatures are randomised, and timed"
