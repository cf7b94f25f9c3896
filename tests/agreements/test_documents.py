"""Text from templates: complete, canonical, pinned; and text from elsewhere, recognised."""

import contextlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given

from ledger.agreements.rules import document, markdown
from ledger.agreements.rules.compose import compose
from ledger.agreements.rules.document import NotADocument
from ledger.agreements.rules.template import UnreadableTemplate, read
from ledger.agreements.rules.terms import Kind, Terms, Variable
from ledger.agreements.rules.topics import ICO_CODE, REQUIRED, Topic
from ledger.agreements.templates import template_for
from tests.agreements.strategies import any_terms, sound

PINNED = {
    ("data-sharing", 1): "8ed5ee4aec349a946f0905f2b7af8f18d82540a75199d9ccee1167db5ba2bf92",
    ("pooled-fund", 1): "45cadbb6d85798e5276d1fd2aed48142c5726e8dbda6903c1d5a0ce802742e9e",
}
"""What was signed names these. Other words are another version of the template."""

MHCLG = {
    "1. Background": Topic.BACKGROUND,
    "2. Definitions": Topic.DEFINITIONS,
    "2.4 which text prevails": Topic.PRECEDENCE,
    "3.1 commencement": Topic.COMMENCEMENT,
    "3.2 amendment": Topic.AMENDMENT,
    "4.1 purpose": Topic.PURPOSE,
    "4.2 scope": Topic.SCOPE,
    "4.2 what the data holds": Topic.DATA_ITEMS,
    "4.4 special categories": Topic.SPECIAL_CATEGORIES,
    "1.5 and 8.4 processors": Topic.PROCESSORS,
    "5. Roles": Topic.ROLES,
    "5.4 privacy notice": Topic.TRANSPARENCY,
    "6. Legal basis": Topic.LAWFUL_BASIS,
    "6.3 criminal convictions": Topic.CRIMINAL_OFFENCE_DATA,
    "7. Use of data": Topic.USE_LIMITS,
    "8. Security of transfer": Topic.SECURITY,
    "8.2 and 9.3 who has access": Topic.ACCESS_CONTROL,
    "9.1 personnel": Topic.STAFF,
    "9.2 confidentiality": Topic.CONFIDENTIALITY,
    "10. Freedom of information": Topic.FREEDOM_OF_INFORMATION,
    "11. Loss or release": Topic.BREACHES,
    "12. Authorised representatives": Topic.CONTACTS,
    "13. Publications": Topic.PUBLICATION,
    "14. Disputes": Topic.DISPUTES,
    "15.1 leaving with notice": Topic.LEAVING,
    "15.2 termination": Topic.TERMINATION,
    "16. Statutory compliance": Topic.COMPLIANCE,
    "Signatures": Topic.SIGNING,
}
"""What the real agreement of SOURCES.md covers, by its places, and our topic for each."""

ID = UUID(int=9)


def made(terms: Terms) -> document.Document:
    return compose(template_for(terms.kind), terms, agreement_id=ID, version=1)


@pytest.mark.parametrize("kind", Kind)
def test_our_template_has_a_clause_for_everything_required(kind: Kind) -> None:
    topics = {paragraph.topic for paragraph in template_for(kind).paragraphs}
    assert REQUIRED[kind] <= topics


@pytest.mark.parametrize("place", MHCLG)
def test_our_template_covers_everything_the_real_agreement_covers(place: str) -> None:
    topics = {paragraph.topic for paragraph in template_for(Kind.DATA_SHARING).paragraphs}
    assert MHCLG[place] in topics


@pytest.mark.parametrize("kind", Kind)
def test_a_template_changes_only_with_its_version(kind: Kind) -> None:
    template = template_for(kind)
    assert PINNED[template.name, template.version] == template.sha256


@given(any_terms)
def test_any_document_reads_back_from_its_text(terms: Terms) -> None:
    document_ = made(terms)
    assert document.read(document_.text, document_.labels) == document_


def test_the_digest_covers_what_programs_read() -> None:
    terms = sound()
    other = replace(terms, notice_days=terms.notice_days, renews_id=ID)  # In no sentence.
    assert made(terms).sha256 != made(other).sha256


def test_a_text_changed_by_a_character_is_not_canonical() -> None:
    text = made(sound()).text
    for changed in (text + "\n", text.replace("\n\n1.1 ", "\n\n1.1  "), text[:-1], "x\n\n(y)\n"):
        with pytest.raises(NotADocument):
            document.read(changed)


def test_blanks_are_filled_once_and_stay_visible_while_empty() -> None:
    variables = (Variable(name="background", value="{aim} and\n\n2 Forged\n\n2.1 clause"),)
    text = made(sound(variables=variables)).text
    assert "1.2 {aim} and 2 Forged 2.1 clause\n" in text
    assert "[aim: to be filled in]" in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front matter", r"\+\+\+"),
        ('+++\nname = "x"\n+++\n', "version"),
        ('+++\nname="x"\nversion=1\nkind="data-sharing"\nheading="h"\n+++\nplain\n', "topic"),
        ('+++\nname="x"\nversion=1\nkind="data-sharing"\nheading="h"\n+++\n[no] x\n', "no"),
    ],
)
def test_a_template_that_breaks_the_format_says_where(text: str, says: str) -> None:
    with pytest.raises(UnreadableTemplate, match=says):
        read(text)


class TestTheRealAgreement:
    @pytest.fixture
    def text(self, real_data: Path) -> str:
        path = real_data / "agreements/mhclg_core_data_sharing_agreement.md"
        return path.read_text(encoding="utf-8")

    def test_its_sections_and_clauses_keep_their_numbers(self, text: str) -> None:
        made = compose(markdown.recognise(text), sound(), agreement_id=ID, version=1)
        by_number = {clause.number: clause for clause in made.clauses}
        headings = {clause.number.split(".")[0]: clause.heading for clause in made.clauses}
        assert [headings[str(n)] for n in (1, 7, 16)] == [
            "Background",
            "Use of data",
            "Statutory compliance",
        ]
        assert by_number["15.1"].text.startswith("Any Party may terminate")
        assert by_number["8.4"].text.startswith("CORE team members")
        assert document.read(made.text, made.labels) == made

    @pytest.mark.parametrize(
        ("number", "topic"),
        [
            ("0.1", Topic.PARTIES),
            ("1.1", Topic.BACKGROUND),
            ("1.5", Topic.PROCESSORS),
            ("2.1", Topic.DEFINITIONS),
            ("3.1", Topic.COMMENCEMENT),
            ("3.2", Topic.AMENDMENT),
            ("4.1", Topic.PURPOSE),
            ("4.4", Topic.SPECIAL_CATEGORIES),
            ("5.1", Topic.ROLES),
            ("5.5", Topic.TRANSPARENCY),
            ("6.1", Topic.LAWFUL_BASIS),
            ("6.3", Topic.CRIMINAL_OFFENCE_DATA),
            ("7.1", Topic.USE_LIMITS),
            ("8.1", Topic.SECURITY),
            ("8.2", Topic.ACCESS_CONTROL),
            ("9.3", Topic.STAFF),
            ("10.1", Topic.FREEDOM_OF_INFORMATION),
            ("11.1", Topic.BREACHES),
            ("12.1", Topic.CONTACTS),
            ("13.1", Topic.PUBLICATION),
            ("14.1", Topic.DISPUTES),
            ("15.1", Topic.TERMINATION),
            ("16.1", Topic.COMPLIANCE),
            ("17.1", Topic.SIGNING),
        ],
    )
    def test_its_clauses_are_recognised(self, text: str, number: str, topic: Topic) -> None:
        made = compose(markdown.recognise(text), sound(), agreement_id=ID, version=1)
        assert {clause.number: clause.topic for clause in made.clauses}[number] is topic

    def test_every_clause_is_recognised_and_no_person_is_kept(self, text: str) -> None:
        template = markdown.recognise(text)
        assert [p.text for p in template.paragraphs if p.topic is None] == []
        kept = "\n".join(paragraph.text for paragraph in template.paragraphs)
        assert "@" not in kept
        for name in ("Worledge", "Tudor"):
            assert name not in kept

    def test_what_the_code_asks_for_and_it_lacks_is_named(self, text: str) -> None:
        settled = {paragraph.topic for paragraph in markdown.recognise(text).paragraphs}
        assert {Topic.RETENTION, Topic.INDIVIDUAL_RIGHTS} <= ICO_CODE - settled


def test_leaving_personal_details_out_twice_is_as_once() -> None:
    text = "Name: Ada Example\nE-mail address: a@b.example Telephone number: 0113 496 0000\nName:"
    once = markdown.without_personal(text)
    assert "Ada" not in once
    assert "0113" not in once
    assert markdown.without_personal(once) == once


@pytest.mark.parametrize("text", ["", "# Only a title", "x" * 200_001])
def test_a_text_without_clauses_is_refused(text: str) -> None:
    with pytest.raises(markdown.UnreadableMarkdown):
        markdown.recognise(text)


def test_the_day_is_written_as_people_do() -> None:
    text = made(sound(starts_on=date(2026, 4, 5))).text
    assert "from 5 April 2026 to" in text


@pytest.mark.parametrize(
    "text",
    [
        "# a\n" * 40_000 + "1.1. b",
        "a" * 190_000 + "\n\n1.1. b",
        "0 " * 90_000 + "a",
        "name: " * 30_000,
        "a@" * 90_000,
        "1.1. " + "[a " * 60_000,
        "x\n\n" * 60_000,
        "# a\n\nx\n\n" * 1_000,
        "1.1. a\n\n" + "- x\n\n" * 2_000,
    ],
)
def test_a_hostile_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(markdown.UnreadableMarkdown):
        made = compose(markdown.recognise(text), sound(), agreement_id=ID, version=1)
        assert document.read(made.text, made.labels) == made
