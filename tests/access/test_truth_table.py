"""The one decision as a document: what every combination of facts adds up to.

When this fails after a deliberate change to policies/, paste the new table in: the diff is
what the governance board reviews.
"""

from itertools import groupby
from pathlib import Path

import pytest

from ledger.access import ruleset
from ledger.access.rules.verdicts import Facts, all_facts
from ledger.access.rules.words import (
    OVERRIDDEN,
    PATIENT_WORDS,
    REASON_WORDS,
    Agreement,
    Consent,
    Reason,
    Regime,
    Register,
    Relationship,
    Standing,
)
from ledger.access.ruleset import Ruleset
from ledger.core.actor import Role
from ledger.core.authority import policies_folder
from ledger.core.policy import BadPolicy
from ledger.vocabulary.categories import Category
from ledger.vocabulary.purposes import Family

PERMITTED = """
implied-care   internal   permit        care declared      permit/consented
implied-care   internal   residual      care declared      permit_residual/consented-in-part
implied-care   internal   none          care declared      default_permit/implied-care
implied-care   internal   indeterminate care               default_permit/care-goes-on
implied-care   in-force   permit        care declared      permit/consented
implied-care   in-force   residual      care declared      permit_residual/consented-in-part
implied-care   in-force   none          care declared      default_permit/implied-care
implied-care   in-force   indeterminate care               default_permit/care-goes-on
implied-care   missing    permit        care               permit/consented
implied-care   missing    residual      care               permit_residual/consented-in-part
implied-care   missing    none          care               default_permit/care-goes-on
implied-care   missing    indeterminate care               default_permit/care-goes-on
implied-care   lapsed     permit        care               permit/consented
implied-care   lapsed     residual      care               permit_residual/consented-in-part
implied-care   lapsed     none          care               default_permit/care-goes-on
implied-care   lapsed     indeterminate care               default_permit/care-goes-on
implied-care   suspended  permit        care               permit/consented
implied-care   suspended  residual      care               permit_residual/consented-in-part
implied-care   suspended  none          care               default_permit/care-goes-on
implied-care   suspended  indeterminate care               default_permit/care-goes-on
explicit-care  internal   permit        care               permit/consented
explicit-care  internal   residual      care               permit_residual/consented-in-part
explicit-care  in-force   permit        care               permit/consented
explicit-care  in-force   residual      care               permit_residual/consented-in-part
explicit-care  missing    permit        care               permit/consented
explicit-care  missing    residual      care               permit_residual/consented-in-part
explicit-care  lapsed     permit        care               permit/consented
explicit-care  lapsed     residual      care               permit_residual/consented-in-part
explicit-care  suspended  permit        care               permit/consented
explicit-care  suspended  residual      care               permit_residual/consented-in-part
"""
"""Who is clear, and cares for the patient or says so. Nothing else of these regimes permits."""


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return ruleset.load(policies_folder())


def table(rules: Ruleset, regimes: set[Regime]) -> str:
    """Print what is permitted, with the relationships that share an answer on one line."""
    rows = [
        (f"{f.regime:<15}{f.agreement:<11}{f.consent:<14}", f"{v.outcome}/{v.reason}", f)
        for f, v in rules.verdicts.items()
        if v.permits and f.regime in regimes
    ]
    lines = []
    for (facts, answer), group in groupby(rows, key=lambda row: row[:2]):
        who = " ".join(f.relationship for _, _, f in group)
        lines.append(f"{facts}{who:<19}{answer}\n")
    return "".join(lines)


def test_care_is_permitted_exactly_so(rules: Ruleset) -> None:
    care = {Regime.IMPLIED_CARE, Regime.EXPLICIT_CARE}
    assert table(rules, care) == PERMITTED.lstrip("\n")


def test_breaking_the_glass_permits_all_but_what_an_emergency_refusal_covers(
    rules: Ruleset,
) -> None:
    permitted = {f for f, v in rules.verdicts.items() if v.permits and f[0] is Regime.BREAK_GLASS}
    assert permitted == {
        Facts(Regime.BREAK_GLASS, agreement, consent, relationship, Standing.CLEAR)
        for agreement in Agreement
        for consent in Consent
        for relationship in OVERRIDDEN
        if consent is not Consent.DENY or relationship is Relationship.OVERRIDE_SECONDED
    }
    assert {rules.verdicts[f].outcome for f in permitted} == {"permit_by_override"}


def naively(f: Facts) -> bool:  # noqa: PLR0911 - one sentence each
    """Read the specification (consent, 4 to 6) one sentence after another, and nothing else."""
    if f.standing is not Standing.CLEAR or f.regime is Regime.STATUTORY_PROHIBITION:
        return False
    covered = f.agreement in {Agreement.INTERNAL, Agreement.IN_FORCE}
    said_yes = f.consent in {Consent.PERMIT, Consent.RESIDUAL}
    if f.regime is Regime.STATUTORY_DUTY:
        by_duty = f.agreement is Agreement.IN_FORCE
        return by_duty or (f.agreement is Agreement.INTERNAL and said_yes)
    if f.regime is Regime.BREAK_GLASS:
        two = f.relationship is Relationship.OVERRIDE_SECONDED
        one = f.relationship is Relationship.OVERRIDE
        return two or (one and f.consent is not Consent.DENY)
    if f.regime is Regime.IMPLIED_CARE:
        by_roster = f.relationship is Relationship.CARE and (
            said_yes or f.consent in {Consent.NONE, Consent.INDETERMINATE}
        )
        by_word = f.relationship is Relationship.DECLARED and covered
        return by_roster or (by_word and (said_yes or f.consent is Consent.NONE))
    if f.regime is Regime.EXPLICIT_CARE:
        return f.relationship is Relationship.CARE and said_yes
    if f.regime is Regime.OPT_OUT:
        may = f.consent is Consent.NONE and f.register in {Register.CLEAR, Register.EXEMPT}
        return covered and (said_yes or may)
    return covered and said_yes


def test_every_combination_is_what_the_specification_says(rules: Ruleset) -> None:
    wrong = [f for f, v in rules.verdicts.items() if v.permits is not naively(f)]
    assert wrong == []
    assert len(rules.verdicts) == len(list(all_facts())) > 5000


def test_who_cares_is_never_asked_about_the_register(rules: Ruleset) -> None:
    asked = {f.regime for f in rules.verdicts if f.register is not Register.UNASKED}
    assert asked == {Regime.OPT_OUT}


def test_a_worse_register_never_grants(rules: Ruleset) -> None:
    for facts, verdict in rules.verdicts.items():
        if facts.regime is Regime.OPT_OUT and not verdict.permits:
            for worse in (Register.OPTED_OUT, Register.STALE, Register.ABSENT):
                assert not rules.verdicts[facts._replace(register=worse)].permits


def test_a_ruleset_of_before_the_register_is_read_as_it_was(tmp_path: Path, rules: Ruleset) -> None:
    for path in policies_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    model = (tmp_path / "access.conf").read_text()
    model = model.replace(", register", "").replace(
        ' && (p.register == "any" || r.register == p.register)', ""
    )
    (tmp_path / "access.conf").write_text(model)
    (tmp_path / "access.csv").write_text("p, opt-out, in-force, permit, any, clear, allow\n")
    (tmp_path / "limits.csv").write_text("override-minutes, 60\n")
    earlier = ruleset.load(tmp_path)
    permitted = {f for f, v in earlier.verdicts.items() if v.permits}
    assert {f.register for f in permitted} == set(Register) - {Register.UNASKED}
    assert {(f.regime, f.agreement, f.consent) for f in permitted} == {
        (Regime.OPT_OUT, Agreement.IN_FORCE, Consent.PERMIT)
    }
    assert earlier.register_lasts.days == 21


def test_no_fact_made_worse_ever_grants(rules: Ruleset) -> None:
    """Spec P5, over facts: taking away what speaks for a permit never brings one about."""
    worse_agreements = (Agreement.MISSING, Agreement.LAPSED, Agreement.SUSPENDED)
    for facts, verdict in rules.verdicts.items():
        if verdict.permits:
            continue
        for change in (
            *({"agreement": each} for each in worse_agreements),
            *({"standing": each} for each in (Standing.RECUSED, Standing.SUSPENDED)),
            {"consent": Consent.DENY},
            {"consent": Consent.CONFLICT} if facts.regime is not Regime.BREAK_GLASS else {},
            {"relationship": Relationship.NONE},
        ):
            if facts.regime is Regime.STATUTORY_DUTY:
                break  # Nobody's choice bears on it.
            changed = facts._replace(**change)  # type: ignore[arg-type]
            assert not rules.verdicts[changed].permits, (facts, changed)


def test_a_stranger_cannot_tell_a_refusal_from_a_patient_who_is_not_there(rules: Ruleset) -> None:
    """Spec P14: what a stranger is told never hangs on what the patient said."""
    told: dict[tuple[object, ...], set[object]] = {}
    for f, v in rules.verdicts.items():
        if f.relationship is Relationship.NONE and not v.permits and f.standing is Standing.CLEAR:
            assert v.told is not None
            key = (f.regime, f.agreement)
            told.setdefault(key, set()).add((v.told.outcome, v.told.reason, v.told.alerts))
    assert told
    assert all(len(answers) == 1 for answers in told.values())


def test_every_reason_has_words_for_both_and_every_one_occurs(rules: Ruleset) -> None:
    assert set(REASON_WORDS) == set(PATIENT_WORDS) == set(Reason)
    found = {v.reason for v in rules.verdicts.values()}
    found |= {v.told.reason for v in rules.verdicts.values() if v.told}
    assert set(Reason) - found == {Reason.NO_ROLE, Reason.ROLE_REACH}


def test_the_reference_page_lists_the_reasons_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs/reference/authzen.md"
    rows = "".join(f"| `{code}` | {words} |\n" for code, words in REASON_WORDS.items())
    assert rows in page.read_text()


def test_roles_reach_as_far_as_this(rules: Ruleset) -> None:
    seen = {
        (role, family): "all but " + ", ".join(sorted(missing)) if len(missing) < 3 else len(have)
        for role in Role
        for family in Family
        if (have := _reached(rules, role, family))
        for missing in [set(Category) - have]
    }
    assert seen == {
        ("clinician", "care"): "all but finance",
        ("clinician", "emergency"): "all but finance",
        ("clinician", "secondary"): "all but finance",
        ("clinician", "other"): "all but finance",
        ("social_worker", "care"): 14,
        ("social_worker", "emergency"): "all but genetics, sexual-health",
        ("social_worker", "secondary"): 1,
        ("social_worker", "other"): 1,
        ("care_coordinator", "care"): 8,
        ("safeguarding_lead", "care"): 7,
        ("safeguarding_lead", "emergency"): 1,
        ("service", "secondary"): "all but safeguarding",
        ("service", "other"): "all but safeguarding",
    }


def test_a_deny_for_one_role_beats_what_another_allows(rules: Ruleset) -> None:
    both = frozenset({Role.CLINICIAN, Role.SOCIAL_WORKER})
    reach = rules.reach[Category.GENETICS, Family.CARE]
    facts = Facts(
        Regime.EXPLICIT_CARE,
        Agreement.IN_FORCE,
        Consent.PERMIT,
        Relationship.CARE,
        Standing.CLEAR,
    )
    one, none = frozenset({Role.CLINICIAN}), frozenset[Role]()
    assert rules.verdict(facts, one, one, reach).permits
    assert rules.verdict(facts, both, both, reach).reason is Reason.ROLE_REACH
    assert rules.verdict(facts, one, both, reach).reason is Reason.ROLE_REACH  # Said to be one.
    assert rules.verdict(facts, none, none, reach).reason is Reason.NO_ROLE


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("access.csv", "p, opt-in, expired, permit, any, clear, any, allow", "'expired' is no agr"),
        ("reach.csv", "p, nurse, any, care, allow", "'nurse' is no role"),
        ("regimes.csv", "x, 1, 2020-01-01, , HRESEARCH, any, opt-in, law", "'HRESEARCH' is no pu"),
        ("regimes.csv", "x, 1, 2020-01-01, , HRESCH, any, opt-in, law", "the same on one day"),
        ("regimes.csv", "x, 1, 2020-13-01, , HMARKT, any, opt-in, law", "month must be in 1..12"),
    ],
)
def test_a_word_that_is_not_known_stops_the_load(
    tmp_path: Path, file: str, line: str, complaint: str
) -> None:
    for path in policies_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(f"{text}{line}\n")
    number = len(text.splitlines()) + 1
    with pytest.raises(BadPolicy, match=rf"{file}:{number}: .*{complaint}"):
        ruleset.load(tmp_path)


@pytest.mark.parametrize("file", ["access.csv", "reach.csv", "regimes.csv"])
def test_no_lines_at_all_is_a_mistake(tmp_path: Path, file: str) -> None:
    for path in policies_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / file).write_text("# Nothing\n")
    with pytest.raises(BadPolicy, match=rf"{file}:.*no "):
        ruleset.load(tmp_path)


def _reached(rules: Ruleset, role: Role, family: Family) -> set[Category]:
    return {
        category
        for category in Category
        for reach in [rules.reach[category, family]]
        if role in reach.allowed and role not in reach.denied
    }
