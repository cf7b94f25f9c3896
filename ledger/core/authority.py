"""The one place that decides who may do what. The rules are in policies/."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final
from uuid import UUID

from ledger.core import policy
from ledger.core.actor import Actor
from ledger.core.errors import Bug, Forbidden, NotAuthenticated
from ledger.core.policy import Permission, Policy, Relation


def policies_folder() -> Path:
    """Return where ``policies/`` is: beside the package, or inside it in a wheel."""
    root = Path(__file__).parents[2] / "policies"
    return root if root.is_dir() else Path(__file__).parents[1] / "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The least that a decision needs to know about a thing.

    Attributes:
        patient_id: The patient whom it is about.
        person_id: The person whom it is about, or whose it is.
        organisation_ids: The organisations that are party to it, or whose it is.
        host_id: The organisation that runs it for the others.
        held: Relations that the caller has looked up, such as `Relation.CARE`.
    """

    patient_id: UUID | None = None
    person_id: UUID | None = None
    organisation_ids: frozenset[UUID] = frozenset()
    host_id: UUID | None = None
    held: frozenset[Relation] = frozenset()

    def relations_of(self, actor: Actor) -> frozenset[Relation]:
        """Return every way in which *actor* stands to this thing; never an empty set."""
        found = set(self.held)
        if self.patient_id is not None:
            if self.patient_id == actor.patient_id:
                found.add(Relation.OWN)
            if self.patient_id in actor.proxy_for:
                found.add(Relation.PROXY)
        if self.person_id is not None and actor.ref == f"person:{self.person_id}":
            found.add(Relation.OWN)
        if actor.organisation_id is not None:
            if actor.organisation_id in self.organisation_ids:
                found.add(Relation.PARTY)
            if actor.organisation_id == self.host_id:
                found.add(Relation.HOST)
        return frozenset(found) or _STRANGER


_STRANGER: Final = frozenset({Relation.NONE})


class _InForce:
    """The policy of this process: one reference, replaced whole."""

    policy: Policy | None = None
    one_load_at_a_time = Lock()


def reload(folder: Path | None = None) -> Policy:
    """Put the policy in *folder* in force. A bad one raises and leaves the old in force.

    Raises:
        BadPolicy: see `policy.load`.
    """
    with _InForce.one_load_at_a_time:
        _InForce.policy = policy.load(folder or policies_folder())
        return _InForce.policy


def in_force() -> Policy:
    """Return the policy in force. Decide with this one object for as long as it must agree."""
    if _InForce.policy is None:
        raise Bug("create_app loads the policy before anybody asks")
    return _InForce.policy


def permits(by: Policy, actor: Actor, permission: Permission, on: Resource) -> bool:
    """Say whether *actor* has *permission* on a thing. No match is a refusal.

    A token narrows what its holder may do and never widens it; so does a weak sign-in.
    """
    return permission not in actor.unproven and _by_policy(by, actor, permission, on)


def could_ever(by: Policy, actor: Actor, permission: Permission) -> bool:
    """Say whether some resource exists for which *actor* would be permitted."""
    if actor.scopes is not None and not policy.scope_covers(actor.scopes, permission):
        return False
    one_by_one = (frozenset({relation}) for relation in Relation)
    return any(by.allows(actor.roles, permission, one, actor.held) for one in one_by_one)


def require(by: Policy, actor: Actor, permission: Permission, on: Resource) -> None:
    """Raise `Refused` unless permitted. The reason is recorded, never returned.

    Raises:
        StrongerSignInNeeded: the policy permits it, to somebody who has proved more.
    """
    if not _by_policy(by, actor, permission, on):
        raise Refused(permission)
    must_have_proved(actor, permission)


def must_have_proved(actor: Actor, permission: Permission) -> None:
    """Raise `StrongerSignInNeeded` if *actor* signed in too weakly for *permission*."""
    if permission in actor.unproven:
        raise StrongerSignInNeeded(permission)


def _by_policy(by: Policy, actor: Actor, permission: Permission, on: Resource) -> bool:
    if actor.scopes is not None and not policy.scope_covers(actor.scopes, permission):
        return False
    return by.allows(actor.roles, permission, on.relations_of(actor), actor.held)


class StrongerSignInNeeded(NotAuthenticated):
    """The policy permits it, and the sign-in is too weak. The edge says how to prove more."""

    slug = "stronger-sign-in-needed"
    title = "Sign in more strongly to do this"

    def __init__(self, permission: Permission) -> None:
        super().__init__("this needs a stronger sign-in; sign in again, and you come back here")
        self.permission = permission


class Refused(Forbidden):
    """The policy said no. Knows the permission, for the log; its sentence does not."""

    def __init__(self, permission: Permission) -> None:
        super().__init__("this account may not do that here")
        self.permission = permission
