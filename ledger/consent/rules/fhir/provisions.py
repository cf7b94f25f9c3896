"""Provisions to conditions, exceptions and scopes; whatever is ambiguous becomes a doubt."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final

from ledger.consent.rules.fhir.extensions import (
    ALSO,
    CLOSED,
    CLOSED_NO,
    NORMAL,
    SCOPED,
    flag,
    has,
)
from ledger.consent.rules.fhir.resource_types import RESOURCE_TYPES
from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    ACTION,
    BEFORE_ALL,
    CATEGORY_SYSTEM,
    LOINC,
    PARTICIPATION,
    RESOURCE_TYPE,
    SNOMED,
    Doubtful,
    Doubts,
    Json,
    codes,
    codings_of,
    each,
    period,
    reference,
    system_of,
)
from ledger.consent.rules.matching import ACTIONS
from ledger.consent.rules.model import ALWAYS, ANY, Conditions, Effect, Node, Terms
from ledger.vocabulary import labels, purposes
from ledger.vocabulary.categories import Category

_RECIPIENTS: Final = frozenset({"PRCP", "IRCP"})
"""Participations of those who are to get the data. A custodian or author is somebody else."""

_NOT_READ: Final = frozenset({"expression", "documentType"})
"""Elements of R5 that narrow a provision by what we do not match by."""

_LOINC: Final = re.compile(r"(LP|LA)?[0-9]{1,8}-[0-9]")
_SNOMED: Final = re.compile(r"[1-9][0-9]{5,17}")

_STATED: Final = ("period", "actor", "action", "securityLabel", "purpose", "class", "code",
                  "dataPeriod", "data")  # fmt: skip


class Reader:
    """Reads the provisions of one consent. Notes where each actor is named."""

    def __init__(self, zone: tzinfo, doubts: Doubts, release: Release = Release.R4) -> None:
        self.zone: Final = zone
        self.typed: Final = release is Release.R4
        self.data_types: Final = "class" if self.typed else "resourceType"
        self.doubts: Final = doubts
        self.actors: Final[dict[str, str]] = {}
        self.says: Effect | None = None
        """Yes or no: the type of the root."""

    def terms(self, consent: Json, *, by_pcf: bool) -> Terms | None:
        """Return the terms of a consent; None if its root says neither permit nor deny."""
        root, element = consent.get("provision", {}), "Consent.provision"
        base = self.says = self._type(root, element) or self._by_policy_rule(consent, root)
        if base is None:
            self._look_at_all(root, element)
            return None
        conditions = self.conditions(root, element, base)
        children = [*each(root, "provision", element)]
        if not by_pcf:
            exceptions = tuple(self._exceptions(children, base))
            return _marked(consent, _terms(base, conditions, exceptions))
        same, opposite = self._sorted(children, base)
        exceptions = tuple(self._exceptions(opposite, base))
        if not same:
            closed = base is Effect.PERMIT and replace(conditions, period=None) != ANY
            terms = replace(_terms(base, conditions, exceptions), closed=closed)
            return _marked(consent, terms)
        if base is Effect.DENY or replace(conditions, period=None) == ANY:
            self.doubts.add(Doubtful.NESTED_TYPE_NOT_OPPOSITE, same[0][0])
        return _marked(consent, self._several_scopes(conditions, exceptions, same))

    def terms_r5(self, consent: Json) -> Terms | None:
        """Return the terms of an R5 consent; None if its `decision` is neither permit nor deny.

        R5 has no types: each provision is an exception to what it stands in.
        """
        base = self.says = self._type(consent, "Consent", name="decision")
        children = [*each(consent, "provision", "Consent")]
        if base is None:
            if "decision" not in consent:
                self.doubts.add(Doubtful.ROOT_TYPE_MISSING, "Consent.decision")
            for element, child in children:
                self._look_at_all(child, element)
            return None
        always = period(consent.get("period", {}), "Consent.period", self.zone)
        closed = has(consent, flag(CLOSED), among="extension") and base is Effect.DENY
        if not closed and not has(consent, flag(SCOPED)):
            exceptions = tuple(self._exceptions(children, base))
            return _marked(consent, Terms(base=base, exceptions=exceptions, period=always))
        if len(children) != 1:
            self.doubts.add(Doubtful.UNKNOWN_MODIFIER, "Consent.provision")
            return None
        [(element, root)] = children
        base = self.says = base.opposite if closed else base
        scope = self.conditions(root, element, base)
        exceptions = tuple(self._exceptions(each(root, "provision", element), base))
        if scope.period is not None:
            self.doubts.add(Doubtful.UNKNOWN_MODIFIER, f"{element}.period")
        terms = Terms(base=base, scope=scope, exceptions=exceptions, period=always, closed=closed)
        return _marked(consent, terms)

    def conditions(self, provision: Json, element: str, effect: Effect) -> Conditions:
        """Return what a provision asks of a request."""
        self._no_primitive_extensions(provision, element)
        confidentiality, sensitivities = self._labels(provision, element, effect)
        named = self._data_codes(provision, element)
        also = self._also(provision, element)
        stated: dict[str, Any] = {
            "actors": frozenset(self._actors(provision, element)),
            "actions": self._plain(
                codings_of(each(provision, "action", element), self.doubts),
                {ACTION: ACTIONS.__contains__},
            ),
            "purposes": self._plain(
                each(provision, "purpose", element), {purposes.SYSTEM: purposes.is_known}
            ),
            "resource_types": self._plain(
                each(provision, self.data_types, element),
                {RESOURCE_TYPE: RESOURCE_TYPES.__contains__},
            ),
            "categories": frozenset(Category(c) for s, c in named | also if s == CATEGORY_SYSTEM),
            "codes": frozenset(f"{s}|{c}" for s, c in named if s != CATEGORY_SYSTEM),
            "items": frozenset(self._items(provision, element)),
            "confidentiality": confidentiality,
            "sensitivities": sensitivities | {c for s, c in also if s == ACT_CODE},
        }
        for name, ours in (("period", "period"), ("dataPeriod", "data_period")):
            if name in provision and (name, provision[name]) != ("period", {"start": BEFORE_ALL}):
                stated[ours] = period(provision[name], f"{element}.{name}", self.zone)
        return Conditions(**stated)

    def _type(self, provision: Json, element: str, *, name: str = "type") -> Effect | None:
        found = provision.get(name)
        if found is None:
            return None
        if found not in set(Effect):
            self.doubts.add(Doubtful.UNKNOWN_TYPE, f"{element}.{name}")
            return None
        return Effect(found)

    def _by_policy_rule(self, consent: Json, root: Json) -> Effect | None:
        """A root without type is read by policyRule only if it has no conditions of its own."""
        if "type" in root:
            return None
        if any(name in root for name in _STATED):
            self.doubts.add(Doubtful.ROOT_TYPE_MISSING, "Consent.provision.type")
            return None
        codings = consent.get("policyRule", {}).get("coding", ())
        said = {(system_of(c), c.get("code")) for c in codings}
        if said == {(ACT_CODE, "OPTIN")}:
            return Effect.PERMIT
        if said == {(ACT_CODE, "OPTOUT")}:
            return Effect.DENY
        self.doubts.add(Doubtful.POLICY_RULE_NOT_UNDERSTOOD, "Consent.policyRule")
        return None

    def _exceptions(self, children: Iterable[tuple[str, Json]], parent: Effect) -> Iterator[Node]:
        for element, child in children:
            effect = self._type(child, element)
            if self.typed and "type" not in child:
                self.doubts.add(Doubtful.NESTED_TYPE_MISSING, f"{element}.type")
            elif effect is parent:
                self.doubts.add(Doubtful.NESTED_TYPE_NOT_OPPOSITE, f"{element}.type")
            conditions = self.conditions(child, element, parent.opposite)
            deeper = self._exceptions(each(child, "provision", element), parent.opposite)
            yield Node(conditions, tuple(deeper))

    def _sorted(
        self, children: list[tuple[str, Json]], base: Effect
    ) -> tuple[list[tuple[str, Json]], list[tuple[str, Json]]]:
        same = [child for child in children if child[1].get("type") == base]
        return same, [child for child in children if child not in same]

    def _several_scopes(
        self, root: Conditions, exceptions: tuple[Node, ...], same: list[tuple[str, Json]]
    ) -> Terms:
        """Nothing but these: a deny, of which each scope is a permitting exception."""
        scopes = [Node(replace(root, period=None), exceptions)]
        for element, child in same:
            conditions = self.conditions(child, element, Effect.PERMIT)
            deeper = self._exceptions(each(child, "provision", element), Effect.PERMIT)
            scopes.append(Node(conditions, tuple(deeper)))
        return Terms(base=Effect.DENY, exceptions=tuple(scopes), period=root.period or ALWAYS)

    def _look_at_all(self, root: Json, element: str) -> None:
        """Find what else is in doubt, for the person who will look at it."""
        children = [(element, root)]
        while children:
            where, provision = children.pop()
            self.conditions(provision, where, Effect.DENY)
            for child_element, child in each(provision, "provision", where):
                if self.typed and "type" not in child:
                    self.doubts.add(Doubtful.NESTED_TYPE_MISSING, f"{child_element}.type")
                children.append((child_element, child))

    def _actors(self, provision: Json, element: str) -> Iterator[str]:
        for where, actor in each(provision, "actor", element):
            role = codings_of([(f"{where}.role", actor.get("role", {}))], self.doubts)
            for coding_element, coding in role:
                if (system_of(coding), coding.get("code")) not in {
                    (PARTICIPATION, code) for code in _RECIPIENTS
                }:
                    self.doubts.add(Doubtful.ROLE_NOT_SUPPORTED, coding_element)
            named = reference(actor.get("reference", {}), f"{where}.reference", self.doubts)
            if named is not None:
                self.actors.setdefault(named, f"{where}.reference")
                yield named

    def _items(self, provision: Json, element: str) -> Iterator[str]:
        for where, data in each(provision, "data", element):
            if data.get("meaning") != "instance":
                self.doubts.add(Doubtful.DATA_MEANING_NOT_SUPPORTED, f"{where}.meaning")
            named = reference(data.get("reference", {}), f"{where}.reference", self.doubts)
            if named is not None:
                yield named

    def _data_codes(self, provision: Json, element: str) -> frozenset[tuple[str, str]]:
        known = {
            LOINC: lambda code: bool(_LOINC.fullmatch(code)),
            SNOMED: lambda code: bool(_SNOMED.fullmatch(code)),
            CATEGORY_SYSTEM: set(Category).__contains__,
        }
        codings = codings_of(each(provision, "code", element), self.doubts)
        found = codes(codings, known, self.doubts)
        if len({system == CATEGORY_SYSTEM for system, _ in found}) > 1:  # Either, or both?
            self.doubts.add(Doubtful.LABELS_MIXED, f"{element}.code")
        return found

    def _also(self, provision: Json, element: str) -> frozenset[tuple[str, str]]:
        """Return what data must be besides what `code` or `securityLabel` lists."""
        known = {CATEGORY_SYSTEM: set(Category).__contains__, ACT_CODE: labels.is_sensitivity}
        codings = [
            (f"{where}.valueCoding", one["valueCoding"])
            for where, one in each(provision, "modifierExtension", element)
            if one.get("url") == ALSO and isinstance(one.get("valueCoding"), dict)
        ]
        found = codes(codings, known, self.doubts)
        sorts = {(CATEGORY_SYSTEM, "code"), (ACT_CODE, "securityLabel")}
        if any(name not in provision for s, name in sorts if s in {system for system, _ in found}):
            self.doubts.add(Doubtful.UNKNOWN_MODIFIER, f"{element}.modifierExtension")
        return found

    def _plain(self, codings: Iterable[tuple[str, Json]], known: Any) -> frozenset[str]:
        return frozenset(code for _, code in codes(codings, known, self.doubts))

    def _labels(
        self, provision: Json, element: str, effect: Effect
    ) -> tuple[str | None, frozenset[str]]:
        known = {
            labels.CONFIDENTIALITY_SYSTEM: labels.CONFIDENTIALITIES.__contains__,
            labels.SENSITIVITY_SYSTEM: labels.is_sensitivity,
        }
        found = codes(each(provision, "securityLabel", element), known, self.doubts)
        close = [c for s, c in found if s == labels.CONFIDENTIALITY_SYSTEM]
        sensitive = frozenset(c for s, c in found if s == labels.SENSITIVITY_SYSTEM)
        if close and sensitive:  # Either of them, or both? FHIR does not say.
            self.doubts.add(Doubtful.LABELS_MIXED, f"{element}.securityLabel")
        if not close:
            return None, sensitive
        widest = max if effect is Effect.PERMIT else min
        return widest(close, key=labels.CONFIDENTIALITIES.index), sensitive

    def _no_primitive_extensions(self, provision: Json, element: str) -> None:
        for name in provision:
            if name.startswith("_") or name in _NOT_READ:
                self.doubts.add(Doubtful.UNKNOWN_MODIFIER, f"{element}.{name}")


def _marked(consent: Json, terms: Terms) -> Terms:
    """Return the terms with what our own modifiers of the whole consent say."""
    return replace(
        terms,
        closed=terms.closed or (terms.base is Effect.DENY and has(consent, flag(CLOSED_NO))),
        unlabelled_is_normal=has(consent, NORMAL),
    )


def _terms(base: Effect, root: Conditions, exceptions: tuple[Node, ...]) -> Terms:
    scope = replace(root, period=None)
    return Terms(base=base, scope=scope, exceptions=exceptions, period=root.period or ALWAYS)
