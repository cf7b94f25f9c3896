"""Breaking the glass, and looking at it afterwards. Pure."""

from ledger.core.errors import Conflict, Forbidden, Invalid

WORDS_MAX = 2000


class OverrideWithoutReason(Invalid):
    """The glass is broken with a reason in words, or not at all."""

    slug = "override-without-reason"
    title = "Say why you need to override the patient's choices"


class OverrideByProgram(Forbidden):
    """A person breaks the glass and a person reviews that, never a program by itself."""

    slug = "override-by-program"
    title = "Only a person who has signed in can do this"


class OverrideOwnReview(Conflict):
    """Nobody reviews themselves."""

    slug = "override-own-review"
    title = "Somebody else has to review this"


class OverrideReviewed(Conflict):
    """A review is closed once."""

    slug = "override-already-reviewed"
    title = "This has already been reviewed"


class OverrideNotForOthers(Conflict):
    """A second person stands by a broken glass only where others would be harmed."""

    slug = "override-not-for-others"
    title = "This was not opened because others are at risk"


class OverrideOver(Conflict):
    """Its minutes are over, a reviewer ended it, or two people stand by it already."""

    slug = "override-over"
    title = "There is nothing left to stand by"


class OverrideOwnSecond(Conflict):
    """Two people are two people."""

    slug = "override-own-second"
    title = "Somebody else has to stand by this"


def check_second(*, own: bool, for_others: bool, is_open: bool) -> None:
    """Check that a second person may stand by a broken glass.

    Raises:
        OverrideOwnSecond, OverrideNotForOthers, OverrideOver: see each.
    """
    if own:
        raise OverrideOwnSecond("you broke the glass; ask a colleague who may do so too")
    if not for_others:
        raise OverrideNotForOthers("the patient's emergency refusal stands")
    if not is_open:
        raise OverrideOver("break the glass again if it is needed")


def check_open(reason: str, *, is_person: bool) -> None:
    """Check that a person gives a reason.

    Raises:
        OverrideByProgram, OverrideWithoutReason: see each.
    """
    if not is_person:
        raise OverrideByProgram("sign in as the person who gives the care")
    if not 0 < len(reason.strip()) <= WORDS_MAX:
        raise OverrideWithoutReason(f"write between 1 and {WORDS_MAX} characters")


def check_review(*, reviewed: bool, own: bool) -> None:
    """Check that a review may be closed.

    Raises:
        OverrideReviewed, OverrideOwnReview: see each.
    """
    if own:
        raise OverrideOwnReview("you broke the glass; ask a colleague to review it")
    if reviewed:
        raise OverrideReviewed("open it to read the finding")


def check_finding(finding: str) -> None:
    """Check that a review says what was found.

    Raises:
        Invalid: it does not, or at too great length.
    """
    if not 0 < len(finding.strip()) <= WORDS_MAX:
        raise Invalid(f"say what you found, in 1 to {WORDS_MAX} characters")
