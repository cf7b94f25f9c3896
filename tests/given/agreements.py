"""Agreements for any test, made by the commands a user would call.

active(giver, receiver)                 an agreement in force from NOW's day, by its id
active(trust, council, kind=POOLED…)    see `fund_terms`
signatory(at=trust)                     an Actor with authority to sign for it
terms(trust, council, ...)              acceptable terms of data sharing
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from ledger.agreements import queries, service
from ledger.agreements.rules.basis import Article6, Article9, CommonLaw, LawfulBasis, Schedule1
from ledger.agreements.rules.fund import Contribution, FundTerms, ShareBasis, ShareRule, Weight
from ledger.agreements.rules.signing import SignIn, StepUp
from ledger.agreements.rules.terms import (
    Approval,
    ApprovalKind,
    Flow,
    Kind,
    Party,
    Terms,
    Variable,
)
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given.directory import member

CARE = LawfulBasis(
    article_6=Article6.PUBLIC_TASK,
    article_9=Article9.HEALTH_OR_SOCIAL_CARE,
    schedule_1=Schedule1.HEALTH_OR_SOCIAL_CARE,
    common_law=CommonLaw.IMPLIED_CONSENT,
)
CATEGORIES = frozenset({Category.CARE_PLAN, Category.MEDICINES, Category.MENTAL_HEALTH})
_FILLED = (
    Variable(name="background", value="Older people fall, and several services look after them."),
    Variable(name="aim", value="see a person's care plan wherever they are looked after."),
    Variable(name="necessity", value="no service holds the whole plan."),
    Variable(name="benefits", value="fewer falls and fewer repeated questions."),
    Variable(name="aims", value="fewer falls."),
    Variable(name="functions", value="community nursing and reablement."),
    Variable(name="consultation", value="the public of both areas, in autumn 2025."),
)


def flow(key: str, from_party: UUID, to_party: UUID, **chosen: object) -> Flow:
    """Return an acceptable flow for direct care, with *chosen* changes."""
    given = {"purpose": "TREAT", "categories": CATEGORIES, "basis": CARE, **chosen}
    return Flow(key=key, from_party=from_party, to_party=to_party, **given)  # type: ignore[arg-type]


def terms(*organisations: UUID, flows: Iterable[Flow] | None = None, **chosen: object) -> Terms:
    """Return acceptable terms: by default everybody gives everybody, the first leads."""
    today = clock.civil_date(clock.now())
    pairs = [(a, b) for a in organisations for b in organisations if a != b]
    each = [flow(f"F{n}", a, b) for n, (a, b) in enumerate(pairs, 1)]
    given = {
        "kind": Kind.DATA_SHARING,
        "title": "Falls pathway",
        "starts_on": today,
        "ends_on": today + timedelta(days=729),
        "review_on": today + timedelta(days=365),
        "parties": tuple(
            Party(organisation_id=one, name="", leads=place == 0)
            for place, one in enumerate(organisations)
        ),
        "flows": tuple(each if flows is None else flows),
        "approvals": (
            Approval(kind=ApprovalKind.DPIA, reference="DPIA 2026/7", approved_on=today),
            Approval(kind=ApprovalKind.CALDICOTT, reference="CG 2026/3", approved_on=today),
        ),
        "variables": _FILLED,
        **chosen,
    }
    return Terms(**given)  # type: ignore[arg-type]


def fund_terms(*organisations: UUID, amounts_minor: Sequence[int] = (), **chosen: object) -> Terms:
    """Return acceptable terms of a pooled fund; the first partner hosts."""
    today = clock.civil_date(clock.now())
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    amounts = list(amounts_minor) or [60_000_000, 40_000_000, 20_000_000][: len(organisations)]
    fund = FundTerms(
        host_id=organisations[0],
        currency="GBP",
        contributions=tuple(
            Contribution(
                key=f"C{n}",
                partner_id=one,
                source="NHS minimum contribution",
                first_day=first,
                last_day=last,
                amount_minor=amount,
            )
            for n, (one, amount) in enumerate(zip(organisations, amounts, strict=True), 1)
        ),
        shares=(
            ShareRule(
                key="S1",
                basis=ShareBasis.PRO_RATA,
                weights=tuple(
                    Weight(partner_id=one, weight=amount)
                    for one, amount in zip(organisations, amounts, strict=True)
                ),
            ),
        ),
    )
    given = {
        "kind": Kind.POOLED_FUND,
        "title": "Falls pool",
        "flows": (),
        "approvals": (),
        "starts_on": first,
        "ends_on": last,
        "review_on": last,
        "fund": fund,
        **chosen,
    }
    return terms(*organisations, **given)  # type: ignore[arg-type]


def signatory(*, at: UUID, kinds: frozenset[Kind] = frozenset()) -> Actor:
    """Return somebody new who has authority to sign for an organisation."""
    actor = member(Role.SIGNATORY, at=at)
    appointed(actor, at=at, kinds=kinds)
    return actor


def appointed(
    actor: Actor,
    *,
    at: UUID,
    first_day: date = date(2026, 1, 1),
    last_day: date | None = None,
    kinds: frozenset[Kind] = frozenset(),
) -> UUID:
    """Give somebody authority to sign for an organisation; return its id."""
    with unit_of_work(member(Role.STEWARD, at=at)) as work:
        return service.appoint(
            work,
            person_id=actor.id,
            organisation_id=at,
            position="Chief executive",
            first_day=first_day,
            last_day=last_day,
            kinds=kinds,
        )


def sign_in(actor: Actor, *, at: datetime | None = None) -> SignIn:
    """Return the evidence of a sign-in of just now, as the edge would give it."""
    return SignIn(
        person_id=actor.id,
        issuer="https://ledger.test",
        subject=str(actor.id),
        acr="local",
        amr=("pwd",),
        auth_time=(at or clock.now()) - timedelta(seconds=30),
        session_id="tests",
    )


def signed(agreement_id: UUID, actor: Actor) -> bool:
    """Sign the version that is open, as *actor*; say whether that was the last signature."""
    number = queries.agreement(db.session(), actor, agreement_id).open
    assert number is not None, "no version is open"
    shown = queries.version(db.session(), actor, agreement_id, number)
    with unit_of_work(actor) as work:
        return service.sign(
            work,
            agreement_id,
            number=shown.number,
            document_sha256=shown.document_sha256,
            sign_in=sign_in(actor),
            asks=StepUp(),
        )


def proposed(given: Terms, *, by: Actor) -> UUID:
    """Draft and propose an agreement; return its id."""
    with unit_of_work(by) as work:
        agreement_id = service.draft(work, terms=given).agreement_id
    with unit_of_work(by) as work:
        service.propose(work, agreement_id)
    return agreement_id


def active(*organisations: UUID, given: Terms | None = None) -> UUID:
    """Bring an agreement between organisations into force: each of them signs."""
    given = given or terms(*organisations)
    order = sorted(given.parties, key=lambda party: party.signs_in_group)
    people = [signatory(at=party.organisation_id) for party in order]
    agreement_id = proposed(given, by=people[0])
    for actor in people:
        signed(agreement_id, actor)
    return agreement_id
