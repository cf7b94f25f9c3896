"""Problems that no area raises: those of HTTP itself, and of single addresses."""

from collections.abc import Mapping
from typing import Final

from ledger.core.errors import NotFound

WORDS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: (
        "bad-request",
        "The request cannot be read",
        "Check what was sent, and send it again.",
    ),
    404: (NotFound.slug, NotFound.title, "Check the address."),
    405: (
        "method-not-allowed",
        "This address does not take that method",
        "The Allow header lists those it takes.",
    ),
    406: (
        "not-acceptable",
        "We cannot answer in that form",
        "Let the Accept header name application/json.",
    ),
    413: ("too-large", "The request is too large", "Send less at once."),
    415: (
        "unsupported-media-type",
        "This kind of content is not taken here",
        "Send it as application/json.",
    ),
    429: (
        "too-many-requests",
        "Too many requests",
        "Wait as long as the Retry-After header says, then go on.",
    ),
    500: (
        "unforeseen",
        "Something went wrong here",
        "It has been logged under this request's id. Nothing was recorded; try again later.",
    ),
    503: (
        "database-unavailable",
        "The service cannot reach its data now",
        "Nothing was recorded. Try again in a minute; if it goes on, tell whoever runs it.",
    ),
}
"""Problems of HTTP itself, by status: slug, title, and what to do."""

BESIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "form-expired": (
        "400",
        "This form can no longer be sent",
        "A form was open for too long, or was opened before signing in. Open the page again.",
    ),
    "not-a-question": (
        "400",
        "This is not a question",
        "What was sent to be decided is not a question as AuthZEN spells it.",
    ),
    "unreadable": (
        "4xx",
        "The question cannot be read",
        "What was sent to be decided could not be read at all, as when it is not JSON.",
    ),
    "http": (
        "any other",
        "The request cannot be answered",
        "HTTP itself refuses the request; the status of the answer says which way.",
    ),
}
"""Problems that have no status of their own, by slug: status, title, and when they happen."""
