"""What an agreement must settle, and who asks for it.

The lists restate, in our words, what the ICO's data sharing code asks of a data-sharing
agreement, and the subjects that the arrangements of a pooled fund cover in England
(SI 2000/617, regulations 7 to 10). A template test finds a clause for each.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Topic(StrEnum):
    """One thing that a clause settles. The value is stored and logged."""

    BACKGROUND = "background"
    PARTIES = "parties"
    DEFINITIONS = "definitions"
    PRECEDENCE = "precedence"
    COMMENCEMENT = "commencement"
    AMENDMENT = "amendment"
    PURPOSE = "purpose"
    NECESSITY = "necessity"
    BENEFITS = "benefits"
    SCOPE = "scope"
    DATA_ITEMS = "data-items"
    SPECIAL_CATEGORIES = "special-categories"
    CRIMINAL_OFFENCE_DATA = "criminal-offence-data"
    FLOWS = "flows"
    LAWFUL_BASIS = "lawful-basis"
    CONFIDENTIALITY = "confidentiality"
    APPROVALS = "approvals"
    DPIA = "dpia"
    ROLES = "roles"
    JOINT_CONTROLLERS = "joint-controllers"
    PROCESSORS = "processors"
    JOINING = "joining"
    USE_LIMITS = "use-limits"
    AUTOMATED_DECISIONS = "automated-decisions"
    ONWARD_SHARING = "onward-sharing"
    TRANSFERS = "transfers"
    TRANSPARENCY = "transparency"
    INDIVIDUAL_RIGHTS = "individual-rights"
    OBJECTION = "objection"
    COMPLAINTS = "complaints"
    FREEDOM_OF_INFORMATION = "freedom-of-information"
    QUALITY = "quality"
    RETENTION = "retention"
    DESTRUCTION = "destruction"
    SECURITY = "security"
    ACCESS_CONTROL = "access-control"
    STAFF = "staff"
    AUDIT = "audit"
    BREACHES = "breaches"
    CONTACTS = "contacts"
    PUBLICATION = "publication"
    REVIEW = "review"
    DISPUTES = "disputes"
    SUSPENSION = "suspension"
    LEAVING = "leaving"
    TERMINATION = "termination"
    COMPLIANCE = "compliance"
    SIGNING = "signing"
    # Of a pooled fund.
    AIMS = "aims"
    FUNCTIONS = "functions"
    CONSULTATION = "consultation"
    HOST = "host"
    CONTRIBUTIONS = "contributions"
    STAFF_AND_ASSETS = "staff-and-assets"
    GOVERNANCE = "governance"
    SPENDING = "spending"
    SHARES = "shares"
    REPORTING = "reporting"


ICO_CODE: Final = frozenset(
    {
        Topic.PARTIES,
        Topic.CONTACTS,
        Topic.JOINING,
        Topic.PURPOSE,
        Topic.NECESSITY,
        Topic.BENEFITS,
        Topic.DATA_ITEMS,
        Topic.ACCESS_CONTROL,
        Topic.FLOWS,
        Topic.LAWFUL_BASIS,
        Topic.SPECIAL_CATEGORIES,
        Topic.CRIMINAL_OFFENCE_DATA,
        Topic.CONFIDENTIALITY,
        Topic.ROLES,
        Topic.JOINT_CONTROLLERS,
        Topic.PROCESSORS,
        Topic.DPIA,
        Topic.TRANSPARENCY,
        Topic.INDIVIDUAL_RIGHTS,
        Topic.OBJECTION,
        Topic.AUTOMATED_DECISIONS,
        Topic.COMPLAINTS,
        Topic.FREEDOM_OF_INFORMATION,
        Topic.QUALITY,
        Topic.RETENTION,
        Topic.DESTRUCTION,
        Topic.SECURITY,
        Topic.STAFF,
        Topic.TRANSFERS,
        Topic.ONWARD_SHARING,
        Topic.BREACHES,
        Topic.AUDIT,
        Topic.REVIEW,
        Topic.LEAVING,
        Topic.TERMINATION,
        Topic.SIGNING,
    }
)
"""What the code lists under parties, purpose, data, basis, rights and governance."""

POOLED_FUND: Final = frozenset(
    {
        Topic.PARTIES,
        Topic.AIMS,
        Topic.FUNCTIONS,
        Topic.CONSULTATION,
        Topic.COMMENCEMENT,
        Topic.HOST,
        Topic.CONTRIBUTIONS,
        Topic.STAFF_AND_ASSETS,
        Topic.GOVERNANCE,
        Topic.SPENDING,
        Topic.SHARES,
        Topic.REPORTING,
        Topic.AUDIT,
        Topic.AMENDMENT,
        Topic.REVIEW,
        Topic.DISPUTES,
        Topic.LEAVING,
        Topic.TERMINATION,
        Topic.SIGNING,
    }
)

REQUIRED: Final = MappingProxyType({"data-sharing": ICO_CODE, "pooled-fund": POOLED_FUND})
"""By kind of agreement."""
