"""When a party signs, what it signs, and what is kept of how its signatory had signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ledger.agreements.rules.authority import Exercised
from ledger.agreements.rules.terms import Party, Terms
from ledger.core.errors import Conflict, Forbidden, NotAuthenticated

_SKEW: Final = timedelta(seconds=60)


class StepUpRequired(NotAuthenticated):
    """Signing needs a fresh sign-in, whatever the edge has let through (RFC 9470).

    Attributes:
        max_age_s: How old the sign-in may be.
        acr_values: The levels of assurance of which one is needed; empty if any does.
    """

    slug = "sign-in-too-old-to-sign"
    title = "Sign in again to sign"

    def __init__(self, detail: str, *, max_age_s: int, acr_values: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.max_age_s = max_age_s
        self.acr_values = acr_values

    @property
    def challenge(self) -> str:
        """The ``WWW-Authenticate`` header that says what is asked."""
        level = f', acr_values="{" ".join(self.acr_values)}"' if self.acr_values else ""
        return (
            'Bearer realm="care-ledger", error="insufficient_user_authentication", '
            f"max_age={self.max_age_s}{level}"
        )


class SignedInAsSomebodyElse(Forbidden):
    """The sign-in is not that of whoever acts."""

    slug = "signed-in-as-somebody-else"
    title = "This sign-in is not yours"


class AlreadySigned(Conflict):
    """A party signs a version once."""

    slug = "already-signed"
    title = "Your organisation has already signed"


class NotAsked(Conflict):
    """An amendment that does not concern a party is not signed by it."""

    slug = "signature-not-asked"
    title = "Nothing in this version concerns your organisation"


class SignsAfterNotice(Conflict):
    """A party that has given notice signs nothing that begins after it has left."""

    slug = "signing-after-notice"
    title = "Your organisation has given notice"


class OutOfOrder(Conflict):
    """An earlier group has not finished signing."""

    slug = "signing-out-of-order"
    title = "It is not yet your organisation's turn to sign"


class AnotherText(Conflict):
    """What was read is not what is proposed: an old version, or another text."""

    slug = "not-the-text-proposed"
    title = "The text you read is not the one that is proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How the signatory had signed in, as the edge saw it. Evidence, never made up.

    Attributes:
        person_id: Whom the session belongs to.
        issuer, subject: Who vouched for them, and as whom (OpenID ``iss``, ``sub``).
        acr, amr: How sure the issuer was, and by what means.
        auth_time: When they last proved who they are.
    """

    person_id: UUID
    issuer: str
    subject: str
    acr: str | None
    amr: tuple[str, ...]
    auth_time: datetime
    session_id: str
    token_id: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUp:
    """What the operator asks of a sign-in before a signature."""

    max_age_s: int = 300
    acr_values: tuple[str, ...] = ()


def check_sign_in(sign_in: SignIn, *, person_id: UUID, now: datetime, asks: StepUp) -> None:
    """Check that the sign-in is the actor's, fresh and sure enough.

    Raises:
        SignedInAsSomebodyElse: it is another person's.
        StepUpRequired: it is too old, from the future, or not at a level that *asks* names.
    """
    if sign_in.person_id != person_id:
        raise SignedInAsSomebodyElse("sign out, and sign in as yourself")
    challenge = {"max_age_s": asks.max_age_s, "acr_values": asks.acr_values}
    age = now - sign_in.auth_time
    if not -_SKEW <= age <= timedelta(seconds=asks.max_age_s):
        minutes = asks.max_age_s // 60
        raise StepUpRequired(
            f"you signed in more than {minutes} minutes ago: sign in again, then sign",
            **challenge,  # type: ignore[arg-type]
        )
    if asks.acr_values and sign_in.acr not in asks.acr_values:
        raise StepUpRequired(
            "signing needs a stronger sign-in: use one of the ways that your organisation set up",
            **challenge,  # type: ignore[arg-type]
        )


def check_turn(
    terms: Terms,
    *,
    signed: frozenset[UUID],
    organisation_id: UUID,
    carried: frozenset[UUID] = frozenset(),
) -> None:
    """Check that it is this party's turn to sign, where *carried* are bound without signing.

    Raises:
        AlreadySigned: it has.
        NotAsked: nothing in this version concerns it.
        OutOfOrder: an earlier group has not finished.
    """
    if organisation_id in signed:
        raise AlreadySigned("there is nothing left to sign in this version")
    if organisation_id in carried:
        raise NotAsked("what your organisation signed before goes on counting")
    waiting = waiting_for(terms, signed=signed | carried)
    if organisation_id not in {party.organisation_id for party in waiting}:
        names = ", ".join(party.name for party in waiting)
        raise OutOfOrder(f"first these sign: {names}")


def waiting_for(terms: Terms, *, signed: frozenset[UUID]) -> tuple[Party, ...]:
    """Return the parties whose turn it is: the unsigned of the first unfinished group."""
    missing = [party for party in terms.parties if party.organisation_id not in signed]
    turn = min((party.signs_in_group for party in missing), default=0)
    return tuple(party for party in missing if party.signs_in_group == turn)


def amount_minor(terms: Terms, organisation_id: UUID) -> int:
    """Return the money that a signature binds an organisation to, in minor units."""
    given = terms.fund.contributions if terms.fund else ()
    return sum(each.amount_minor for each in given if each.partner_id == organisation_id)


def check_text(sha256: str, *, proposed: str) -> None:
    """Check that what was read is what is proposed. Raises `AnotherText` if not."""
    if sha256 != proposed:
        raise AnotherText("read the text again: it has changed since, or it was an old version")


def statement(
    terms: Terms, *, version: int, sha256: str, organisation: str, signatory: str, by: Exercised
) -> str:
    """Return what a signatory states: shown before signing, and kept with the signature."""
    delegated = (
        f", by authority delegated from its {by.behind.position}" if by.behind is not None else ""
    )
    return (
        f"I, {signatory}, {by.authority.position}, sign “{terms.title}”, version {version}, for "
        f"{organisation}{delegated}. I have authority to bind it. I have read the text whose "
        f"SHA-256 digest is {sha256}."
    )
