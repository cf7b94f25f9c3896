"""Terms, sound and unsound, for property tests."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st

from ledger.agreements.rules.basis import (
    Article6,
    Article9,
    CommonLaw,
    LawfulBasis,
    Schedule1,
)
from ledger.agreements.rules.terms import (
    Approval,
    ApprovalKind,
    Flow,
    Kind,
    Party,
    Terms,
    Variable,
)
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category

ORGANISATIONS = tuple(UUID(int=n) for n in range(1, 5))
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))
WORDS = st.text(max_size=60)

bases = st.builds(
    LawfulBasis,
    article_6=st.sampled_from(Article6),
    article_9=st.none() | st.sampled_from(Article9),
    schedule_1=st.none() | st.sampled_from(Schedule1),
    common_law=st.none() | st.sampled_from(CommonLaw),
)
flows = st.builds(
    Flow,
    key=st.from_regex(r"F[1-9]", fullmatch=True),
    from_party=st.sampled_from(ORGANISATIONS),
    to_party=st.sampled_from(ORGANISATIONS),
    purpose=st.sampled_from(sorted(purposes.KNOWN)) | st.just("nonsense"),
    categories=st.frozensets(st.sampled_from(Category), max_size=4),
    basis=bases,
)
parties = st.builds(
    Party,
    organisation_id=st.sampled_from(ORGANISATIONS),
    name=WORDS,
    signs_in_group=st.integers(0, 3),
    leads=st.booleans(),
)
approvals = st.builds(
    Approval,
    kind=st.sampled_from(ApprovalKind),
    reference=WORDS,
    approved_on=DAYS,
    last_day=st.none() | DAYS,
)
any_terms = st.builds(
    Terms,
    kind=st.just(Kind.DATA_SHARING),
    title=WORDS,
    starts_on=DAYS,
    ends_on=DAYS,
    review_on=DAYS,
    parties=st.lists(parties, max_size=4).map(tuple),
    flows=st.lists(flows, max_size=4).map(tuple),
    approvals=st.lists(approvals, max_size=3).map(tuple),
    notice_days=st.integers(-1, 400),
    variables=st.lists(
        st.builds(Variable, name=st.sampled_from(["background", "aim", "other"]), value=WORDS),
        max_size=3,
    ).map(tuple),
)


def sound(**changes: object) -> Terms:
    """Return terms without a fault on 2 March 2026, with *changes*."""
    a, b = ORGANISATIONS[:2]
    basis = LawfulBasis(
        article_6=Article6.PUBLIC_TASK,
        article_9=Article9.HEALTH_OR_SOCIAL_CARE,
        schedule_1=Schedule1.HEALTH_OR_SOCIAL_CARE,
        common_law=CommonLaw.IMPLIED_CONSENT,
    )
    start = date(2026, 4, 1)
    given = {
        "kind": Kind.DATA_SHARING,
        "title": "Falls pathway",
        "starts_on": start,
        "ends_on": start + timedelta(days=364),
        "review_on": start + timedelta(days=180),
        "parties": (
            Party(organisation_id=a, name="A Trust", leads=True),
            Party(organisation_id=b, name="B Council", signs_in_group=2),
        ),
        "flows": (
            Flow(
                key="F1",
                from_party=a,
                to_party=b,
                purpose="TREAT",
                categories=frozenset({Category.MEDICINES}),
                basis=basis,
            ),
        ),
        "approvals": (
            Approval(kind=ApprovalKind.DPIA, reference="DPIA 7", approved_on=date(2026, 2, 1)),
        ),
        "variables": tuple(
            Variable(name=name, value="Something.")
            for name in ("background", "aim", "necessity", "benefits")
        ),
        **changes,
    }
    return Terms(**given)  # type: ignore[arg-type]
