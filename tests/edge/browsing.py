"""A browser as far as signing in needs one: cookies, links, and forms with what they hide."""

import re
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'<main.*?<form method="post" action="([^"]*)"', re.DOTALL)


class Browser:
    """Follows redirects as long as they stay on one host."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = requests.Session()
        self.cookies.headers["Accept"] = "text/html"

    def get(self, path: str, *, follow: bool = True) -> requests.Response:
        answer = self.cookies.get(self._at(path), allow_redirects=False)
        return self._followed(answer) if follow else answer

    def send(
        self, page: requests.Response, *, follow: bool = True, **fields: str
    ) -> requests.Response:
        """Send the form of a page, with what it hides and with *fields*."""
        action = _ACTION.search(page.text)
        assert action, page.text[:2000]
        address = urljoin(page.url, unescape(action[1])) if action[1] else page.url
        main = page.text[page.text.index("<main") :]
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(main)}
        answer = self.cookies.post(address, data={**hidden, **fields}, allow_redirects=False)
        return self._followed(answer) if follow else answer

    def sign_in(self, username: str, password: str, *, to: str = "/") -> requests.Response:
        page = self.get(f"/sign-in?next={to}")
        return self.send(page, username=username, password=password)

    def cookie(self) -> str | None:
        return self.cookies.cookies.get("ledger")

    def _at(self, path: str) -> str:
        return urljoin(self.url, path)

    def _followed(self, answer: requests.Response) -> requests.Response:
        while answer.is_redirect:
            there = urljoin(answer.url, answer.headers["Location"])
            if not there.startswith(self.url + "/"):
                break
            answer = self.cookies.get(there, allow_redirects=False)
        return answer


def query(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
