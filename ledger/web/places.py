"""The pages of the main navigation: one table, read from top to bottom.

A line names the page's endpoint and the permission that opens it, so that nobody is shown a
link that refuses them.
"""

from dataclasses import dataclass
from typing import Final

from flask import url_for

from ledger.core.actor import Role
from ledger.core.policy import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the main navigation: shown to whose work it is, if they may.

    Attributes:
        hint: What one does there; on the start page.
        roles: Whose work this is; others reach the page by links, if they may.
    """

    text: str
    endpoint: str
    permission: Permission
    hint: str
    roles: frozenset[Role]

    @property
    def href(self) -> str:
        """The page's address."""
        return url_for(self.endpoint)


PLACES: Final[tuple[Place, ...]] = (
    Place(
        "Your choices",
        "my.choices",
        Permission.CONSENT_READ,
        "What you agreed to, what you said no to, and how to change it",
        frozenset({Role.PATIENT, Role.PROXY, Role.ADVOCATE}),
    ),
    Place(
        "Who asked",
        "looks_pages.show",
        Permission.ACCESS_HISTORY,
        "Who has asked to see information about you",
        frozenset({Role.PATIENT, Role.PROXY, Role.ADVOCATE}),
    ),
    Place(
        "People",
        "acting_for.mine",
        Permission.POWER_READ,
        "Who can act for you, and how to end it",
        frozenset({Role.PATIENT}),
    ),
    Place(
        "What was recorded",
        "trail.own_page",
        Permission.LOG_RECEIPT,
        "The entries about you or your organisation, with proofs to keep",
        frozenset(
            {
                Role.PATIENT,
                Role.PROXY,
                Role.PRIVACY_OFFICER,
                Role.SIGNATORY,
                Role.FINANCE_LEAD,
                Role.CHIEF_FINANCE_OFFICER,
                Role.CHIEF_EXECUTIVE,
            }
        ),
    ),
    Place(
        "For others",
        "acting_for.whom",
        Permission.PROFILE_READ,
        "Act for somebody else, and stop acting for them",
        frozenset({Role.PROXY, Role.ADVOCATE}),
    ),
    Place(
        "Find a patient",
        "patients.ask",
        Permission.PATIENT_FIND,
        "By NHS number and date of birth",
        frozenset(
            {
                Role.CLINICIAN,
                Role.SOCIAL_WORKER,
                Role.CARE_COORDINATOR,
                Role.PRIVACY_OFFICER,
                Role.SAFEGUARDING_LEAD,
                Role.STEWARD,
            }
        ),
    ),
    Place(
        "Who was asked",
        "asking_pages.show",
        Permission.CONSENT_ASK,
        "Which patients were asked to consent, and who has not answered",
        frozenset({Role.CLINICIAN, Role.SOCIAL_WORKER, Role.CARE_COORDINATOR, Role.STEWARD}),
    ),
    Place(
        "Notices",
        "notice_library.show",
        Permission.NOTICE_KEEP,
        "What patients are shown before they answer, in every language and format",
        frozenset({Role.STEWARD}),
    ),
    Place(
        "Whose record",
        "identity_pages.show",
        Permission.PATIENT_CORRECT,
        "Join two records of one patient, or undo that; a colleague confirms",
        frozenset({Role.PRIVACY_OFFICER, Role.STEWARD}),
    ),
    Place(
        "What waits",
        "privacy_desk.show",
        Permission.ACCESS_REVIEW,
        "All that a privacy officer has to look at, the oldest first",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Place(
        "Declared care",
        "care.declared",
        Permission.CARE_REVIEW,
        "Review why somebody said that they care for a patient",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Place(
        "Disagreements",
        "powers.in_dispute",
        Permission.CONSENT_SETTLE,
        "Settle it where those who speak for a patient say yes and no",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Place(
        "Reviews",
        "reviews.show",
        Permission.ACCESS_REVIEW,
        "Why the glass was broken, and what has to be put right",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Place(
        "Keeping and forgetting",
        "retention.show",
        Permission.RETENTION_READ,
        "Requests to be erased, holds, and what is due for disposal",
        frozenset({Role.PRIVACY_OFFICER, Role.BOARD_MEMBER}),
    ),
    Place(
        "Agreements",
        "agreement_pages.show",
        Permission.AGREEMENT_READ,
        "Read, draft, sign and stop what your organisation agreed",
        frozenset(
            {
                Role.SIGNATORY,
                Role.PRIVACY_OFFICER,
                Role.FINANCE_LEAD,
                Role.CHIEF_FINANCE_OFFICER,
                Role.CHIEF_EXECUTIVE,
                Role.POOL_MANAGER,
                Role.BOARD_MEMBER,
                Role.STEWARD,
                Role.AUDITOR,
            }
        ),
    ),
    Place(
        "Who may sign",
        "signatories_pages.show",
        Permission.SIGNATORY_APPOINT,
        "Give authority to sign, pass it on, take it away",
        frozenset({Role.STEWARD, Role.SIGNATORY}),
    ),
    Place(
        "Staff",
        "staff.show",
        Permission.PERSON_INVITE,
        "Invite people, give and end roles",
        frozenset({Role.STEWARD}),
    ),
    Place(
        "What if",
        "what_if_pages.show",
        Permission.ACCESS_WHAT_IF,
        "See what other rules or agreements would have changed",
        frozenset({Role.STEWARD, Role.AUDITOR}),
    ),
    Place(
        "Programs",
        "clients.show",
        Permission.CLIENT_REGISTER,
        "Register programs that ask on your organisation's behalf",
        frozenset({Role.STEWARD}),
    ),
    Place(
        "Messages to programs",
        "endpoint_pages.show",
        Permission.ENDPOINT_KEEP,
        "Have programs told of changes, and see what they were sent",
        frozenset({Role.STEWARD}),
    ),
    Place(
        "Organisations",
        "organisations.show",
        Permission.ORGANISATION_REGISTER,
        "Look one up, add one, bring in its first people",
        frozenset({Role.STEWARD}),
    ),
    Place(
        "Bring in lists",
        "imports.choose",
        Permission.PATIENT_REGISTER,
        "Patients and who cares for them, from files",
        frozenset({Role.STEWARD, Role.CARE_COORDINATOR}),
    ),
    Place(
        "Motions",
        "motion_pages.index",
        Permission.MOTION_READ,
        "What boards are asked to decide, your vote, and what came of it",
        frozenset(
            {
                Role.STEWARD,
                Role.BOARD_MEMBER,
                Role.FINANCE_LEAD,
                Role.CHIEF_FINANCE_OFFICER,
                Role.POOL_MANAGER,
                Role.AUDITOR,
            }
        ),
    ),
    Place(
        "Pooled funds",
        "pools.index",
        Permission.POOL_READ,
        "What was put in, what is left, and what waits for approval",
        frozenset(
            {
                Role.POOL_MANAGER,
                Role.FINANCE_LEAD,
                Role.CHIEF_FINANCE_OFFICER,
                Role.CHIEF_EXECUTIVE,
                Role.BOARD_MEMBER,
                Role.AUDITOR,
            }
        ),
    ),
    Place(
        "The trail",
        "trail.search_page",
        Permission.LOG_READ,
        "Search everything that was done, and take proofs away",
        frozenset({Role.AUDITOR}),
    ),
)
