"""The whole policy as a table: every role, permission and relation, decided.

When this fails after a deliberate change to policies/, write the page again with
`make docs`: the diff is what the governance board reviews.
"""

from tests.docs import permissions_page


def test_the_policy_decides_exactly_what_reviewers_have_read() -> None:
    page, file = permissions_page()
    assert file.read_text() == page
