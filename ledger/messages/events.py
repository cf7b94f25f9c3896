"""What a program is told: an entry's id and links, as a CloudEvent. Who may see more, asks.

CloudEvents 1.0.2 in structured mode, signed as https://www.standardwebhooks.com says, with a
signature for each secret that is good.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from standardwebhooks import Webhook

from audit.values import to_json
from ledger.core.trail import LogEntry
from ledger.messages import audience

CONTENT_TYPE: Final = "application/cloudevents+json"
_TYPE_PREFIX: Final = "org.care-ledger."


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it is sent: the same for each attempt, but for time and signatures."""

    id: str
    body: str

    def headers(self, secrets: Iterable[str], *, at: datetime) -> dict[str, str]:
        """Return the headers of an attempt at a moment, signed with each of *secrets*."""
        signed = [Webhook(secret).sign(self.id, at, self.body) for secret in secrets]
        return {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "care-ledger",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signed),
        }


def message(entry: LogEntry, *, index: int, endpoint_id: UUID, source: str) -> Message:
    """Return what an endpoint is told of an entry.

    Args:
        entry: It is read for its kind, its time and what it is about.
        index: Its number in the log.
        endpoint_id: Whose message it is; the same entry has another id elsewhere.
        source: The public address of this service.
    """
    about = list(audience.subjects(entry))
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(entry.id),
        "source": source,
        "type": _TYPE_PREFIX + entry.kind,
        "time": to_json(entry.at),
        "datacontenttype": "application/json",
        "data": {
            "entry": str(entry.id),
            "index": index,
            "about": about,
            "links": {
                "entry": f"{source}/api/v1/log/entries/{entry.id}",
                "receipt": f"{source}/api/v1/log/entries/{entry.id}/receipt",
                "acknowledge": f"{source}/api/v1/entries/{entry.id}/acknowledgement",
            },
        },
    }
    subjects = [subject for subject in about if not subject.startswith("organisation:")]
    if subjects or about:
        event["subject"] = (subjects or about)[0]
    return Message(f"{entry.id}.{endpoint_id}", json.dumps(event, separators=(",", ":")))


def ping(endpoint_id: UUID, event_id: UUID, *, at: datetime, source: str) -> Message:
    """Return what tries an endpoint out: an event about nothing."""
    event = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "type": _TYPE_PREFIX + "message.tried",
        "time": to_json(at),
        "datacontenttype": "application/json",
        "data": {},
    }
    return Message(f"{event_id}.{endpoint_id}", json.dumps(event, separators=(",", ":")))
