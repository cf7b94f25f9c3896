"""The second chapter: what the organisations agreed, and every signature on it."""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final
from uuid import UUID

from ledger.agreements import service
from ledger.agreements.rules.basis import Article6, Article9, CommonLaw, LawfulBasis, Schedule1
from ledger.agreements.rules.terms import Approval, ApprovalKind, Flow, Kind, Party, Terms, Variable
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.sample.browser import Browser
from ledger.sample.scene import Scene
from ledger.vocabulary.categories import Category

SIGNATORIES: Final = {
    "board": ("nadia.signatory", "sam.steward", "Chief executive"),
    "trust": ("tom.signatory", "tess.steward", "Medical director"),
    "council": ("cath.signatory", "cleo.steward", "Director of adult social care"),
}
"""Who signs for each party, who gave them authority to, and as what."""

CARE: Final = LawfulBasis(
    article_6=Article6.PUBLIC_TASK,
    article_9=Article9.HEALTH_OR_SOCIAL_CARE,
    schedule_1=Schedule1.HEALTH_OR_SOCIAL_CARE,
    common_law=CommonLaw.IMPLIED_CONSENT,
)
RESEARCH: Final = LawfulBasis(
    article_6=Article6.PUBLIC_TASK,
    article_9=Article9.RESEARCH,
    schedule_1=Schedule1.RESEARCH,
    common_law=CommonLaw.EXPLICIT_CONSENT,
)
_CARE_DATA: Final = frozenset(
    {Category.CARE_PLAN, Category.MEDICINES, Category.ALLERGIES, Category.CONDITIONS}
)
_FILLED: Final = {
    "background": "Older people in Northmoor are looked after by a hospital, community nurses and "
    "the council's reablement team, who each hold a part of the picture.",
    "aim": "that whoever visits a person at home knows their care plan and their medicines, and "
    "that falls become fewer.",
    "necessity": "no one service holds the whole plan, and a visit cannot wait for a phone call.",
    "benefits": "fewer falls, fewer repeated questions, and visits that fit together.",
}


def tell(scene: Scene) -> None:
    """Give authority to sign, and bring the falls pathway into force by three signatures."""
    today = clock.today()
    for organisation, (signatory, steward, position) in SIGNATORIES.items():
        with unit_of_work(scene.actor(steward, Role.STEWARD)) as work:
            service.appoint(
                work,
                person_id=scene.person(signatory),
                organisation_id=scene.organisation(organisation),
                position=position,
                first_day=today,
            )
    parties = ("board", "trust", "council")
    scene.agreements["pathway"] = sign_all(scene, _pathway(scene), parties)
    scene.say("an agreement to share data, signed by three parties through their own sign-in")


def sign_all(scene: Scene, terms: Terms, parties: tuple[str, ...]) -> UUID:
    """Draft and propose *terms* as the first party, and have each party's signatory sign."""
    first = scene.actor(SIGNATORIES[parties[0]][0], Role.SIGNATORY)
    with unit_of_work(first) as work:
        agreement_id = service.draft(work, terms=terms).agreement_id
    with unit_of_work(first) as work:
        service.propose(work, agreement_id)
    for party in parties:
        browser = Browser.signed_in(scene.address, SIGNATORIES[party][0], scene.password)
        browser.open(f"/agreements/{agreement_id}/sign")
        browser.send({"confirm": "yes"}, having="document_sha256")
    return agreement_id


def _pathway(scene: Scene) -> Terms:
    board, trust, council = (scene.organisation(key) for key in ("board", "trust", "council"))
    today = clock.today()
    return Terms(
        kind=Kind.DATA_SHARING,
        title="Northmoor falls pathway (demonstration)",
        starts_on=today,
        ends_on=today + timedelta(days=729),
        review_on=today + timedelta(days=364),
        parties=(
            Party(organisation_id=board, name="", leads=True),
            Party(organisation_id=trust, name=""),
            Party(organisation_id=council, name=""),
        ),
        flows=(
            _flow("F1", council, trust, "TREAT", _CARE_DATA | {Category.SOCIAL_CARE}, CARE),
            _flow("F2", trust, council, "TREAT", _CARE_DATA, CARE),
            _flow("F3", trust, council, "COC", {Category.APPOINTMENTS, Category.CARE_PLAN}, CARE),
            _flow(
                "F4", council, trust, "HRESCH", {Category.CARE_PLAN, Category.MEDICINES}, RESEARCH
            ),
            _flow(
                "F5", trust, board, "HRESCH", {Category.CARE_PLAN, Category.CONDITIONS}, RESEARCH
            ),
        ),
        approvals=(
            Approval(kind=ApprovalKind.DPIA, reference="DPIA 2026/7", approved_on=today),
            Approval(kind=ApprovalKind.CALDICOTT, reference="CG 2026/3", approved_on=today),
            Approval(kind=ApprovalKind.ETHICS, reference="REC 26/0107", approved_on=today),
        ),
        variables=tuple(Variable(name=name, value=value) for name, value in _FILLED.items()),
    )


def _flow(  # noqa: PLR0917  (the rows of a table)
    key: str,
    giver: UUID,
    receiver: UUID,
    purpose: str,
    categories: AbstractSet[Category],
    basis: LawfulBasis,
) -> Flow:
    return Flow(
        key=key,
        from_party=giver,
        to_party=receiver,
        purpose=purpose,
        categories=frozenset(categories),
        basis=basis,
    )
