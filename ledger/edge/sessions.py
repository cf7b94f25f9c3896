"""Sessions: who is using this browser, kept by the server and ended whenever it likes.

The cookie holds a random token; the table holds its SHA-256, so that a copy of the table
opens nobody's session. Signing in changes the token. A session ends when it has been idle
too long, when it is too old whatever is done in it, when its owner signs out, and when
somebody ends it: to end it is to delete its row.

Nothing is read before something is asked of the session, so that programs and style sheets
cost no look-up; and nothing is kept for a visitor who has not been told to remember anything.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import JSON, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock
from ledger.core.db import Operational
from ledger.core.errors import Bug
from ledger.core.ids import new_id
from ledger.edge.operational import changing, reading
from ledger.settings import Settings

USER_AGENT_LENGTH_MAX: Final = 300
_SEEN_EVERY: Final = timedelta(seconds=60)
"""How stale `seen_at` may be: not every page has to write."""


class UserSession(Operational):
    """A browser's session. Its `id` may be written down; its token is nowhere but there."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[UUID | None] = mapped_column(index=True)
    membership_id: Mapped[UUID | None]
    provider: Mapped[str | None] = mapped_column(String(64))
    provider_session: Mapped[str | None] = mapped_column(String(255), index=True)
    user_agent: Mapped[str | None] = mapped_column(String(USER_AGENT_LENGTH_MAX))
    sign_in: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How a person proved who they are, as their provider says.

    Attributes:
        iss: The provider that says so.
        sub: What the provider calls them.
        acr: The level of assurance it names, if any.
        amr: The methods it names.
        auth_time: When they did it, in seconds since 1970; 0 if the provider does not say.
        token_id: The ``jti`` of the token that said so, if it has one.
        via: Of an access token of ours, the provider by which its giver had signed in; else "".
    """

    iss: str
    sub: str
    acr: str | None
    amr: tuple[str, ...]
    auth_time: int
    token_id: str | None = None
    via: str = ""

    @property
    def provider(self) -> str:
        """The issuer of the provider that saw the person: what bounds and rates the sign-in."""
        return self.via or self.iss


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who has signed in to a session, and as what."""

    session_id: UUID
    person_id: UUID
    membership_id: UUID | None
    provider: str
    authentication: Authentication


class BrowserSession(SessionMixin):
    """What `flask.session` is. Reads its row when first asked for anything."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._row: UserSession | None = None
        self._data: dict[str, Any] | None = None
        self.modified = False
        self.new_token: str | None = None
        self.ended = False

    def _loaded(self) -> dict[str, Any]:
        if self._data is None:
            self._row = _find(self._token) if self._token else None
            self._data = dict(self._row.data) if self._row else {}
        return self._data

    @property
    def was_read(self) -> bool:
        """Whether anything was asked of this session."""
        return self._data is not None

    @property
    def signed_in(self) -> SignedIn | None:
        """Who has signed in, if anybody has."""
        self._loaded()
        row = self._row
        if row is None or row.person_id is None or row.sign_in is None:
            return None
        return SignedIn(
            session_id=row.id,
            person_id=row.person_id,
            membership_id=row.membership_id,
            provider=row.provider or "",
            authentication=Authentication(**{**row.sign_in, "amr": tuple(row.sign_in["amr"])}),
        )

    def renew(self, **facts: Any) -> None:
        """Go on under a new token, as another row that has *facts*."""
        data = dict(self._loaded())
        data.pop("csrf_token", None)  # A form that was drawn before is not this person's.
        with changing() as work:
            if self._row is not None:
                work.execute(delete(UserSession).where(UserSession.id == self._row.id))
            self.new_token, self._row = _make(data, facts)
            work.add(self._row)
        self._data = data

    def change(self, **facts: Any) -> None:
        """Set columns of the row."""
        if self._row is None:
            raise Bug("a session is signed in to before anything about it changes")
        with changing() as work:
            row = work.get_one(UserSession, self._row.id)
            for name, value in facts.items():
                setattr(row, name, value)
        self._row = row

    def rotate(self) -> None:
        """Go on as the same row under a new token."""
        if self._row is not None:
            self.new_token = token_urlsafe(32)
            self.change(digest=_digest(self.new_token))

    def end(self) -> None:
        """Forget the session, here and in the browser."""
        self._loaded()
        if self._row is not None:
            with changing() as work:
                work.execute(delete(UserSession).where(UserSession.id == self._row.id))
        self._row, self._data, self.modified, self.ended = None, {}, False, True

    def keep(self) -> None:
        """Write what changed. A session that was ended meanwhile is not brought back."""
        now, row = clock.now(), self._row
        if row is None:
            if self.modified and self._data:
                with changing() as work:
                    self.new_token, self._row = _make(self._data, {})
                    work.add(self._row)
        elif self.modified or now - row.seen_at >= _SEEN_EVERY:
            with changing() as work:
                same = update(UserSession).where(UserSession.id == row.id)
                work.execute(same.values(data=self._data, seen_at=now))

    def __getitem__(self, key: str) -> Any:
        return self._loaded()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._loaded()[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._loaded()[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())


class BrowserSessions(SessionInterface):
    """Opens `flask.session` from the cookie and writes it back."""

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        return BrowserSession(request.cookies.get(self.get_cookie_name(app)))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, BrowserSession) or not session.was_read:
            return
        response.vary.add("Cookie")
        session.keep()
        name = self.get_cookie_name(app)
        how: dict[str, Any] = {
            "httponly": True,
            "secure": self.get_cookie_secure(app),
            "samesite": "Lax",  # Strict would drop it on the way back from a provider.
            "path": "/",
        }
        if session.new_token:
            response.set_cookie(name, session.new_token, **how)
        elif session.ended:
            response.delete_cookie(name, **how)


def init_app(app: Flask) -> None:
    """Keep this application's sessions in the database."""
    secure = _settings(app).public_url.startswith("https://")
    app.config["SESSION_COOKIE_SECURE"] = secure
    # The prefix makes browsers refuse a cookie set by a neighbouring host or over http.
    app.config["SESSION_COOKIE_NAME"] = "__Host-ledger" if secure else "ledger"
    app.session_interface = BrowserSessions()


def browser() -> BrowserSession:
    """Return the session of this request."""
    current = session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(current, BrowserSession):
        raise Bug("sessions.init_app comes before any request")
    return current


def begin(
    person_id: UUID,
    authentication: Authentication,
    *,
    provider: str,
    membership_id: UUID | None = None,
    provider_session: str | None = None,
) -> None:
    """Sign a person in to this browser, under a new token."""
    _forget_ended()
    user_agent = request.headers.get("User-Agent", "")[:USER_AGENT_LENGTH_MAX]
    browser().renew(
        person_id=person_id,
        membership_id=membership_id,
        provider=provider,
        provider_session=provider_session,
        user_agent=user_agent or None,
        sign_in=asdict(authentication),
    )


def _make(data: dict[str, Any], facts: dict[str, Any]) -> tuple[str, UserSession]:
    token, now = token_urlsafe(32), clock.now()
    row = UserSession(
        id=new_id(), digest=_digest(token), started_at=now, seen_at=now, data=data, **facts
    )
    return token, row


def _find(token: str) -> UserSession | None:
    settings, now = _settings(current_app), clock.now()
    with reading() as work:
        row = work.scalar(select(UserSession).where(UserSession.digest == _digest(token)))
    if row is None:
        return None
    idle, age = now - row.seen_at, now - row.started_at
    if idle > timedelta(minutes=settings.session_idle_minutes):
        return None
    return None if age > timedelta(minutes=settings.session_minutes) else row


def _forget_ended() -> None:
    settings, now = _settings(current_app), clock.now()
    idle = now - timedelta(minutes=settings.session_idle_minutes)
    with changing() as work:
        work.execute(delete(UserSession).where(UserSession.seen_at < idle))


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _settings(app: Flask) -> Settings:
    settings: Settings = app.extensions["settings"]
    return settings
