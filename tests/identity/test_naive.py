"""Several records of one patient, against a model that knows nothing but sets of words."""

from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.consent.rules import (
    Capacity,
    Conditions,
    Effect,
    Event,
    Grantor,
    Kind,
    Outcome,
    Request,
    StatusEvent,
    Terms,
    Version,
)
from ledger.consent.rules.combining import evaluate
from ledger.consent.rules.joined import Joined, unite
from tests.architecture.samples import AT

A, B = UUID(int=1), UUID(int=2)
JOINED_AT = 10
YES, NO, BACK = "yes", "no", "taken back"
PURPOSES = ("TREAT", "HRESCH")

words = st.lists(
    st.tuples(st.sampled_from((A, B)), st.sampled_from((YES, NO, BACK)), st.booleans()), max_size=6
)


def version(n: int, record: UUID, word: str, *, after: bool, purpose: str) -> Version:
    """Return what was said, the *n*-th thing, before or after the join; one matter a purpose."""
    events = [StatusEvent(event=Event.GRANTED, at=AT)]
    if word == BACK:
        events.append(StatusEvent(event=Event.WITHDRAWN, at=AT))
    return Version(
        consent_id=UUID(int=100 + n),
        number=1,
        subject=record,
        grantor=Grantor(key="patient", capacity=Capacity.PATIENT),
        kind=Kind.CONSENT,
        category=purpose,
        terms=Terms(
            base=Effect.DENY if word == NO else Effect.PERMIT,
            scope=Conditions(purposes=frozenset({purpose})),
        ),
        order=JOINED_AT + 1 + n if after else n + 1,
        decided_at=AT,
        events=tuple(events),
    )


def naive(said: list[tuple[UUID, str, bool]], *, direct: bool, doubted: bool) -> Outcome:
    """Say it without records: what was said last since the join, else each record's own."""
    before = {r: [w for one, w, after in said if one == r and not after] for r in (A, B)}
    since = [w for _, w, after in said if after]
    said_in_each = [(r, before[r] + since) for r in (A, B)]
    stands: set[Outcome] = set()
    noes = {r for r, mine in before.items() if mine and mine[-1] != YES and not since}
    for record, heard in said_in_each:
        if not heard:
            continue
        last = heard[-1]
        if last != YES:
            stands |= {Outcome.DENY} if NO in _live(heard) else set()
            continue
        unclear = not since and bool(noes - {record})
        if not direct and (unclear or _in_doubted(record, since, said, doubted=doubted)):
            stands.add(Outcome.INDETERMINATE)
        else:
            stands.add(Outcome.PERMIT)
    order = (Outcome.DENY, Outcome.INDETERMINATE, Outcome.PERMIT)
    return next((one for one in order if one in stands), Outcome.NOT_APPLICABLE)


def _live(heard: list[str]) -> list[str]:
    """Return the noes that stand: while a yes counts they do not, and else all of them do."""
    return [] if heard[-1:] == [YES] else [word for word in heard if word == NO]


def _in_doubted(
    record: UUID, since: list[str], said: list[tuple[UUID, str, bool]], *, doubted: bool
) -> bool:
    """Say whether the yes that counts was said in record A, which is doubted."""
    speaker = next(one for one, _, after in reversed(said) if after) if since else record
    return doubted and speaker == A


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=words, purpose=st.sampled_from(PURPOSES), doubted=st.booleans())
def test_joined_records_against_the_naive_model(
    *, said: list[tuple[UUID, str, bool]], purpose: str, doubted: bool
) -> None:
    said = sorted(said, key=lambda one: one[2])  # What was said before the join comes first.
    versions: dict[UUID, list[Version]] = {A: [], B: []}
    for n, (record, word, after) in enumerate(said):
        versions[record].append(version(n, record, word, after=after, purpose=purpose))
    joined = Joined(
        since={(A, B): JOINED_AT, (B, A): JOINED_AT},
        doubted=frozenset({A}) if doubted else frozenset(),
        settled={},
    )
    for subject in (A, B):
        request = Request(
            subject=subject,
            actors=frozenset(),
            action="access",
            purpose=purpose,
            at=AT + timedelta(days=1),
        )
        found = evaluate(unite(subject, versions, joined), request).outcome
        assert found is naive(said, direct=purpose == "TREAT", doubted=doubted)
