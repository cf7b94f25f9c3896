"""The law a flow of data stands on, as far as a program can check it.

UK GDPR Articles 6 and 9, Schedule 1 of the Data Protection Act 2018, and the common
law duty of confidentiality (with section 251 of the NHS Act 2006 as one way past it).
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.vocabulary.categories import Category


class Article6(StrEnum):
    """UK GDPR Article 6(1): what makes any processing lawful."""

    CONSENT = "6(1)(a)"
    CONTRACT = "6(1)(b)"
    LEGAL_OBLIGATION = "6(1)(c)"
    VITAL_INTERESTS = "6(1)(d)"
    PUBLIC_TASK = "6(1)(e)"
    LEGITIMATE_INTERESTS = "6(1)(f)"


class Article9(StrEnum):
    """UK GDPR Article 9(2): what lifts the ban on special categories of data."""

    EXPLICIT_CONSENT = "9(2)(a)"
    SOCIAL_PROTECTION = "9(2)(b)"
    VITAL_INTERESTS = "9(2)(c)"
    SUBSTANTIAL_PUBLIC_INTEREST = "9(2)(g)"
    HEALTH_OR_SOCIAL_CARE = "9(2)(h)"
    PUBLIC_HEALTH = "9(2)(i)"
    RESEARCH = "9(2)(j)"


class Schedule1(StrEnum):
    """The condition in Schedule 1 of the DPA 2018, by part and paragraph."""

    SOCIAL_PROTECTION = "part 1 paragraph 1"
    HEALTH_OR_SOCIAL_CARE = "part 1 paragraph 2"
    PUBLIC_HEALTH = "part 1 paragraph 3"
    RESEARCH = "part 1 paragraph 4"
    STATUTORY_PURPOSES = "part 2 paragraph 6"
    EQUALITY = "part 2 paragraph 8"
    SAFEGUARDING = "part 2 paragraph 18"


class CommonLaw(StrEnum):
    """How the common law duty of confidentiality is met."""

    IMPLIED_CONSENT = "implied-consent"
    EXPLICIT_CONSENT = "explicit-consent"
    STATUTE = "statute"
    SECTION_251 = "section-251"
    PUBLIC_INTEREST = "overriding-public-interest"


SCHEDULE_1_FOR: Final = MappingProxyType(
    {
        Article9.SOCIAL_PROTECTION: frozenset({Schedule1.SOCIAL_PROTECTION}),
        Article9.HEALTH_OR_SOCIAL_CARE: frozenset({Schedule1.HEALTH_OR_SOCIAL_CARE}),
        Article9.PUBLIC_HEALTH: frozenset({Schedule1.PUBLIC_HEALTH}),
        Article9.RESEARCH: frozenset({Schedule1.RESEARCH}),
        Article9.SUBSTANTIAL_PUBLIC_INTEREST: frozenset(
            {Schedule1.STATUTORY_PURPOSES, Schedule1.EQUALITY, Schedule1.SAFEGUARDING}
        ),
    }
)
"""DPA 2018 section 10: the Article 9 conditions that need one of Schedule 1 as well."""

NEEDS_POLICY_DOCUMENT: Final = frozenset(
    {
        Schedule1.SOCIAL_PROTECTION,
        Schedule1.STATUTORY_PURPOSES,
        Schedule1.EQUALITY,
        Schedule1.SAFEGUARDING,
    }
)
"""Schedule 1 paragraphs 1 and 5: an appropriate policy document must be in place."""

ORDINARY: Final = frozenset({Category.DEMOGRAPHICS, Category.CONTACT_DETAILS, Category.FINANCE})
"""Personal, but by themselves not about health: all other categories are special."""

SENSITIVE: Final = frozenset(
    {
        Category.MENTAL_HEALTH,
        Category.SEXUAL_HEALTH,
        Category.SUBSTANCE_USE,
        Category.GENETICS,
        Category.SAFEGUARDING,
    }
)
"""Whatever the purpose, a Caldicott guardian approves sharing these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulBasis:
    """What one flow stands on. Whether it is enough, `checks` says."""

    article_6: Article6
    article_9: Article9 | None = None
    schedule_1: Schedule1 | None = None
    common_law: CommonLaw | None = None


def special(categories: frozenset[Category]) -> frozenset[Category]:
    """Return those that are special categories (UK GDPR Article 9) and confidential."""
    return categories - ORDINARY
