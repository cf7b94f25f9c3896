"""Entries are for ever: well named, with pinned bytes, and each with its projection."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import ledger
from audit import Entry, Record
from audit.entries import KINDS
from ledger.core.projection import PROJECTIONS
from ledger.wiring import PROJECTIONS as WIRED
from tests.architecture.samples import record_of

for _name in WIRED:
    import_module(_name)  # As the application does: that registers them.

BYTES = Path(__file__).parent / "entry_bytes.txt"
AREAS_OF_CORE = {"authority", "log", "policy", "trail"}


def declared_here() -> list[type[Entry]]:
    return [kind for kind in KINDS.values() if kind.__module__.startswith("ledger.")]


def table() -> str:
    """Return what `entry_bytes.txt` must hold: the bytes of a sample of every kind."""
    return "".join(
        f"{kind} v{version}\n{record_of(declared).to_bytes().decode()}\n\n"
        for (kind, version), declared in sorted(KINDS.items())
        if declared.__module__.startswith("ledger.")
    )


def test_kinds_are_an_area_and_a_past_participle() -> None:
    singular = {"agreements": "agreement", "messages": "message"}
    for declared in declared_here():
        area = declared.__module__.split(".")[1]
        areas = AREAS_OF_CORE if area == "core" else {singular.get(area, area)}
        assert re.fullmatch(rf"({'|'.join(areas)})\.[a-z]+(-[a-z]+)*", declared.kind), declared.kind
        assert declared.version >= 1
        assert declared.__doc__, f"{declared.kind} does not say what it means"


def test_every_kind_has_one_projection_or_says_why_it_has_none() -> None:
    assert set(PROJECTIONS) == set(declared_here())
    for declared, projection in PROJECTIONS.items():
        assert not isinstance(projection, str) or len(projection.split()) > 3, declared.kind


def test_every_areas_projections_are_wired() -> None:
    found = {
        module.name
        for module in pkgutil.walk_packages(ledger.__path__, "ledger.")
        if re.fullmatch(r"ledger\.(?!core)\w+\.projection", module.name)
    }
    also_change_state = {
        "ledger.access.reported.projection",
        "ledger.governance.motions.projection",
        "ledger.core.entries",
        "ledger.core.log_projection",
        "ledger.core.heads",
        "ledger.directory.recovering",
        "ledger.directory.care_projection",
        "ledger.agreements.endings",
        "ledger.directory.retention.projection",
        "ledger.directory.succession.projection",
        "ledger.directory.identity.projection",
        "ledger.access.breaches.projection",
        "ledger.access.matters.projection",
        "ledger.access.keeping.projection",
        "ledger.access.trying_entries",
        "ledger.consent.marks.projection",
        "ledger.messages.contact.projection",
        "ledger.consent.joining",
        "ledger.directory.acting.projection",
        "ledger.consent.proxies.projection",
        "ledger.agreements.duties",
        "ledger.consent.asking.projection",
        "ledger.consent.notices.projection",
    }
    assert set(WIRED) == found | also_change_state


def test_the_bytes_of_every_kind_never_change() -> None:
    """A new kind is a new line; a changed line is a mistake: declare a new version instead.

    `python -m tests.docs` writes the file again.
    """
    assert table() == BYTES.read_text()


def test_every_sample_reads_back() -> None:
    for declared in declared_here():
        body = record_of(declared).to_bytes()
        assert Record.from_bytes(body).to_bytes() == body


def test_what_a_private_group_holds_may_be_gone() -> None:
    for declared in declared_here():
        for names, _ in declared.groups.values():
            for name in names:
                assert type(None) in getattr(declared.hints[name], "__args__", ()), (
                    f"{declared.kind}.{name} must allow None: it may be erased"
                )


PERSONAL = re.compile(
    r"(^|_)(e-?mail|phone|address|birth|nhs_number|surname|given_name|family_name|free_text|words|note"
    r"|comment|postcode|sub|user_agent|ip)$"
)
MAY_BE_PUBLIC = {
    ("directory.organisation-registered", "postcode"): "of an organisation",
}


def test_nothing_that_is_personal_by_name_is_in_the_hashed_bytes() -> None:
    found = {
        (declared.kind, name)
        for declared in declared_here()
        for name in declared.public
        if PERSONAL.search(name)
    }
    assert found == set(MAY_BE_PUBLIC)
