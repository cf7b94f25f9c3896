"""What people say of a reconciliation: this matches, that is why, I have looked at it."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.money import format_minor
from ledger.core.work import UnitOfWork
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.entries import (
    DifferenceExplained,
    MatchAccepted,
    MatchRejected,
    MatchUndone,
    ReconciliationPrepared,
    ReconciliationReturned,
    ReconciliationSigned,
)
from ledger.funding.reconciliation.models import MatchSaid, Reconciliation
from ledger.funding.reconciliation.queries import Result
from ledger.funding.reconciliation.rules.findings import Finding
from ledger.funding.reconciliation.service import check_open, hold
from ledger.funding.rules.controls import highest_rank, human
from ledger.funding.service.posting import hold_pool

WORDS_MAX: Final = 500
AT_ONCE: Final = 500


class NotSuggested(Conflict):
    """Nothing is suggested under that key, or not any more."""

    slug = "match-not-suggested"
    title = "These lines are not suggested as a match"


class NotADifference(Conflict):
    """Something that matches, or is not there, needs no explanation."""

    slug = "nothing-to-explain"
    title = "There is no difference of that name to explain"


class DoesNotAddUp(Conflict):
    """The proof does not hold."""

    slug = "reconciliation-does-not-add-up"
    title = "This reconciliation does not add up"


class NotExplained(Conflict):
    """Something does not match, and nobody has said why."""

    slug = "differences-not-explained"
    title = "Some differences are not explained"


class PreparerSigns(Forbidden):
    """Who prepared a reconciliation may not sign it, whichever account or role they use."""

    slug = "preparer-may-not-sign"
    title = "Somebody else must look at this and sign it"


class NotPrepared(Conflict):
    """Only what was prepared, and not signed yet, is looked at."""

    slug = "reconciliation-not-prepared"
    title = "This reconciliation does not wait to be signed"


class Changed(Conflict):
    """The result that is computed now is not the one that was prepared."""

    slug = "reconciliation-changed"
    title = "The result is not what was prepared"


def accept(
    work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID, findings: Sequence[str]
) -> None:
    """Say that what is suggested is a match: one, or many at once.

    Raises:
        NotSuggested: one of them is not suggested; nothing is recorded.
        NotOpen: it was prepared or signed.
    """
    for one in _suggested(work, pool_id, reconciliation_id, findings):
        work.record(
            MatchAccepted(
                pool_id=pool_id,
                reconciliation_id=reconciliation_id,
                finding=one.key,
                their_lines=one.their_keys,
                our_lines=one.our_keys,
                person_id=human(work.actor),
            )
        )


def reject(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID, finding: str) -> None:
    """Say that what is suggested is no match. Raises `NotSuggested`, `NotOpen`."""
    (one,) = _suggested(work, pool_id, reconciliation_id, [finding])
    work.record(
        MatchRejected(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            finding=one.key,
            their_lines=one.their_keys,
            our_lines=one.our_keys,
            person_id=human(work.actor),
        )
    )


def undo(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID, finding: str) -> None:
    """Take back what was said of a match.

    Raises:
        NotFound: nobody said anything of it.
        NotOpen: it was prepared or signed.
    """
    row = hold(work, pool_id, reconciliation_id)
    check_open(row)
    if work.session.get(MatchSaid, (reconciliation_id, finding)) is None:
        raise NotFound("nobody said anything of such a match")
    work.record(
        MatchUndone(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            finding=finding,
            person_id=human(work.actor),
        )
    )


def explain(
    work: UnitOfWork,
    pool_id: UUID,
    reconciliation_id: UUID,
    finding: str,
    *,
    words: str,
    owner_id: UUID,
    due_on: date,
) -> None:
    """Say why something does not match, which organisation sees to it, and by when.

    Raises:
        NotADifference: it matches, or there is no such finding.
        NotOpen: it was prepared or signed.
        Invalid: no words, too many, no party to the pool, or a day that has passed.
    """
    pool = hold_pool(work, pool_id)
    row = hold(work, pool_id, reconciliation_id)
    check_open(row)
    if finding not in {one.key for one in _result(work, row).unmatched}:
        raise NotADifference("it may match by now: look at the result again")
    words = words.strip()
    if not 0 < len(words) <= WORDS_MAX:
        raise Invalid(f"say why in 1 to {WORDS_MAX} characters")
    if owner_id not in {*pool.partner_ids, pool.host_id}:
        raise Invalid("the host or a partner sees to it")
    if due_on < work.today:
        raise Invalid("give a day that has not passed")
    work.record(
        DifferenceExplained(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            finding=finding,
            owner_id=owner_id,
            due_on=due_on,
            person_id=human(work.actor),
            words=words,
        )
    )


def prepare(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID) -> None:
    """Have done with it, so that somebody else looks at it.

    Raises:
        NotOpen: it was prepared or signed.
        DoesNotAddUp: the proof does not hold.
        NotExplained: something does not match and is not explained, timing apart.
    """
    row = hold(work, pool_id, reconciliation_id)
    check_open(row)
    found = _result(work, row)
    left_minor = found.proof.opening_unexplained_minor
    if not found.proof.holds:
        raise DoesNotAddUp(f"{format_minor(left_minor)} was different before, and is not listed")
    if silent := queries.unexplained(found):
        raise NotExplained(f"say why of {len(silent):,}, who sees to it, and by when")
    work.record(
        ReconciliationPrepared(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            result_digest=found.digest,
            person_id=human(work.actor),
        )
    )


def give_back(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID) -> None:
    """Have it worked on again, instead of signing it. Raises `NotPrepared`."""
    row = hold(work, pool_id, reconciliation_id)
    _check_prepared(row)
    work.record(
        ReconciliationReturned(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            person_id=human(work.actor),
        )
    )


def sign(work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID) -> str:
    """Sign what somebody else prepared, and return the digest of the result.

    Raises:
        NotPrepared: it is not, or it was signed.
        PreparerSigns: the same human being prepared it.
        RankTooLow: the actor approves no money.
        Changed: what is computed now is not what was prepared.
    """
    row = hold(work, pool_id, reconciliation_id)
    _check_prepared(row)
    person_id = human(work.actor)
    if person_id == row.prepared_by:
        raise PreparerSigns("ask a colleague: the second pair of eyes belongs to another person")
    highest_rank(work.actor.roles)
    found = _result(work, row)
    if found.digest != row.result_digest:
        raise Changed("have it run and prepared again")
    theirs, ours = queries.left_open(found)
    work.record(
        ReconciliationSigned(
            pool_id=pool_id,
            reconciliation_id=reconciliation_id,
            result_digest=found.digest,
            open_theirs_digest=queries.keep_lines(work.session, theirs),
            open_ours_digest=queries.keep_lines(work.session, ours),
            person_id=person_id,
        )
    )
    return found.digest


def _suggested(
    work: UnitOfWork, pool_id: UUID, reconciliation_id: UUID, findings: Sequence[str]
) -> list[Finding]:
    if not 0 < len(set(findings)) <= AT_ONCE:
        raise Invalid(f"choose between 1 and {AT_ONCE} matches")
    row = hold(work, pool_id, reconciliation_id, records=len(set(findings)))
    check_open(row)
    known = {one.key: one for one in _result(work, row).unmatched if one.suggested}
    if not set(findings) <= known.keys():
        raise NotSuggested("nothing was changed: look at the result again")
    return [known[key] for key in sorted(set(findings))]


def _check_prepared(row: Reconciliation) -> None:
    if row.prepared_by is None or row.signed_by is not None:
        raise NotPrepared("nothing was changed")


def _result(work: UnitOfWork, row: Reconciliation) -> Result:
    return queries.result(work.session, queries.view(row))
