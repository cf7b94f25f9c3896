"""What leaves is recorded, is limited by what its reader may see, and is proved complete."""

import csv
import json
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask, g
from sqlalchemy import select

from audit import Record
from audit.verify import Verified, entries, verify
from ledger.commands.log import group
from ledger.core import bundles, codes, exports, heads, listings, privacy
from ledger.core.actor import Actor, Role
from ledger.core.codes import Codes, NotYetFound
from ledger.core.db import TO_WRITE, db, snapshot
from ledger.core.entries import TrailExportedInForm
from ledger.core.errors import Forbidden
from ledger.core.exports import Export, Form
from ledger.core.filters import BadFilter, Filter
from ledger.core.followers import follow
from ledger.core.heads import HeadsNotCommitted
from ledger.core.ids import new_id
from ledger.core.reading import search, search_own
from ledger.core.trail import ChainLink, Leaf, LogEntry
from ledger.core.work import unit_of_work
from ledger.directory.entries import OrganisationRenamed
from tests.conftest import Sequenced
from tests.core.given import authorise, register_patient
from tests.trail.given import AUDITOR, Known, partnership

ROOT = Path(__file__).parents[2]
CLOCK = Actor.system("clock")


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    heads.commit_all(db.engine, by=CLOCK)
    sequenced()
    return found


def patient_of(known: Known) -> Actor:
    roles = frozenset({Role.PATIENT})
    return Actor.person(new_id(), roles=roles, patient_id=known.patient_id)


def officer_of(known: Known) -> Actor:
    roles = frozenset({Role.PRIVACY_OFFICER})
    return Actor.person(new_id(), roles=roles, organisation_id=known.organisation_id)


def announced(actor: Actor, which: Filter, form: Form = Form.BUNDLE) -> Export:
    with unit_of_work(actor) as work:
        return exports.announce(work, which=which, recipient="The auditors", form=form)


def bundle_of(app: Flask, actor: Actor, which: Filter) -> bytes:
    export, file, signers = announced(actor, which), BytesIO(), app.extensions["signers"]
    with snapshot(db.engine) as session:
        bundles.write(
            session, export, file, key=signers[export.tree].verifier(),
            ledger_key=signers["ledger"].verifier(), demonstration=False,
        )  # fmt: skip
    return file.getvalue()


def checked(app: Flask, actor: Actor, subject: str, **conditions: str) -> Verified:
    content = bundle_of(app, actor, Filter(subject=subject, **conditions))  # type: ignore[arg-type]
    return verify(BytesIO(content), app.extensions["signers"]["ledger"].verifier())


def in_chain(subject: str, tree: str = "ledger") -> int:
    links = select(ChainLink.n).where(ChainLink.subject == subject, ChainLink.log == tree)
    return len(db.session.scalars(links).all())


def test_the_chain_of_every_subject_is_complete(app: Flask, known: Known) -> None:
    subjects = db.session.scalars(select(ChainLink.subject).distinct()).all()
    assert len(subjects) == 4
    for subject in (*subjects, f"patient:{new_id()}"):
        found = checked(app, AUDITOR, subject).completeness
        assert found is not None
        assert (found.size, found.proved, found.left_out) == (4, in_chain(subject), 0)


def test_what_came_after_the_heads_is_listed_as_such(
    app: Flask, known: Known, sequenced: Sequenced
) -> None:
    register_patient(known.organisation_id, nhs_number="9990000034")
    sequenced()
    found = checked(app, AUDITOR, f"organisation:{known.organisation_id}").completeness
    assert found is not None
    assert (found.proved, found.later) == (3, 1)


def test_a_patient_takes_their_own_chain_and_no_other(app: Flask, known: Known) -> None:
    me, mine = patient_of(known), f"patient:{known.patient_id}"
    content = bundle_of(app, me, Filter(subject=mine))
    assert [Record.from_bytes(body).id for _, body in entries(BytesIO(content))] == [known.entry_id]
    for which in (
        Filter(),
        Filter(subject=f"patient:{new_id()}"),
        Filter(subject=f"organisation:{known.organisation_id}"),
    ):
        with pytest.raises(Forbidden):
            announced(me, which)


def test_who_sees_a_part_gets_the_rest_as_hashes_and_the_chain_still_verifies(
    app: Flask, known: Known, sequenced: Sequenced
) -> None:
    roles = frozenset({Role.STEWARD})
    steward = Actor.person(new_id(), roles=roles, organisation_id=known.organisation_id)
    with unit_of_work(steward) as work:
        authorise(work)
        work.record(OrganisationRenamed(organisation_id=known.organisation_id, name="Westmoor"))
    sequenced()
    heads.commit_all(db.engine, by=CLOCK)
    sequenced()
    own = f"organisation:{known.organisation_id}"
    for who, conditions, shown in (
        (AUDITOR, {}, 4),
        (AUDITOR, {"kind": "directory.patient-registered"}, 2),
        (officer_of(known), {}, 1),
        (officer_of(known), {"kind": "consent"}, 0),
    ):
        proved = checked(app, who, own, **conditions).completeness
        assert proved is not None
        assert (proved.shown, proved.left_out, proved.proved) == (shown, 4 - shown, 4)
    with pytest.raises(Forbidden):
        announced(officer_of(known), Filter(subject=f"organisation:{new_id()}"))


def test_it_is_recorded_with_what_was_left_out_and_words_are_kept_apart(
    app: Flask, known: Known
) -> None:
    checked(app, AUDITOR, f"patient:{known.patient_id}", kind="consent")
    row = db.session.scalars(select(LogEntry).order_by(LogEntry.position.desc()).limit(1)).one()
    said = Record.from_bytes(row.body).entry
    assert isinstance(said, TrailExportedInForm)
    assert (said.form, said.rows, said.left_out) == ("bundle", 0, 1)
    assert said.patient_id == known.patient_id
    assert b"auditors" not in row.body
    privacy.erase(db.session(), said.export_id)
    assert privacy.opened(db.session(), [row.id])[row.id] == {"recipient": None}
    db.session.rollback()


def test_before_heads_are_committed_there_is_no_chain_to_take(
    app: Flask, sequenced: Sequenced
) -> None:
    known = partnership(app)
    sequenced()
    with pytest.raises(HeadsNotCommitted, match="commit-heads"):
        announced(AUDITOR, Filter(subject=f"patient:{known.patient_id}"))


def rows_of(export: Export) -> bytes:
    make = listings.csv_pieces if export.form is Form.CSV else listings.jsonl_pieces
    with snapshot(db.engine) as session:
        return b"".join(make(session, export, demonstration=True))


def test_tables_hold_what_the_filter_fits_and_say_that_it_is_a_demonstration(
    app: Flask, known: Known
) -> None:
    which = Filter(kind="directory")
    read = list(csv.DictReader(StringIO(rows_of(announced(AUDITOR, which, Form.CSV)).decode())))
    lines = [
        json.loads(line)
        for line in rows_of(announced(AUDITOR, which, Form.JSONL)).decode().splitlines()
    ]
    assert [row["index"] for row in read] == ["0", "1", "2", "3"]
    assert {row["demonstration"] for row in read} == {"sample data"}
    leaves = db.session.scalars(select(Leaf.hash).where(Leaf.index < 4).order_by(Leaf.index)).all()
    assert [row["leaf"] for row in read] == [leaf.hex() for leaf in leaves]
    assert [line["leaf"] for line in lines] == [leaf.hex() for leaf in leaves]
    assert [line["entry"]["id"] for line in lines] == [row["id"] for row in read]
    assert all(line["demonstration"] is True for line in lines)


def test_no_cell_is_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\t=1"):
        assert listings._cell(text).startswith("'")
    assert listings._cell("person:1") == "person:1"


def coded() -> None:
    """Let the follower give every entry its codes."""
    with db.engine.connect().execution_options(**TO_WRITE) as connection:
        while follow(connection, Codes("ledger")):
            pass


def test_codes_are_those_of_the_bytes() -> None:
    said = {"outcome": "deny", "purpose": "TREAT", "reason": "no-consent", "reason_code": "other"}
    body = json.dumps({"data": said}).encode()
    expected = {"outcome": "deny", "purpose": "TREAT", "reason": "no-consent"}
    assert codes.codes_of(body) == expected
    for text in ("free text", "", "é", "x" * 65, 7, None, ["a"]):
        assert codes.codes_of(json.dumps({"data": {"reason": text}}).encode()) == {}
    for damaged in (b"", b"[]", b"{}", b'{"data":[]}'):
        assert codes.codes_of(damaged) == {}


def test_the_trail_is_searched_by_code(app: Flask, known: Known) -> None:
    which = Filter(reason="no-consent,no-role")
    with pytest.raises(NotYetFound):
        announced(AUDITOR, which)
    coded()
    assert announced(AUDITOR, which).rows == 0
    with unit_of_work(AUDITOR) as work:
        assert search(work, which=which, limit=9).entries == []
    with pytest.raises(BadFilter):
        Filter(reason="not a code")


def own_of(actor: Actor, **conditions: str) -> list[UUID]:
    with unit_of_work(actor) as work:
        page = search_own(work, which=Filter(**conditions), limit=50)  # type: ignore[arg-type]
        return [view.id for view in page.entries]


def test_everybody_searches_what_concerns_them(app: Flask, known: Known) -> None:
    assert own_of(patient_of(known)) == [known.entry_id]
    assert own_of(patient_of(known), kind="consent") == []
    assert own_of(patient_of(known), log="access") == []
    stranger = Actor.person(new_id(), roles=frozenset({Role.PATIENT}))
    with pytest.raises(Forbidden):
        own_of(stranger)
    last = db.session.scalars(select(LogEntry.body).order_by(LogEntry.position.desc())).first()
    assert last is not None


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, command)


def test_the_operator_exports_a_subject_and_it_is_checked_alone(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    known, file = partnership(app), tmp_path / "chain.zip"
    sequenced()
    assert "ledger: 4 chains up to size 4" in run(app, "commit-heads").output
    assert "nothing changed" in run(app, "commit-heads").output
    sequenced()
    subject = f"patient:{known.patient_id}"
    made = run(app, "export", str(file), "--for", "The auditors", "--subject", subject)
    assert made.exit_code == 0, made.output
    assert "complete up to size 4" in made.output
    done = subprocess.run(
        [sys.executable, "-m", "audit", "verify", str(file)],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"proved about {subject}, as of size 4" in done.stdout
    table = tmp_path / "table.csv"
    made = run(app, "export", str(table), "--for", "A", "--form", "csv")
    assert made.exit_code == 0, made.output
    assert table.read_text().startswith("log,index,id,")


def test_a_patient_searches_their_own_trail_as_a_page(app: Flask, known: Known) -> None:
    app.before_request(lambda: setattr(g, "actor", patient_of(known)))
    page = app.test_client().get("/trail/mine")
    assert page.status_code == 200
    assert page.text.count(f"/trail/{known.entry_id}") == 1
    assert "Take these entries away" not in page.text
    assert app.test_client().get("/trail/mine?reason=not%20a%20code").status_code == 422
