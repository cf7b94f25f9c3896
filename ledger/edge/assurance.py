"""How sure a sign-in must be for what: one table, and what a weak sign-in leaves out.

`NEEDS` names every permission. `needs` of a permission that somebody forgot is the strictest,
and a test insists that none is. To refuse, to withdraw and to stop something needs any sign-in
at all, and so does seeing one's own choices, since what cannot be seen cannot be taken back.

How much `Need.READING` and its like ask for are settings; how much a sign-in is worth is the
provider's setting. Whoever is asking carries the rest as `Actor.unproven`: the guard of each
view and each command look there, so no page has to think of it.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from flask import current_app

from ledger.core.actor import Role
from ledger.core.policy import Permission
from ledger.edge import providers
from ledger.edge.sessions import Authentication
from ledger.setting_values import LEVELS
from ledger.settings import Settings


class Need(StrEnum):
    """What sort of thing is done; a setting says how sure one must be to do it."""

    ANY = "any"
    """Any sign-in at all."""

    READING = "reading"
    """Read what is about a patient."""

    GRANTING = "granting"
    """Consent, register, spend, or give others power."""

    SIGNING = "signing"
    """Sign or approve. A signature also needs a recent sign-in: see `require_step_up`."""


NEEDS: Final[Mapping[Permission, Need]] = MappingProxyType(
    {
        Permission.ACCESS_ASK: Need.READING,
        Permission.ACCESS_HISTORY: Need.READING,
        Permission.ACCESS_OVERRIDE: Need.READING,
        Permission.ACCESS_REHEARSE: Need.READING,
        Permission.ACCESS_REVIEW: Need.READING,
        Permission.ACCESS_WHAT_IF: Need.READING,
        Permission.AGREEMENT_CERTIFY: Need.SIGNING,
        Permission.AGREEMENT_DRAFT: Need.ANY,
        Permission.AGREEMENT_LAPSE: Need.ANY,
        Permission.AGREEMENT_READ: Need.ANY,
        Permission.AGREEMENT_SIGN: Need.SIGNING,
        Permission.AGREEMENT_SUSPEND: Need.ANY,
        Permission.CAPACITY_RECORD: Need.GRANTING,
        Permission.CARE_DECLARE: Need.READING,
        Permission.CARE_REVIEW: Need.READING,
        Permission.CLIENT_REGISTER: Need.GRANTING,
        Permission.CONSENT_ASK: Need.GRANTING,
        Permission.CONSENT_EVIDENCE: Need.READING,
        Permission.CONSENT_GRANT: Need.GRANTING,
        Permission.CONSENT_IMPORT: Need.GRANTING,
        Permission.CONSENT_LAPSE: Need.ANY,
        Permission.CONSENT_READ: Need.READING,
        Permission.CONSENT_SETTLE: Need.GRANTING,
        Permission.CONSENT_WITHDRAW: Need.ANY,
        Permission.DEATH_RECORD: Need.GRANTING,
        Permission.ENDPOINT_KEEP: Need.GRANTING,
        Permission.ERASURE_ASK: Need.READING,
        Permission.KEYS_REWRAP: Need.GRANTING,
        Permission.LOG_COMMIT: Need.GRANTING,
        Permission.LOG_EXPORT: Need.READING,
        Permission.LOG_KEEP: Need.GRANTING,
        Permission.LOG_READ: Need.READING,
        Permission.LOG_RECEIPT: Need.READING,
        Permission.MATTER_ANSWER: Need.GRANTING,
        Permission.MATTER_ESCALATE: Need.ANY,
        Permission.MATTER_RAISE: Need.READING,
        Permission.MEMBERSHIP_GIVE: Need.GRANTING,
        Permission.MESSAGE_ACKNOWLEDGE: Need.ANY,
        Permission.MOTION_CLOSE: Need.GRANTING,
        Permission.MOTION_PROPOSE: Need.GRANTING,
        Permission.MOTION_READ: Need.ANY,
        Permission.MOTION_VOTE: Need.GRANTING,
        Permission.OPT_OUT_IMPORT: Need.GRANTING,
        Permission.NOTICE_KEEP: Need.GRANTING,
        Permission.ORGANISATION_REGISTER: Need.GRANTING,
        Permission.ORGANISATION_SUCCEED: Need.GRANTING,
        Permission.PATIENT_CORRECT: Need.GRANTING,
        Permission.PATIENT_ERASE: Need.GRANTING,
        Permission.PATIENT_FIND: Need.READING,
        Permission.PATIENT_LINK: Need.GRANTING,
        Permission.PATIENT_REGISTER: Need.GRANTING,
        Permission.PATIENT_RESTRICTED: Need.SIGNING,
        Permission.PERSON_INVITE: Need.GRANTING,
        Permission.POLICY_ACTIVATE: Need.GRANTING,
        Permission.POOL_ALLOCATE: Need.GRANTING,
        Permission.POOL_APPROVE: Need.SIGNING,
        Permission.POOL_LAPSE: Need.ANY,
        Permission.POOL_IMPORT: Need.GRANTING,
        Permission.POOL_OPEN: Need.GRANTING,
        Permission.POOL_PUBLISH: Need.SIGNING,
        Permission.POOL_READ: Need.ANY,
        Permission.POOL_RECONCILE: Need.SIGNING,
        Permission.POOL_SPEND: Need.GRANTING,
        Permission.POWER_END: Need.ANY,
        Permission.POWER_READ: Need.READING,
        Permission.POWER_RECORD: Need.GRANTING,
        Permission.POWER_SUSPEND: Need.ANY,
        Permission.POWER_VERIFY: Need.GRANTING,
        Permission.PROFILE_READ: Need.ANY,
        Permission.READ_REPORT: Need.READING,
        Permission.RETENTION_APPROVE: Need.SIGNING,
        Permission.RETENTION_HOLD: Need.ANY,
        Permission.RETENTION_PROPOSE: Need.GRANTING,
        Permission.RETENTION_READ: Need.READING,
        Permission.RETURN_PREPARE: Need.GRANTING,
        Permission.RETURN_SIGN: Need.SIGNING,
        Permission.SEAT_APPOINT: Need.GRANTING,
        Permission.SEAT_READ: Need.ANY,
        Permission.SIGNATORY_APPOINT: Need.GRANTING,
        Permission.STANDING_RECORD: Need.READING,
    }
)
"""What each permission needs of a sign-in."""

OWN_NEEDS: Final[Mapping[Permission, Need]] = MappingProxyType({Permission.CONSENT_READ: Need.ANY})
"""What needs less of somebody who acts as the patient: it is about nobody but themselves."""


ALL: Final = frozenset(Permission)
"""What is unproven of somebody of whom nothing is known."""


def needs(permission: Permission, *, as_patient: bool = False) -> Need:
    """Return what *permission* needs of a sign-in."""
    own = OWN_NEEDS.get(permission) if as_patient else None
    return own or NEEDS.get(permission, Need.SIGNING)


def asked(need: Need) -> str:
    """Return the level that *need* asks for in this deployment."""
    settings: Settings = current_app.extensions["settings"]
    return _asked(settings, need)


def level(proof: Authentication) -> str:
    """Return how sure a sign-in is. From a provider that is none any more it is the lowest."""
    found = providers.of_issuer(proof.provider)
    return found.level_of(proof.acr) if found else LEVELS[0]


def suffices(proof: Authentication, need: Need) -> bool:
    """Say whether a sign-in is sure enough for *need*."""
    return LEVELS.index(level(proof)) >= LEVELS.index(asked(need))


def unproven(proof: Authentication, roles: Collection[Role]) -> frozenset[Permission]:
    """Return what somebody with *roles* may not do by this sign-in alone."""
    settings: Settings = current_app.extensions["settings"]
    wanted = tuple(_asked(settings, need) for need in Need)
    return _unproven(wanted, level(proof), as_patient=set(roles) == {Role.PATIENT})


@cache  # Of a few levels and no more than that many settings in a process.
def _unproven(wanted: tuple[str, ...], reached: str, *, as_patient: bool) -> frozenset[Permission]:
    by_need = dict(zip(Need, map(LEVELS.index, wanted), strict=True))
    at = LEVELS.index(reached)
    return frozenset(one for one in Permission if by_need[needs(one, as_patient=as_patient)] > at)


def _asked(settings: Settings, need: Need) -> str:
    return {
        Need.ANY: LEVELS[0],
        Need.READING: settings.reading_level,
        Need.GRANTING: settings.granting_level,
        Need.SIGNING: settings.signing_level,
    }[need]
