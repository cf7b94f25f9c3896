"""Words about endpoints and what they were sent."""

from dataclasses import dataclass
from typing import Final

from ledger.messages.queries import AttemptView, DeliveryView, EndpointView
from ledger.web.trail_words import kind_words, moment

_PAUSED: Final = {
    "asked": "Paused",
    "gone": "Stopped: it answered that it wants no more",
    "unreachable": "Stopped: it took nothing for three days",
}


@dataclass(frozen=True, slots=True)
class EndpointCard:
    """One endpoint, as a steward reads it."""

    id: str
    url: str
    kinds: str
    state: str
    colour: str
    paused: bool
    waiting: str

    @classmethod
    def of(cls, view: EndpointView) -> "EndpointCard":
        """Present an endpoint."""
        state, colour = "Working", "green"
        if view.paused is not None:
            state, colour = _PAUSED[view.paused], "red" if view.paused != "asked" else "grey"
        elif view.failing_since is not None:
            state, colour = f"Takes nothing since {moment(view.failing_since)}", "orange"
        waiting = "1 message waits" if view.waiting == 1 else f"{view.waiting} messages wait"
        return cls(
            id=str(view.id),
            url=view.url,
            kinds=", ".join(view.kinds) or "everything that concerns your organisation",
            state=state,
            colour=colour,
            paused=view.paused is not None,
            waiting=waiting,
        )


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of the delivery log."""

    entry_id: str
    what: str
    queued: str
    state: str
    colour: str

    @classmethod
    def of(cls, view: DeliveryView) -> "MessageRow":
        """Present a message."""
        if view.delivered_at is not None and view.due_at is None:
            state, colour = f"Taken {moment(view.delivered_at)}", "green"
        elif view.due_at is None:
            state, colour = "Dropped", "grey"
        elif view.attempts:
            state, colour = f"Tried {view.attempts} times, next {moment(view.due_at)}", "orange"
        else:
            state, colour = "Waits to be sent", "blue"
        return cls(str(view.entry_id), kind_words(view.kind), moment(view.queued_at), state, colour)


def attempt_row(view: AttemptView) -> tuple[str, str, str]:
    """Return when somebody was told, what came of it, and how long it took."""
    answer = view.problem or f"answered {view.status}"
    return moment(view.at), answer[:1].upper() + answer[1:], f"{view.took_ms} ms"
