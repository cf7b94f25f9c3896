"""What a signature keeps of a sign-in, and what the operator lets an agreement have."""

from datetime import UTC, datetime

from flask import current_app

from ledger.agreements.rules.checks import Limits
from ledger.agreements.rules.signing import SignIn, StepUp
from ledger.edge.guard import current_actor
from ledger.edge.identity import require_step_up


def signing_evidence() -> tuple[SignIn, StepUp]:
    """Return how whoever is asking signed in, and what the operator asks of that.

    Raises:
        StepUpNeeded: they must sign in again first.
        NotAuthenticated: nobody is signed in, or a program asks for no person.
    """
    found, settings = require_step_up(), current_app.extensions["settings"]
    evidence = SignIn(
        person_id=current_actor().id,
        issuer=found.iss,
        subject=found.sub,
        acr=found.acr,
        amr=found.amr,
        auth_time=datetime.fromtimestamp(found.auth_time, UTC),
        session_id=str(found.session_id),
        token_id=found.token_id,
        user_agent=found.user_agent or None,
    )
    asks = StepUp(
        max_age_s=settings.step_up_minutes * 60, acr_values=tuple(settings.step_up_acr.split())
    )
    return evidence, asks


def limits() -> Limits:
    """Return what the operator lets an agreement have, when it is proposed."""
    settings = current_app.extensions["settings"]
    return Limits(
        start_within_days=settings.agreement_start_within_days,
        data_sharing_days=settings.data_sharing_days_max,
        pooled_fund_days=settings.pooled_fund_days_max,
        notice_days_max=settings.notice_days_max,
    )
