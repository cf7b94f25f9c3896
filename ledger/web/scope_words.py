"""What a scope lets a program do, as the person or steward reads it who gives it."""

from typing import Final

from ledger.core.permissions import Permission

_WORDS: Final[dict[str, str]] = {
    "openid": "Know that it is you",
    "profile": "Know your name",
    "offline_access": "Go on while you are away, until you take it back",
    Permission.ACCESS_ASK: "Ask whether somebody may see something of a patient",
    Permission.ACCESS_HISTORY: "See who asked about a patient, and what they were answered",
    Permission.ACCESS_OVERRIDE: "Break the glass in an emergency",
    Permission.ACCESS_REHEARSE: "Try what somebody would be answered",
    Permission.ACCESS_REVIEW: "Review why somebody broke the glass",
    Permission.ACCESS_WHAT_IF: "Judge past decisions by other rules",
    Permission.AGREEMENT_CERTIFY: "Certify that data was destroyed or returned",
    Permission.AGREEMENT_DRAFT: "Write and propose agreements",
    Permission.AGREEMENT_LAPSE: "Record that agreements have run out",
    Permission.AGREEMENT_READ: "Read agreements",
    Permission.AGREEMENT_SIGN: "Sign or decline agreements, and give notice",
    Permission.AGREEMENT_SUSPEND: "Suspend what an agreement allows",
    Permission.CAPACITY_RECORD: "Record whether a patient can decide for themselves",
    Permission.CARE_DECLARE: "Say that you care for a patient",
    Permission.CARE_REVIEW: "Review who said that they care for a patient",
    Permission.CLIENT_REGISTER: "Register other programs",
    Permission.CONSENT_ASK: "Ask patients to consent",
    Permission.CONSENT_GRANT: "Record that a patient consents",
    Permission.CONSENT_IMPORT: "Bring in consents that were recorded elsewhere",
    Permission.CONSENT_LAPSE: "Record that patients did not answer",
    Permission.CONSENT_READ: "See a patient's consents",
    Permission.CONSENT_SETTLE: "Settle disagreements of those who speak for a patient",
    Permission.CONSENT_WITHDRAW: "Record that a patient refuses or withdraws",
    Permission.DEATH_RECORD: "Record that a patient has died",
    Permission.ENDPOINT_KEEP: "Say where programs are told of changes",
    Permission.ERASURE_ASK: "Ask for personal data to be erased",
    Permission.KEYS_REWRAP: "Put private data under another master key",
    Permission.LOG_COMMIT: "Commit to where chains end",
    Permission.LOG_EXPORT: "Take copies of the log away",
    Permission.LOG_KEEP: "Change the log's keys and name, and begin its next shard",
    Permission.LOG_READ: "Search the log and open entries",
    Permission.LOG_RECEIPT: "Download receipts",
    Permission.MATTER_ANSWER: "Answer what patients ask about who looked",
    Permission.MATTER_ESCALATE: "Record that patients were not answered in time",
    Permission.MATTER_RAISE: "Ask why somebody looked, or complain of it",
    Permission.MEMBERSHIP_GIVE: "Give people roles, and end them",
    Permission.MESSAGE_ACKNOWLEDGE: "Say that your organisation has acted on what it was told",
    Permission.OPT_OUT_IMPORT: "Bring in the register of those who opted out",
    Permission.NOTICE_KEEP: "Write the notices that patients are shown",
    Permission.ORGANISATION_REGISTER: "Add organisations",
    Permission.ORGANISATION_SUCCEED: "Record that an organisation takes another's place",
    Permission.PATIENT_CORRECT: "Put right whose a patient's record is",
    Permission.PATIENT_ERASE: "Erase a patient's personal data, for ever",
    Permission.PATIENT_FIND: "Look patients up",
    Permission.PATIENT_LINK: "Link a sign-in with a patient's record",
    Permission.PATIENT_REGISTER: "Add patients and their care teams",
    Permission.PATIENT_RESTRICTED: "Begin a patient's record anew, so that nothing leads to it",
    Permission.PERSON_INVITE: "Invite people",
    Permission.POLICY_ACTIVATE: "Change who may do what",
    Permission.POOL_ALLOCATE: "Divide a pool's money between schemes",
    Permission.POOL_APPROVE: "Approve what somebody else has prepared for a pool",
    Permission.POOL_OPEN: "Open a pool",
    Permission.POOL_READ: "See a pool and its statements",
    Permission.POOL_SPEND: "Commit and pay money out of a pool",
    Permission.POWER_END: "End somebody's power to act for a patient",
    Permission.POWER_READ: "See who may act for a patient",
    Permission.POWER_RECORD: "Record that somebody may act for a patient",
    Permission.POWER_SUSPEND: "Stop somebody's power for a time",
    Permission.POWER_VERIFY: "Verify somebody's power",
    Permission.PROFILE_READ: "See your roles and notices",
    Permission.READ_REPORT: "Report what systems say was read of patients",
    Permission.RETENTION_APPROVE: "Approve that records are destroyed",
    Permission.RETENTION_HOLD: "Keep records from being destroyed",
    Permission.RETENTION_PROPOSE: "Propose that records are destroyed",
    Permission.RETENTION_READ: "See what is kept, until when",
    Permission.SEAT_APPOINT: "Appoint people to the seats of a body",
    Permission.SEAT_READ: "See who sits on which body",
    Permission.SIGNATORY_APPOINT: "Give and end authority to sign",
    Permission.STANDING_RECORD: "Record that somebody stepped aside or is suspended",
}


def words(scope: str) -> str:
    """Say one scope. A permission that has no words yet is named; a family lists its own."""
    family, _, rest = scope.partition(":")
    if rest == "*":
        mine = (words(one) for one in Permission if one.startswith(f"{family}:"))
        return "; ".join(mine)
    return _WORDS.get(scope, scope.replace(":", ": ").replace("-", " "))
