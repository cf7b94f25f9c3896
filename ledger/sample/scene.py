"""How a chapter finds who and what earlier chapters made: by what the data files call them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Bug
from ledger.core.trail import Pending
from ledger.directory import queries
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView

DATA: Final = Path(__file__).parent / "data"
_WAIT_S: Final = 30

Say = Callable[[str], None]
Found = TypeVar("Found")


@cache
def parties() -> dict[str, Any]:
    """Return who there is: ``data/parties.json``. Nobody changes what it returns."""
    found: dict[str, Any] = json.loads((DATA / "parties.json").read_text())
    return found


@dataclass(slots=True)
class Scene:
    """The sample as it stands while it is told.

    Attributes:
        address: Where the service answers, for what goes over HTTP: signing in, signing.
        password: That of every sample account.
        accounts: What a newcomer is told: a user name, and who that is.
        agreements: Agreements in force, by what later chapters call them.
        client: A program's credentials and a line to try them with; see `load.load`.
        pages: Addresses of what chapters made, by what `guide` calls them.
    """

    address: str
    password: str
    say: Say = print
    accounts: list[dict[str, str]] = field(default_factory=list)
    agreements: dict[str, UUID] = field(default_factory=dict)
    client: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)

    def organisation(self, key: str) -> UUID:
        """Return an organisation by its name in the data: ``board``, ``trust``, ``council``."""
        code = parties()["organisations"][key]["ods_code"]
        return _there(queries.organisation_by_code(db.session(), code)).id

    def person(self, username: str) -> UUID:
        """Return who signs in by a name: staff, or a patient of whom that is told."""
        people = {
            **parties()["people"],
            **{p["username"]: p for p in parties()["patients"].values() if "username" in p},
        }
        email = people[username]["email"]
        return _there(queries.person_by_email(db.session(), email))

    def actor(self, username: str, role: Role | None = None) -> Actor:
        """Return somebody acting in one of their roles, or in the first."""
        person_id = self.person(username)
        held = queries.memberships(db.session(), person_id)
        chosen = next((each.id for each in held if role in (None, each.role)), None)
        return queries.actor_for(db.session(), person_id, chosen)

    def patient(self, key: str) -> UUID:
        """Return a patient's id by their name in the data: ``iris``."""
        number = parties()["patients"][key]["nhs_number"]
        return _there(queries.patient_by_nhs_number(db.session(), number))

    def pool(self) -> PoolView:
        """Return the pooled fund as the one who runs it sees it now."""
        found = pools.pools(db.session(), self.actor("paul.pool"))[0]
        db.session.remove()
        return found

    def numbered(self) -> None:
        """Wait until the log has numbered all that was recorded.

        What is shown as of a size of the log holds nothing else.
        """
        deadline = time.monotonic() + _WAIT_S
        while db.session().scalar(select(Pending.position).limit(1)) is not None:
            db.session.remove()
            if time.monotonic() > deadline:
                raise Bug("the log numbers nothing: the service is not serving")
            time.sleep(0.05)
        db.session.remove()


def _there(found: Found | None) -> Found:
    if found is None:
        raise Bug("a chapter asks for what no earlier chapter has made")
    return found
