"""Categories of data: about twenty words, and what they are in FHIR, LOINC and ActCode."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Category(StrEnum):
    """A sort of data. The value is stored and logged: never rename one."""

    DEMOGRAPHICS = "demographics"
    CONTACT_DETAILS = "contact-details"
    CARE_PLAN = "care-plan"
    MEDICINES = "medicines"
    ALLERGIES = "allergies"
    CONDITIONS = "conditions"
    TESTS = "tests"
    IMAGING = "imaging"
    LETTERS = "letters"
    APPOINTMENTS = "appointments"
    ENCOUNTERS = "encounters"
    PROCEDURES = "procedures"
    IMMUNISATIONS = "immunisations"
    OBSERVATIONS = "observations"
    MATERNITY = "maternity"
    MENTAL_HEALTH = "mental-health"
    SEXUAL_HEALTH = "sexual-health"
    SUBSTANCE_USE = "substance-use"
    GENETICS = "genetics"
    SOCIAL_CARE = "social-care"
    SAFEGUARDING = "safeguarding"
    END_OF_LIFE = "end-of-life"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a category is, here and elsewhere.

    Attributes:
        words: In a patient's words.
        resource_types: FHIR resources that are always of this category.
        loinc: LOINC codes (documents, panels) that are.
        sensitivities: v3 ActCode labels that data of this category carries.
    """

    words: str
    resource_types: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()


MEANINGS: Final[Mapping[Category, Meaning]] = MappingProxyType(
    {
        Category.DEMOGRAPHICS: Meaning(
            words="Your name, age and other details about you",
            resource_types=("Patient",),
            sensitivities=("DEMO",),
        ),
        Category.CONTACT_DETAILS: Meaning(
            words="How to reach you and the people close to you", resource_types=("RelatedPerson",)
        ),
        Category.CARE_PLAN: Meaning(
            words="Your care plan",
            resource_types=("CarePlan", "CareTeam", "Goal"),
            loinc=("18776-5",),
        ),
        Category.MEDICINES: Meaning(
            words="Your medicines",
            resource_types=(
                "MedicationRequest",
                "MedicationStatement",
                "MedicationAdministration",
                "MedicationDispense",
            ),
            loinc=("10160-0",),
        ),
        Category.ALLERGIES: Meaning(
            words="Your allergies", resource_types=("AllergyIntolerance",), loinc=("48765-2",)
        ),
        Category.CONDITIONS: Meaning(
            words="Your illnesses and diagnoses", resource_types=("Condition",), loinc=("11450-4",)
        ),
        Category.TESTS: Meaning(
            words="Your test results",
            resource_types=("DiagnosticReport", "Specimen"),
            loinc=("30954-2",),
        ),
        Category.IMAGING: Meaning(
            words="Your scans and X-rays", resource_types=("ImagingStudy",), loinc=("18748-4",)
        ),
        Category.LETTERS: Meaning(
            words="Letters and summaries about you",
            resource_types=("DocumentReference", "Composition"),
            loinc=("18842-5", "34133-9"),
        ),
        Category.APPOINTMENTS: Meaning(
            words="Your appointments", resource_types=("Appointment", "AppointmentResponse")
        ),
        Category.ENCOUNTERS: Meaning(
            words="Your visits and stays",
            resource_types=("Encounter", "EpisodeOfCare"),
            loinc=("46240-8",),
        ),
        Category.PROCEDURES: Meaning(
            words="Your operations and treatments",
            resource_types=("Procedure",),
            loinc=("47519-4",),
        ),
        Category.IMMUNISATIONS: Meaning(
            words="Your vaccinations", resource_types=("Immunization",), loinc=("11369-6",)
        ),
        Category.OBSERVATIONS: Meaning(
            words="Measurements such as blood pressure",
            resource_types=("Observation",),
            loinc=("8716-3",),
        ),
        Category.MATERNITY: Meaning(words="Your maternity care", loinc=("10162-6",)),
        Category.MENTAL_HEALTH: Meaning(
            words="Your mental health", sensitivities=("MH", "PSY", "PSYTHPN", "BH")
        ),
        Category.SEXUAL_HEALTH: Meaning(
            words="Your sexual health", sensitivities=("SEX", "STD", "HIV")
        ),
        Category.SUBSTANCE_USE: Meaning(
            words="Your use of alcohol and drugs", sensitivities=("ETH", "SUD")
        ),
        Category.GENETICS: Meaning(
            words="Your genetic tests",
            resource_types=("MolecularSequence",),
            sensitivities=("GDIS",),
        ),
        Category.SOCIAL_CARE: Meaning(words="Your social care and support"),
        Category.SAFEGUARDING: Meaning(
            words="Concerns about your safety", sensitivities=("SDV", "VIO")
        ),
        Category.END_OF_LIFE: Meaning(
            words="Your wishes for the end of life", loinc=("42348-3", "81334-5")
        ),
        Category.FINANCE: Meaning(
            words="What your care costs and who pays",
            resource_types=("Coverage", "Claim", "ExplanationOfBenefit", "Invoice", "Account"),
        ),
    }
)

SPECIAL: Final = frozenset(
    {
        Category.MENTAL_HEALTH,
        Category.SEXUAL_HEALTH,
        Category.SUBSTANCE_USE,
        Category.GENETICS,
        Category.SAFEGUARDING,
    }
)
"""Categories that patients most often want kept apart; pages show them by themselves."""


def words(category: Category) -> str:
    """Return a category in a patient's words."""
    return MEANINGS[category].words


BY_RESOURCE_TYPE: Final[Mapping[str, Category]] = MappingProxyType(
    {kind: category for category, meaning in MEANINGS.items() for kind in meaning.resource_types}
)
"""The category of a FHIR resource type, where the type alone tells."""

BY_LOINC: Final[Mapping[str, Category]] = MappingProxyType(
    {code: category for category, meaning in MEANINGS.items() for code in meaning.loinc}
)
"""The category of a LOINC code, where the code alone tells."""
