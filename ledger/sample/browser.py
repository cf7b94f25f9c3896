"""A browser that reads no scripts: how the sample signs in, and signs, as people do.

Evidence of a signature is never made up. So whoever signs in the sample signs in first, at
the address people use: OAuth with authorization code and PKCE, the form with name and
password, the form with what they sign.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, Self
from urllib.parse import urljoin

import requests

from ledger.core.errors import Bug

_WAIT_S: Final = 30
_HOPS_MAX: Final = 12


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what is filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Collects the forms of a page, and where it leads on to by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.goes_on: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            self.goes_on = given["content"].partition("url=")[2]
        elif tag == "input" and self.forms and given.get("type") not in ("checkbox", "radio"):
            self.forms[-1].fields.setdefault(given.get("name", ""), given.get("value", ""))


class Browser:
    """One person's browser. What it shows last is `page`."""

    def __init__(self, address: str) -> None:
        self._address: Final = address
        self._session: Final = requests.Session()
        self.page: str = ""
        self.at: str = address

    @classmethod
    def signed_in(cls, address: str, username: str, password: str) -> Self:
        """Return a browser in which somebody has just signed in."""
        browser = cls(address)
        browser.open("/sign-in")
        browser.send({"username": username, "password": password}, having="password")
        if browser.at.startswith(urljoin(address, "/sign-in/")) and "role" not in browser.at:
            raise Bug(f"{username} could not sign in: see {browser.at}")
        return browser

    def open(self, path: str) -> str:
        """Go to a page of the service and return it."""
        return self._show(self._session.get(urljoin(self.at, path), timeout=_WAIT_S))

    def send(self, values: dict[str, str], *, having: str) -> str:
        """Fill in the form of this page that has a field called *having*, and send it.

        Raises:
            Bug: no such form is there, or it was refused.
        """
        parser = _Forms()
        parser.feed(self.page)
        chosen = next((form for form in parser.forms if having in form.fields), None)
        if chosen is None:
            raise Bug(f"{self.at} has no form with {having!r}")
        answer = self._session.request(
            chosen.method,
            urljoin(self.at, chosen.action),
            data={**chosen.fields, **values},
            timeout=_WAIT_S,
        )
        return self._show(answer)

    def _show(self, answer: requests.Response) -> str:
        for _ in range(_HOPS_MAX):
            if not answer.ok:
                raise Bug(f"{answer.url} answered {answer.status_code}: {answer.text[:2000]}")
            self.page, self.at = answer.text, answer.url
            parser = _Forms()
            parser.feed(self.page)
            if parser.goes_on is None:
                return self.page
            answer = self._session.get(urljoin(self.at, parser.goes_on), timeout=_WAIT_S)
        raise Bug(f"{self.at} leads on and on")
