"""The parameters of `$withdraw`: a FHIR Parameters resource, or nothing at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ledger.consent.rules.choices import WORDS_MAX, Source
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.service import Said
from ledger.consent.service.granting import ONLINE
from ledger.core import clock
from ledger.core.errors import Fault, Invalid
from ledger.edge.bodies import loads


class BadParameters(Invalid):
    """The parameters of an operation that cannot be used; each fault names one."""

    slug = "fhir-bad-parameters"
    title = "These parameters cannot be used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Why something is taken back, and how we know."""

    reason: Reason = Reason.NOT_SAID
    said: Said = ONLINE


def withdrawal(body: bytes) -> Withdrawal:
    """Return what a Parameters resource asks for.

    Raises:
        BadParameters: each fault names the element.
    """
    if not body.strip():
        return Withdrawal()
    given = _parameters(body)
    found: dict[str, Any] = {}
    faults = []
    for n, one in enumerate(given):
        element = f"Parameters.parameter[{n}]"
        name = one.get("name")
        if not isinstance(name, str) or name not in PARAMETERS or name in found:
            faults.append(Fault(element, f"give each of {', '.join(PARAMETERS)} once at most"))
            continue
        kind, convert = PARAMETERS[name]
        try:
            found[name] = convert(one[kind])
        except (KeyError, ValueError, TypeError):
            faults.append(Fault(f"{element}.{kind}", f"give a {kind} that is known here"))
    if faults:
        raise BadParameters("some of the parameters cannot be used", faults)
    said = Said(
        source=found.get("source", Source.ONLINE),
        decided_at=found.get("decidedAt"),
        words=found.get("words"),
    )
    return Withdrawal(reason=found.get("reason", Reason.NOT_SAID), said=said)


def _parameters(body: bytes) -> list[Mapping[str, Any]]:
    try:
        resource = loads(body)
    except ValueError as error:
        raise BadParameters(f"it is not JSON: {error}", [Fault("Parameters", str(error))]) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != "Parameters":
        fault = Fault("Parameters.resourceType", 'it must be "Parameters"')
        raise BadParameters(fault.detail, [fault])
    given = resource.get("parameter", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        fault = Fault("Parameters.parameter", "it must be a list of objects")
        raise BadParameters(fault.detail, [fault])
    return given[:20]


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=clock.zone())


def _words(text: object) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > WORDS_MAX:
        raise ValueError("no words, or too many")
    return text


PARAMETERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "reason": ("valueCode", Reason),
    "source": ("valueCode", Source),
    "decidedAt": ("valueDateTime", _moment),
    "words": ("valueString", _words),
}
"""Each parameter, with the element that has its value."""
