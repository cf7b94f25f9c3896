"""Random lives of an agreement, asked by access's question, against a plain model of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from ledger.agreements import queries, service
from ledger.agreements.rules.cover import Cover
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.signing import StepUp
from ledger.agreements.rules.terms import Mode, Terms
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import SYSTEM, organisation

DAY = timedelta(days=1)
CATEGORIES = (Category.MEDICINES, Category.CARE_PLAN)
WHO = st.integers(0, 2)
STEPS = st.lists(
    st.tuples(st.sampled_from(["sign", "sign", "sign", "withdraw"]), WHO)
    | st.tuples(st.sampled_from(["amend", "wait", "suspend"]), st.integers(1, 60))
    | st.tuples(st.sampled_from(["resume", "terminate"]), st.just(0)),
    min_size=4,
    max_size=14,
)


@dataclass
class Text:
    """A version in the plainest words: what goes between whom, and who is bound."""

    flows: dict[tuple[int, int], frozenset[Category]]
    starts: date
    ends: date
    bound: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=lambda: {0, 1, 2})
    since: dict[tuple[int, int], date] = field(default_factory=dict)


@dataclass
class Model:
    """What an agreement should be: days and sets, no tables and no entries."""

    mode: Mode
    in_force: list[Text] = field(default_factory=list)
    open: Text | None = None
    suspended_to: date | None = None
    leaves: dict[int, date] = field(default_factory=dict)

    def counted(self, text: Text) -> set[tuple[int, int]]:
        if self.mode is Mode.PAIRWISE:
            return {pair for pair in text.flows if set(pair) <= text.bound}
        return set(text.flows) if text.bound >= {0, 1, 2} else set()

    def came_in_force(self, text: Text, today: date) -> None:
        text.starts = max(text.starts, today)
        if self.in_force:
            last = self.in_force[-1]
            last.ends = min(last.ends, text.starts - DAY)
        self.in_force.append(text)
        self.open = None
        self.added(text, text.starts)
        if self.leaves:
            text.ends = min([text.ends, *self.ended_by()])

    def added(self, text: Text, day: date) -> None:
        for pair in self.counted(text):
            text.since.setdefault(pair, max(day, text.starts))

    def ended_by(self) -> list[date]:
        """The last days that departures leave: without the first party, or with one alone."""
        days = sorted(self.leaves.values())
        lead = [self.leaves[0]] if 0 in self.leaves else []
        return [day - DAY for day in [*lead, *days[1:2]]]

    def covers(self, pair: tuple[int, int], category: Category, day: date) -> bool:
        if self.suspended_to is not None and day <= self.suspended_to:
            return False
        if any(self.leaves.get(one, date.max) <= day for one in pair):
            return False
        return any(
            pair in text.since
            and text.since[pair] <= day <= text.ends
            and category in text.flows[pair]
            for text in self.in_force
        )


class Life:
    """The same steps, taken by the commands and by the model."""

    def __init__(self, mode: Mode) -> None:
        self.ids = [organisation() for _ in range(3)]
        self.people = [given.signatory(at=one) for one in self.ids]
        self.days = 0
        self.model = Model(mode)
        self.terms = given.terms(*self.ids, mode=mode, notice_days=5)
        self.agreement_id = given.proposed(self.terms, by=self.people[0])
        self.number = 1
        self.model.open = self.text_of(self.terms)

    @property
    def today(self) -> date:
        return NOW.date() + self.days * DAY

    def text_of(self, terms: Terms) -> Text:
        place = {one: n for n, one in enumerate(self.ids)}
        flows = {(place[f.from_party], place[f.to_party]): f.categories for f in terms.flows}
        return Text(flows=flows, starts=terms.starts_on, ends=terms.ends_on)

    def done(self, actor: Actor, command: Callable[[UnitOfWork], object]) -> bool:
        """Say whether a command was carried out; a refused one changes nothing in either."""
        try:
            with unit_of_work(actor, now=NOW + self.days * DAY) as work:
                command(work)
        except LedgerError:
            return False
        return True

    def sign(self, who: int) -> None:
        actor = self.people[who]
        shown = queries.version(db.session(), actor, self.agreement_id, self.number)
        signs = self.done(
            actor,
            lambda work: service.sign(
                work,
                self.agreement_id,
                number=self.number,
                document_sha256=shown.document_sha256,
                sign_in=given.sign_in(actor, at=work.now),
                asks=StepUp(),
            ),
        )
        if not signs:
            return
        model, text = self.model, self.model.open
        if text is None:
            text = model.in_force[-1]
            text.bound.add(who)
            model.added(text, self.today)
            return
        text.bound.add(who)
        awaited = text.asked & (model.in_force[-1].bound if model.in_force else set())
        if model.counted(text) and awaited <= text.bound:
            model.came_in_force(text, self.today)

    def amend(self, place: int) -> None:
        """Take a category out of one flow, or give it back."""
        flows = list(self.terms.flows)
        flow = flows[place % len(flows)]
        other = flow.categories ^ {CATEGORIES[place % 2]}
        if not other:
            return
        flows[place % len(flows)] = replace(flow, categories=other)
        terms = replace(self.terms, flows=tuple(flows), starts_on=self.today)
        lead = self.people[0]
        if self.model.open is not None or not self.model.in_force:
            return
        if not self.done(lead, lambda work: service.amend(work, self.agreement_id, terms=terms)):
            return
        if not self.done(lead, lambda work: service.propose(work, self.agreement_id)):
            self.days = 10_000  # A draft that cannot be proposed: this life ends here.
            return
        self.terms, self.number = terms, self.number + 1
        text = self.text_of(terms)
        text.asked = {self.ids.index(flow.from_party), self.ids.index(flow.to_party)}
        text.bound = self.model.in_force[-1].bound - text.asked
        self.model.open = text

    def suspend(self, days: int) -> None:
        to = self.today + days * DAY
        command = self.on(service.suspend, ground=Ground.REVIEW, to=to)
        if self.done(self.people[0], command):
            self.model.suspended_to = to

    def resume(self, _: int) -> None:
        if self.done(self.people[0], self.on(service.resume)):
            self.model.suspended_to = None

    def terminate(self, _: int) -> None:
        if self.done(self.people[0], self.on(service.terminate, ground=Ground.BREACH)):
            for text in self.model.in_force:
                text.ends = min(text.ends, self.today - DAY)
            self.days = 10_000

    def withdraw(self, who: int) -> None:
        leaves_on = self.today + 7 * DAY
        if self.done(self.people[who], self.on(service.withdraw, leaves_on=leaves_on)):
            self.model.leaves[who] = leaves_on
            for text in self.model.in_force:
                text.ends = min([text.ends, *self.model.ended_by()])

    def wait(self, days: int) -> None:
        self.days += days % 10
        self.done(SYSTEM, service.lapse)
        self.done(SYSTEM, service.depart)
        if self.model.suspended_to is not None and self.model.suspended_to < self.today:
            self.model.suspended_to = None

    def on(self, command: Callable[..., object], **asked: object) -> Callable[[UnitOfWork], object]:
        return lambda work: command(work, self.agreement_id, **asked)

    def check(self) -> None:
        for a in range(3):
            for b in {0, 1, 2} - {a}:
                kept = queries.between(db.session(), from_party=self.ids[a], to_party=self.ids[b])
                for category in CATEGORIES:
                    for ahead in (0, 1, 6, 7, 40):
                        self.compare((a, b), category, self.today + ahead * DAY, kept)

    def compare(
        self, pair: tuple[int, int], category: Category, on: date, kept: queries.Between
    ) -> None:
        answer = kept.covering(purpose="TREAT", category=category, on=on)
        parties: tuple[UUID, UUID] = (self.ids[pair[0]], self.ids[pair[1]])
        assert answer == queries.covering(
            db.session(),
            from_party=parties[0],
            to_party=parties[1],
            purpose="TREAT",
            category=category,
            on=on,
        )
        assert isinstance(answer, Cover) is self.model.covers(pair, category, on), (pair, on)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@examples(st.sampled_from([Mode.ALL, Mode.PAIRWISE]), STEPS)
def test_what_is_covered_is_what_a_plain_model_says(
    app: Flask, mode: Mode, steps: list[tuple[str, int]]
) -> None:
    life = Life(mode)
    for name, given_to_it in steps:
        getattr(life, name)(given_to_it)
        if life.days >= 10_000:
            break
        life.check()
    db.session.rollback()
