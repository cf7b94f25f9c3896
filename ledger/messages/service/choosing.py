"""How somebody wants to be told by e-mail. A matter of comfort: nothing is recorded."""

from ledger.core.authority import Resource
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.messages.models import AlertChoice
from ledger.messages.rules.alerts import How


def choose(work: UnitOfWork, *, how: How) -> None:
    """Have the actor told like that from now on."""
    work.authorise(Permission.PROFILE_READ, on=Resource(person_id=work.actor.id), records=0)
    work.session.merge(AlertChoice(person_id=work.actor.id, how=how))
