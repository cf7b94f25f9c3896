"""Names in a font that lacks their letters: always spelled, never as question marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.lettering import Lettering


def ascii_only() -> Lettering:
    return Lettering(lambda letter: letter.isascii() and letter.isprintable())


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Siân Ŵyn", "Sian Wyn"),
        ("Łukasz Dąbrowski", "Lukasz Dabrowski"),
        ("Nguyễn", "Nguyen"),
        ("Жанна Щукина", "Zhanna Shchukina"),
        ("Γιώργος Ψαρράς", "Giorgos Psarras"),
        ("e\u0301", "e"),
        ("中", "[U+4E2D]"),
    ],
)
def test_a_name_is_spelled_in_the_letters_there_are(name: str, spelled: str) -> None:
    spell = ascii_only()
    assert spell(name) == spelled
    assert spell.lacked


@given(st.text(st.characters(categories=("L", "M", "N", "S", "Z"))))
def test_what_comes_out_is_in_the_font_and_asks_nothing(text: str) -> None:
    spell = ascii_only()
    said = spell(text)
    assert all(letter == "\n" or (letter.isascii() and letter.isprintable()) for letter in said)
    assert "?" not in said
    assert spell.lacked or said == text
