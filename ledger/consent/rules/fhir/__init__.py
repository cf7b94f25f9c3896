"""Reading a FHIR Consent: into terms we enforce, or into quarantine with the reasons.

The meaning of an R4 consent is often ambiguous, and a wrong guess shows a record to just
the person it was to be hidden from. So there are three ways in, and no fourth:

1. A consent by the IHE PCF profile: the conditions of a permitting root are a closed scope,
   a nested provision of the opposite type is an exception, one of the same type is another
   scope that is permitted.
2. Any other whose provisions have types: each nested type must be the opposite of its
   parent's. A root without type is read by `policyRule` (OPTIN, OPTOUT), but only if it has
   no conditions of its own.
3. Anything else is *quarantined*: kept as evidence, enforced never, and a person is asked.

R5 says it plainly: `decision` is the base, each provision an exception to what it stands in.
What may narrow a consent and is not matched by here (`grantee`, `expression`, `documentType`)
quarantines it.

What is no consent at all (not JSON, too large, a wrong type) is `NotAConsent`, which names
the element. Nothing here follows a reference, so nothing can go round in circles.
"""

from ledger.consent.rules.fhir.parsing import NotAConsent
from ledger.consent.rules.fhir.reading import Quarantined, ReadConsent, bind, read
from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import Doubt, Doubtful
from ledger.consent.rules.fhir.writing import write

__all__ = [
    "Doubt",
    "Doubtful",
    "NotAConsent",
    "Quarantined",
    "ReadConsent",
    "Release",
    "bind",
    "read",
    "write",
]
