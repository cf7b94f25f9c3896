"""Cursors, entity tags and limits."""

import pytest
from flask.typing import ResponseReturnValue

from ledger.edge import cursors, etags
from ledger.edge.limits import limiter
from tests.api.conftest import SOMEBODY, Probe

NUMBERS = range(10)


def numbers() -> ResponseReturnValue:
    limit = cursors.limit()
    after = cursors.after(of="numbers", shape=(int,))
    first = after[0] + 1 if after else 0
    shown = [number for number in NUMBERS if number >= first][: limit + 1]
    more = (shown[limit - 1],) if len(shown) > limit else None
    return {"items": shown[:limit]}, 200, cursors.links(next_after=more, of="numbers")


def next_path(link: str) -> str:
    address, relation = link.split(";")
    assert relation.strip() == 'rel="next"'
    return address[1:-1]


def test_following_the_links_gives_every_item_once(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/numbers": numbers}, SOMEBODY)
    seen: list[int] = []
    path: str | None = "/api/v1/numbers?limit=3&colour=red"
    while path:
        answer = client.get(path)
        seen += (answer.json or {})["items"]
        path = next_path(answer.headers["Link"]) if "Link" in answer.headers else None
    assert seen == list(NUMBERS)


def test_a_cursor_goes_with_its_question_and_its_caller(light_probe: Probe) -> None:
    client = light_probe({"/api/v1/numbers": numbers}, SOMEBODY)
    path = next_path(client.get("/api/v1/numbers?limit=3&colour=red").headers["Link"])
    after = path.split("after=")[1].split("&")[0]

    assert client.get(f"/api/v1/numbers?colour=red&limit=5&after={after}").status_code == 200
    other_caller = light_probe({"/api/v1/numbers": numbers})
    for asker, wrong in [
        (client, f"/api/v1/numbers?colour=blue&after={after}"),
        (client, f"/api/v1/numbers?colour=red&after={after[:-1]}"),
        (client, "/api/v1/numbers?after=WzNd"),
        (other_caller, f"/api/v1/numbers?colour=red&after={after}"),
    ]:
        answer = asker.get(wrong)
        assert (answer.status_code, (answer.json or {})["type"]) == (422, "/problems/bad-cursor")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1e1", "٣", "9" * 5000])
def test_a_page_size_that_is_none(light_probe: Probe, limit: str) -> None:
    answer = light_probe({"/api/v1/numbers": numbers}).get(f"/api/v1/numbers?limit={limit}")
    assert (answer.status_code, (answer.json or {})["errors"][0]["field"]) == (422, "limit")


def change() -> ResponseReturnValue:
    etags.require_match(7)
    return {"changed": True}, 200, etags.header(8)


@pytest.mark.parametrize(
    ("if_match", "status"),
    [(None, 200), ('"7"', 200), ("*", 200), ('"6", "7"', 200), ('"6"', 412), ("nonsense", 412)],
)
def test_a_change_must_be_to_what_was_seen(
    light_probe: Probe, if_match: str | None, status: int
) -> None:
    headers = {"If-Match": if_match} if if_match else {}
    answer = light_probe({"/api/v1/x": change}).put("/api/v1/x", headers=headers)
    assert answer.status_code == status
    if status == 412:
        assert (answer.json or {})["type"] == "/problems/stale"
    else:
        assert answer.headers["ETag"] == '"8"'


def test_callers_are_told_where_they_stand_and_then_to_wait(light_probe: Probe) -> None:
    def view() -> ResponseReturnValue:
        return {"ok": True}

    client = light_probe({"/api/v1/limited": limiter.limit("2 per minute")(view)})

    answers = [client.get("/api/v1/limited") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "w=60" in answers[0].headers["RateLimit-Policy"]
    assert ";r=" in answers[0].headers["RateLimit"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].content_type == "application/problem+json"
