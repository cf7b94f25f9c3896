"""Sending alerts by e-mail: one message a person, with all that is due for them.

A message says that something happened, and where to sign in; never what, nor about whom: it
travels and lies about unencrypted. The address is read when it is sent, and kept nowhere.
"""

import logging
import smtplib
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from threading import Event
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.db import TO_WRITE
from ledger.core.followers import BATCH, follow
from ledger.core.leading import lead
from ledger.directory.queries.holders import email_of
from ledger.messages.alerting import Alerting, begin_at_the_end
from ledger.messages.contact.entries import Where
from ledger.messages.contact.queries import AS_USUAL
from ledger.messages.models import Alert
from ledger.messages.patients import told_at
from ledger.messages.rules.alerts import OF_PATIENTS, WORDS, Reason, retry_after

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
_TIMEOUT_SECONDS: Final = 20.0
_PEOPLE_AT_ONCE: Final = 50
_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_PATHS: Final = {"agreement": "/agreements/", "pool": "/pools/"}


@dataclass(frozen=True, slots=True)
class Post:
    """Where and how mail is sent.

    Attributes:
        url: As `LEDGER_MAIL_URL` has it.
        sender: What stands in From.
        source: The public address of this service.
        demonstration: Whether every message says that nothing of it is real.
    """

    url: str
    sender: str
    source: str
    demonstration: bool


_FINAL: Final = frozenset({"erased", "address-refused", "refused", "no-password", "not-wanted"})
_To: TypeAlias = tuple[UUID, bool]
_Told: TypeAlias = tuple[UUID, Reason, str]

RecoveryLink: TypeAlias = Callable[[UUID], str | None]
"""Makes out a link by which somebody may choose a new password; None if they have none here."""


class Mailer:
    """Queues and sends alerts. Several processes may run one: one leads."""

    def __init__(
        self, engine: Engine, post: Post, *, zone: str, recovery: RecoveryLink = lambda _: None
    ) -> None:
        self._engine = engine
        self._post = post
        self._alerting = Alerting(zone)
        self._recovery = recovery

    def run(self, stop: Event) -> None:
        """Queue and send until *stop* is set."""
        with lead(self._engine, "mailer", stop=stop) as leads:
            self.begin()
            while leads():
                if not (self.fill() or self.send()):
                    stop.wait(_EVERY_SECONDS)

    def begin(self) -> None:
        """See `alerting.begin_at_the_end`."""
        with self._engine.connect().execution_options(**TO_WRITE) as connection:
            begin_at_the_end(connection)

    def fill(self) -> bool:
        """Queue what people have to be told of; say whether there may be more."""
        with self._engine.connect().execution_options(**TO_WRITE) as connection:
            return follow(connection, self._alerting) == BATCH

    def send(self) -> int:
        """Send what is due. Return how many people got a message."""
        due = self._due()
        if not due:
            return 0
        sent = 0
        try:
            with _connected(self._post) as server:
                for to, alerts in due.items():
                    problem = self._tell(server, to, alerts)
                    self._note(to[0], alerts, problem)
                    sent += problem is None
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("the mail server cannot be used: %s", type(error).__name__)
            for (person_id, _), alerts in due.items():
                self._note(person_id, alerts, "no-server")
        return sent

    def _due(self) -> dict[_To, list[_Told]]:
        """Return what is due, by person and whether it is told them as a patient."""
        now, due = clock.now(), defaultdict[_To, list[_Told]](list)
        people = select(Alert.person_id).where(Alert.due_at <= now).distinct()
        people = people.limit(_PEOPLE_AT_ONCE)
        with Session(self._engine) as session:
            rows = session.scalars(
                select(Alert)
                .where(Alert.due_at <= now, Alert.person_id.in_(list(session.scalars(people))))
                .order_by(Alert.queued_at, Alert.entry_id)
            )
            for row in rows:
                reason = Reason(row.reason)
                to = row.person_id, reason in OF_PATIENTS
                due[to].append((row.entry_id, reason, row.subject))
        return dict(due)

    def _tell(self, server: smtplib.SMTP, to: _To, alerts: Sequence[_Told]) -> str | None:
        """Send one person what is due for them; return what went wrong, in a word."""
        person_id, _ = to
        address, problem = self._address(to)
        if address is None:
            return problem
        # Once for what was asked for twice: a newer link ends the one before it.
        wanted = dict.fromkeys((reason, about) for _, reason, about in alerts)
        told = [(reason, self._where(person_id, reason, about)) for reason, about in wanted]
        if any(link is None for _, link in told):
            return "no-password"
        try:
            links = [(reason, link or "") for reason, link in told]
            server.send_message(letter(self._post, address, links))
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return "address-refused" if code >= 500 else "try-again"  # noqa: PLR2004  # RFC 5321, 4.2.1
        except (ValueError, smtplib.SMTPNotSupportedError):  # No header, or no server, takes it.
            server.rset()
            return "address-refused"
        except smtplib.SMTPResponseException as error:
            return "refused" if error.smtp_code >= 500 else "try-again"  # noqa: PLR2004
        return None

    def _address(self, to: _To) -> tuple[str | None, str]:
        """Return where somebody gets it; or None, and why they get nothing."""
        person_id, as_patient = to
        with Session(self._engine) as session:
            usual = email_of(session, person_id)
            contact = told_at(session, person_id) if as_patient else AS_USUAL
        if contact.where is Where.ONLY_HERE:
            return None, "not-wanted"
        return (contact.address or usual if usual else None), "erased"

    def _where(self, person_id: UUID, reason: Reason, about: str) -> str | None:
        """Return the address that a message leads to; None if there is none to give."""
        if reason is Reason.RECOVER:
            return self._recovery(person_id)  # Made out now: it is good for a day from here.
        sort, _, key = about.partition(":")
        return self._post.source + (_PATHS[sort] + key if sort in _PATHS else "/")

    def _note(self, person_id: UUID, alerts: Iterable[_Told], problem: str | None) -> None:
        now, ids = clock.now(), [entry_id for entry_id, _, _ in alerts]
        theirs = select(Alert).where(Alert.person_id == person_id, Alert.entry_id.in_(ids))
        with (
            self._engine.connect().execution_options(**TO_WRITE) as connection,
            Session(connection) as session,
            session.begin(),
        ):
            for row in session.scalars(theirs.where(Alert.due_at <= now)):
                row.attempts += 1
                row.problem = problem
                if problem is None:
                    row.due_at, row.sent_at = None, now
                else:
                    final = problem in _FINAL
                    pause = None if final else retry_after(row.attempts)
                    row.due_at = None if pause is None else now + pause


def letter(post: Post, address: str, told: Sequence[tuple[Reason, str]]) -> EmailMessage:
    """Return the message that tells somebody of *told*: reasons, and where each leads."""
    message = EmailMessage()
    message["From"], message["To"] = post.sender, address
    first = WORDS[told[0][0]].rstrip(".")
    subject = first if len({reason for reason, _ in told}) == 1 else "Things wait for you"
    message["Subject"] = f"{'DEMONSTRATION: ' * post.demonstration}Care Ledger: {subject}"
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=urlsplit(post.source).hostname or "localhost")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers it.
    lines = ["Hello,", ""]
    for reason, link in dict.fromkeys(told):
        lines += [WORDS[reason], link, ""]
    lines += [
        "Sign in to see more. E-mail is not private, so this message says no more.",
        f"Choose how often we write: {post.source}/alerts",
    ]
    if post.demonstration:
        lines += ["", "This is a demonstration: nothing of it is real."]
    message.set_content("\n".join(lines))
    return message


@contextmanager
def _connected(post: Post) -> Iterator[smtplib.SMTP]:
    """Open the mail server: TLS always, but for ``smtp+plain``, which is for one's own machine."""
    parts = urlsplit(post.url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(
            host, port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    with server:
        if parts.scheme == "smtp":
            server.starttls(context=ssl.create_default_context())
        if parts.username is not None:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def forget(engine: Engine, *, before: datetime) -> int:
    """Delete what was done with before a moment; return how many."""
    with (
        engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection) as session,
        session.begin(),
    ):
        done = delete(Alert).where(Alert.due_at.is_(None), Alert.queued_at < before)
        return len(session.execute(done.returning(Alert.entry_id)).all())
