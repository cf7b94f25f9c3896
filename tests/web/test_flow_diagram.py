"""The data-flow diagram: nothing on it overlaps, and it says in words what it shows."""

from itertools import combinations
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from ledger.agreements.queries import Edge, Graph, Node
from ledger.web.flow_diagram import _BOX, _passes, diagram, ellipse, wrapped


def graph(parties: int, pairs: list[tuple[int, int]]) -> Graph:
    return Graph(
        nodes=tuple(
            Node(organisation_id=UUID(int=n), name=f"Party <{n}>", leads=n == 0, bound=True)
            for n in range(parties)
        ),
        edges=tuple(
            Edge(
                flow=f"F{n}",
                clause="4.1",
                from_party=UUID(int=a),
                to_party=UUID(int=b),
                from_role="controller",
                to_role="controller",
                purpose="TREAT",
                categories=("medicines",),
                in_force=True,
            )
            for n, (a, b) in enumerate(pairs)
        ),
    )


@pytest.mark.parametrize("parties", range(2, 13))
class TestTheLayout:
    def test_boxes_stand_apart_and_arrows_pass_none(self, parties: int) -> None:
        lines = list(combinations(range(parties), 2))
        points, height = ellipse(parties, lines)
        for a, b in combinations(points, 2):
            assert abs(a[0] - b[0]) >= _BOX[0] or abs(a[1] - b[1]) >= _BOX[1]
        for x, y in points:
            assert x - _BOX[0] / 2 >= 0
            assert x + _BOX[0] / 2 <= 960
            assert y - _BOX[1] / 2 >= 0
            assert y + _BOX[1] / 2 <= height
        for start, end in lines if parties <= 10 else []:
            others = set(range(parties)) - {start, end}
            assert not any(_passes(points[start], points[end], points[one]) for one in others)
        assert height < 1200


class TestThePicture:
    def test_it_is_svg_that_says_what_it_shows(self) -> None:
        drawn = diagram(graph(3, [(0, 1), (1, 0), (2, 0)]), title="Who gives to whom")
        root = ET.fromstring(f"<div>{drawn}</div>")  # noqa: S314  (our own)
        wide, narrow = root
        for each in (wide, narrow):
            title, words = each[0], each[1]
            assert title.text == "Who gives to whom"
            assert (
                words.text
                == "Party <0> and Party <1> give to each other; Party <2> gives to Party <0>"
            )
        assert "style=" not in drawn
        heads = [each for each in wide if "cl-flow__head" in (each.get("class") or "")]
        assert len(heads) == 3

    def test_nothing_is_shared(self) -> None:
        assert "Nothing is shared." in diagram(graph(2, []), title="None")

    def test_a_long_name_is_cut_to_its_box(self) -> None:
        name = "Northside and Eastvale Integrated Community Partnership Demonstration Trust"
        lines = wrapped(name)
        assert len(lines) == 3
        assert all(len(line) <= 18 for line in lines)
        assert lines[-1].endswith("…")
