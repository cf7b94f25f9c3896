"""The closed vocabulary of the policy: what may be done, and how one stands to a thing."""

from enum import StrEnum


class Permission(StrEnum):
    """Every action the service guards. Keep sorted; each says what it lets one do."""

    ACCESS_ASK = "access:ask"
    """Ask whether somebody may see something of a patient, and have the answer recorded."""

    ACCESS_HISTORY = "access:history"
    """See who asked about a patient, why, and what they were answered."""

    ACCESS_OVERRIDE = "access:override"
    """Break the glass in an emergency, with a reason, for one patient and a short time."""

    ACCESS_REHEARSE = "access:rehearse"
    """Try what somebody would be answered. Nobody is let in, and no look is recorded."""

    ACCESS_REVIEW = "access:review"
    """Look at why somebody broke the glass, and close the review."""

    ACCESS_WHAT_IF = "access:what-if"
    """Judge past decisions by other rules, and count what would be answered otherwise."""

    AGREEMENT_CERTIFY = "agreement:certify"
    """Certify that one's organisation destroyed or returned what it received."""

    AGREEMENT_DRAFT = "agreement:draft"
    """Write a draft agreement, change it and propose it to the parties."""

    AGREEMENT_LAPSE = "agreement:lapse"
    """Record what time brought: suspensions that are over, agreements past their last day,
    parties that have left, reminders that are due."""

    AGREEMENT_READ = "agreement:read"
    """Read an agreement, its versions, flows and signatures."""

    AGREEMENT_SIGN = "agreement:sign"
    """Sign or decline an agreement for a party, give its notice, or end it for cause."""

    AGREEMENT_SUSPEND = "agreement:suspend"
    """Stop what an agreement allows at once, until a day; let it go on again."""

    CAPACITY_RECORD = "capacity:record"
    """Record whether a patient one cares for can decide about sharing for themselves."""

    CARE_DECLARE = "care:declare"
    """Say, with a reason, that one cares for a patient without being on a roster."""

    CARE_REVIEW = "care:review"
    """Look at why somebody declared that they care for a patient, and close the review."""

    CLIENT_REGISTER = "client:register"
    """Register a program that may ask for tokens on an organisation's behalf."""

    CONSENT_ASK = "consent:ask"
    """Ask a patient to consent, and see how many answered."""

    CONSENT_EVIDENCE = "consent:evidence"
    """Read the forms and recordings that show what a patient said. Each reading is recorded."""

    CONSENT_GRANT = "consent:grant"
    """Record that a patient consents, narrows a consent, or answers a request."""

    CONSENT_IMPORT = "consent:import"
    """Bring in consents that were recorded elsewhere."""

    CONSENT_LAPSE = "consent:lapse"
    """Record what time brought: reminders to answer, no answer, and who is late to know of a no."""

    CONSENT_READ = "consent:read"
    """See a patient's consents, including those that ended."""

    CONSENT_SETTLE = "consent:settle"
    """Settle it where those who speak for a patient disagree."""

    CONSENT_WITHDRAW = "consent:withdraw"
    """Record that a patient refuses or withdraws. Never harder than granting."""

    DEATH_RECORD = "death:record"
    """Record that a patient has died."""

    ENDPOINT_KEEP = "endpoint:keep"
    """Say where an organisation's programs are told of changes, and see what they were sent."""

    ERASURE_ASK = "erasure:ask"
    """Ask that what is kept about a patient is erased."""

    KEYS_REWRAP = "keys:rewrap"
    """Put the keys of private data under another master key."""

    LOG_COMMIT = "log:commit"
    """Commit to where the chain of every subject ends, so that answers can be complete."""

    LOG_EXPORT = "log:export"
    """Take entries away, to be checked elsewhere: all, or those that concern oneself or one's
    organisation."""

    LOG_KEEP = "log:keep"
    """Rotate the log's key, close a shard, or have it go on under another name."""

    LOG_READ = "log:read"
    """Search the trail and open any entry."""

    LOG_RECEIPT = "log:receipt"
    """Download the receipt of an entry that concerns oneself or one's organisation."""

    MATTER_ANSWER = "matter:answer"
    """Answer what patients ask, or complain of, about who looked."""

    MATTER_ESCALATE = "matter:escalate"
    """Record what time brought: that a question or complaint was not answered in time."""

    MATTER_RAISE = "matter:raise"
    """Ask why somebody looked at a patient's information, or complain of it."""

    MEMBERSHIP_GIVE = "membership:give"
    """Give a person a role in an organisation, or end it."""

    MESSAGE_ACKNOWLEDGE = "message:acknowledge"
    """Say that one's organisation has acted on what it was told."""

    MOTION_CLOSE = "motion:close"
    """Open a vote, close it when its time is over, and try again what a motion should do."""

    MOTION_PROPOSE = "motion:propose"
    """Propose a motion to a body, second it, or take it back."""

    MOTION_READ = "motion:read"
    """Read a body's motions, who voted how in open votes, and what came of them."""

    MOTION_VOTE = "motion:vote"
    """Vote for a seat that one holds, or declare an interest."""

    OPT_OUT_IMPORT = "opt-out:import"
    """Bring in a copy of the national register of those who opted out of planning and research."""

    NOTICE_KEEP = "notice:keep"
    """Write the notices that patients are shown, and retire them."""

    ORGANISATION_REGISTER = "organisation:register"
    """Add organisations to the directory, or import them."""

    ORGANISATION_SUCCEED = "organisation:succeed"
    """Record that by an order one organisation takes another's place, or that it does not."""

    PATIENT_CORRECT = "patient:correct"
    """Put right whose a record is: another NHS number, joined, separated, in doubt, misfiled."""

    PATIENT_ERASE = "patient:erase"
    """Destroy the key to a patient's personal data, for ever."""

    PATIENT_FIND = "patient:find"
    """Look a patient up by NHS number and date of birth."""

    PATIENT_LINK = "patient:link"
    """Link a person's sign-in to the record that is about them."""

    PATIENT_REGISTER = "patient:register"
    """Add patients and their care teams, or import them."""

    PATIENT_RESTRICTED = "patient:restricted"
    """Begin a record anew after an adoption or a change of gender; read what leads to the old."""

    PERSON_INVITE = "person:invite"
    """Invite a member of staff to an organisation."""

    POLICY_ACTIVATE = "policy:activate"
    """Bring a ruleset into force; its text is kept in the log."""

    POOL_ALLOCATE = "pool:allocate"
    """Divide a pool's money between schemes; set its risk reserve."""

    POOL_APPROVE = "pool:approve"
    """Approve what somebody else has prepared: the second pair of eyes."""

    POOL_IMPORT = "pool:import"
    """Bring in payments from a file, to be posted once somebody else approves them."""

    POOL_LAPSE = "pool:lapse"
    """Record what time brought to a pool: instalments that fell due, overspends to be told of,
    days that passed, forecasts that went beyond a budget."""

    POOL_OPEN = "pool:open"
    """Open a pool under a pooled-fund agreement that is in force."""

    POOL_PUBLISH = "pool:publish"
    """Ask for one's organisation that everybody may see what a pool spent, or agree to it."""

    POOL_READ = "pool:read"
    """See a pool, its statements and every posting behind a figure."""

    POOL_RECONCILE = "pool:reconcile"
    """Compare a pool with one's own organisation's bank or general ledger, and sign that."""

    POOL_SPEND = "pool:spend"
    """Commit, accrue and prepare payments out of a scheme's budget; record receipts."""

    POWER_END = "power:end"
    """End somebody's power to act for a patient; lay down one's own."""

    POWER_READ = "power:read"
    """See who may act for a patient, and by what right."""

    POWER_RECORD = "power:record"
    """Record, with the evidence one has seen, that somebody may act for a patient."""

    POWER_SUSPEND = "power:suspend"
    """Stop somebody's power for the time being, and let it hold again."""

    POWER_VERIFY = "power:verify"
    """Look, as a second person, at the evidence of an attorney's or deputy's power."""

    PROFILE_READ = "profile:read"
    """See one's own start page, roles and notices."""

    READ_REPORT = "read:report"
    """Report what one's organisation's systems say was read of patients."""

    RETENTION_APPROVE = "retention:approve"
    """Decide a disposal that somebody else proposed."""

    RETENTION_HOLD = "retention:hold"
    """Place a retention hold, by a legal duty, and lift it."""

    RETENTION_PROPOSE = "retention:propose"
    """Propose to destroy private values whose period is over."""

    RETENTION_READ = "retention:read"
    """See holds, requests to be erased, and what is due for disposal."""

    RETURN_PREPARE = "return:prepare"
    """Open a pool's return, fill it in, submit it for signatures and withdraw it."""

    RETURN_SIGN = "return:sign"
    """Sign a pool's return for one's organisation, or send it back."""

    SEAT_APPOINT = "seat:appoint"
    """Set up a body, appoint to its seats and end terms."""

    SEAT_READ = "seat:read"
    """See the bodies, their seats and who holds them."""

    SIGNATORY_APPOINT = "signatory:appoint"
    """Give authority to sign for an organisation, delegate one's own, and end it."""

    STANDING_RECORD = "standing:record"
    """Record that somebody has stepped aside for a patient, or is suspended, and end it."""


class Relation(StrEnum):
    """How the actor stands to the thing. Computed in `authority`, matched in the policy."""

    OWN = "own"
    """It is about the actor."""

    PROXY = "proxy"
    """The actor acts for the patient it is about, by a power that holds today."""

    CARE = "care"
    """The actor has a recorded care relationship with the patient."""

    PARTY = "party"
    """The actor's organisation is party to it, or it is that organisation's own."""

    HOST = "host"
    """The actor's organisation runs it for the others."""

    RECUSED = "recused"
    """The actor has stepped aside from it, because of an interest of their own."""

    NONE = "none"
    """None of these."""


def scope_covers(scopes: frozenset[str], permission: Permission) -> bool:
    """Say whether a token with *scopes* may be used for *permission*.

    A scope is a permission's name, or its first half with a star: ``consent:*``.
    """
    return permission in scopes or f"{permission.split(':')[0]}:*" in scopes
