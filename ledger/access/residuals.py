"""What is left for an enforcer to work out, as it is sent: see ``docs/enforcement-client``."""

from typing import Any, TypeAlias

from ledger.access.deciding import Decision
from ledger.consent.rules.evaluation import Branch, Residual
from ledger.consent.rules.model import Conditions, Period
from ledger.vocabulary import labels

Json: TypeAlias = Any


def residual(decision: Decision) -> dict[str, Json]:
    """Return what must still be worked out, of every consent that leaves something.

    Every tree is applied; a deny of any beats a permit of any other.
    """
    trees = [a.residual for a in decision.combined.answers if a.residual is not None]
    return {
        "permits_otherwise": decision.permits_otherwise,
        "trees": [_tree(each) for each in trees],
    }


def _tree(tree: Residual) -> dict[str, Json]:
    found: dict[str, Json] = {
        "base": tree.base,
        "outside": tree.outside,
        "unlabelled_is_normal": tree.unlabelled_is_normal,
        "deny_needs_naming": tree.deny_needs_naming,
        "root": _branch(tree.root),
    }
    return found if tree.lets_in else {**found, "permits_nothing": True}


def _branch(branch: Branch) -> dict[str, Json]:
    found: dict[str, Json] = {"conditions": _conditions(branch.conditions)}
    if not branch.sure:
        found["sure"] = False
    if branch.explicit:
        found["names_emergency"] = True
    if branch.children:
        found["exceptions"] = [_branch(child) for child in branch.children]
    return found


def _conditions(conditions: Conditions) -> dict[str, Json]:
    found: dict[str, Json] = {
        name: sorted(words)
        for name, words in (
            ("categories", conditions.categories),
            ("resource_types", conditions.resource_types),
            ("codes", conditions.codes),
            ("items", conditions.items),
            # An enforcer compares codes; which of them belong together is written out for it.
            ("sensitivity", labels.below(conditions.sensitivities)),
        )
        if words
    }
    if conditions.confidentiality is not None:
        found["confidentiality"] = conditions.confidentiality
    if conditions.data_period is not None:
        found["data_period"] = _period(conditions.data_period)
    return found


def _period(period: Period) -> dict[str, str | None]:
    return {
        "start": None if period.starts_at is None else period.starts_at.isoformat(),
        "end": None if period.ends_at is None else period.ends_at.isoformat(),
    }
