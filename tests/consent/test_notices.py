"""What a person reads before they answer."""

from ledger.consent.rules import Effect, notices

CARE = notices.Subject(
    agreement="Falls pathway",
    purpose="TREAT",
    organisations=["Demonstration Council"],
    categories=["Your medicines"],
)


def test_a_yes_says_who_gets_what_for_what_and_how_to_change_ones_mind() -> None:
    text = notices.text(CARE, Effect.PERMIT)
    for words in (
        "Demonstration Council",
        "Your medicines",
        "looking after you",
        "change your mind",
    ):
        assert words in text


def test_a_no_to_care_says_what_may_go_wrong_and_what_an_emergency_changes() -> None:
    text = notices.text(CARE, Effect.DENY)
    assert "may then not know" in text
    assert "In an emergency" in text


def test_a_no_to_another_use_says_that_care_goes_on() -> None:
    research = notices.Subject(
        agreement="Falls study", purpose="HRESCH", organisations=["A"], categories=[]
    )
    assert "Your own care goes on" in notices.text(research, Effect.DENY)
