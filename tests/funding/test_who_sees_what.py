"""Who sees what of a pool: every role in every relation to it, asked for over HTTP."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Role
from ledger.funding.publication import service as publication
from ledger.funding.returns.queries import returns
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs
from tests.given import directory
from tests.given.funding import GivenPool, allocated, pool, posted, received
from tests.given.returns import APRIL, opened

READERS = (
    Role.FINANCE_LEAD,
    Role.CHIEF_FINANCE_OFFICER,
    Role.CHIEF_EXECUTIVE,
    Role.POOL_MANAGER,
    Role.BOARD_MEMBER,
)
"""Who may see pools, if their organisation is a party."""
RELATIONS = ("host", "partner", "provider", "stranger")

WHOLE = (
    *("", "/schedule", "/transactions", "/statements", "/statement", "/journal"),
    *("/commitments", "/spending", "/overspends", "/returns", "/returns/{return}", "/imports"),
    *("/reconciliations", "/approvals", "/publication", "/figures/cash", "/schemes/{scheme}"),
    *("/transactions?account=F:receivable:{other}", "/figures/owed?of={other}"),
)
"""What every party sees whole, other partners' lines among it."""
OWN = ("/statements/{own}", "/figures/share-of-cash?of={own}")
OTHERS = ("/statements/{other}", "/statements/all", "/figures/share-of-cash?of={other}")
PUBLIC = "/public/pools/{pool}/spend"

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Policy, not SQL.


@pytest.fixture
def given(session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch) -> GivenPool:
    made = pool()
    allocated(made, first=500_00)
    received(made, 400_00, partner=2)
    monkeypatch.setattr(clock, "now", lambda: APRIL)
    opened(made)
    january = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 31)}
    asked = posted(made.leads[0], publication.ask, made.id, **january)
    posted(made.leads[1], publication.agree, asked)
    sequenced()
    session.rollback()
    return made


def expected(role: Role, relation: str) -> tuple[int, int, int]:
    """Return the answers to the whole pool, one's own statement, and another partner's."""
    if role is Role.AUDITOR:
        return 200, 200, 200
    if role not in READERS:
        return 403, 403, 403
    return {"host": (200, 200, 200), "partner": (200, 200, 404)}.get(relation, (404, 404, 404))


@pytest.mark.parametrize("role", [*READERS, Role.AUDITOR, Role.CLINICIAN])
def test_who_sees_what(act_as: ActAs, session: Session, given: GivenPool, role: Role) -> None:
    at = {
        "host": given.partners[0],
        "partner": given.partners[1],
        "provider": given.provider,
        "stranger": directory.organisation(),
    }
    for relation in RELATIONS:
        client = act_as(directory.member(role, at=at[relation]))
        own = at[relation] if at[relation] in given.partners else given.partners[1]
        named = {"own": own, "other": given.partners[2], **others(session, given)}
        answers = expected(role, relation)
        for addresses, status in zip((WHOLE, OWN, OTHERS), answers, strict=True):
            for address in addresses:
                asked = f"/pools/{given.id}{address}".format(**named)
                said = client.get(asked, headers={"Accept": "text/html"})
                assert said.status_code == status, (role, relation, asked)
        public = client.get(PUBLIC.format(pool=given.id), headers={"Accept": "text/html"})
        assert public.status_code == 200, (role, relation)


def others(session: Session, given: GivenPool) -> dict[str, UUID]:
    [one] = returns(session, given.view)
    return {"return": one.id, "scheme": given.schemes[0]}


def test_a_partner_sees_what_others_put_in_and_owe(act_as: ActAs, given: GivenPool) -> None:
    pages = [
        act_as(lead).get(f"/pools/{given.id}", headers={"Accept": "text/html"}).text
        for lead in given.leads
    ]
    assert all(page.count("/figures/agreed?of=") == 3 for page in pages)
