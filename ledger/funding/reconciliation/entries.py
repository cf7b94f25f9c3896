"""What reconciling a pool writes to the log.

Files are kept by their digests: that of the bytes that were sent, and that of the lines read
from them, which are kept beside the log without the words that may name people.
"""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.funding.reconciliation.rules.code_maps import Coded, VatRegime
from ledger.funding.reconciliation.rules.findings import Source

WORDS = "words"


@entry("funding.codes-mapped")
class CodesMapped(Entry):
    """An organisation's finance people said how its general ledger codes a pool's accounts.

    Attributes:
        number: Of this version of the list, from 1 for each pool and organisation.
    """

    pool_id: UUID = about("pool")
    organisation_id: UUID = about("organisation")
    number: int
    lines: tuple[Coded, ...]
    vat_regime: VatRegime
    vat_rate_percent: int


@entry("funding.statement-received")
class StatementReceived(Entry):
    """A statement of a bank, or lines of a general ledger, arrived to be compared.

    Attributes:
        organisation_id: Whose bank or ledger it is.
        first_day: The first day that it covers; the last is included, too.
        opening_minor: Of a bank: its balance before the first line, and after the last.
        file_digest: SHA-256 of the file as it came.
        lines_digest: SHA-256 of its lines as they were read, which are kept beside the log.
    """

    pool_id: UUID = about("pool")
    organisation_id: UUID = about("organisation")
    reconciliation_id: UUID
    source: Source
    first_day: date
    last_day: date
    opening_minor: int | None
    closing_minor: int | None
    file_digest: str
    lines_digest: str
    lines_count: int


@entry("funding.reconciliation-run")
class ReconciliationRun(Entry):
    """Two sides were compared: theirs as they came, ours as of a size of the log.

    Attributes:
        rules: By which version of the rules of matching, see `rules.reconciling_versions`.
        codes_version: Of the organisation's list of codes; 0 for a bank without one.
        after_id: The signed reconciliation whose open lines are taken over.
    """

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    log_size: int
    rules: int
    codes_version: int
    after_id: UUID | None


@entry("funding.match-accepted")
class MatchAccepted(Entry):
    """A person said that lines of the two sides belong together."""

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    finding: str
    their_lines: tuple[str, ...]
    our_lines: tuple[str, ...]
    person_id: UUID = about("person")


@entry("funding.match-rejected")
class MatchRejected(Entry):
    """A person said that lines that were suggested do not belong together."""

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    finding: str
    their_lines: tuple[str, ...]
    our_lines: tuple[str, ...]
    person_id: UUID = about("person")


@entry("funding.match-undone")
class MatchUndone(Entry):
    """What a person said of lines counts no more."""

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    finding: str
    person_id: UUID = about("person")


@entry("funding.difference-explained")
class DifferenceExplained(Entry):
    """A person said why something does not match, who sees to it, and by when.

    Attributes:
        owner_id: The organisation that sees to it.
    """

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    finding: str
    owner_id: UUID = about("organisation")
    due_on: date
    person_id: UUID = about("person")
    words: str | None = private(WORDS, of="person_id")


@entry("funding.reconciliation-prepared")
class ReconciliationPrepared(Entry):
    """A person has done with it: somebody else is to look at it.

    Attributes:
        result_digest: SHA-256 of the result, which anybody can compute again.
    """

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    result_digest: str
    person_id: UUID = about("person")


@entry("funding.reconciliation-returned")
class ReconciliationReturned(Entry):
    """Somebody else looked at it, and wants it done again."""

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    person_id: UUID = about("person")


@entry("funding.reconciliation-signed")
class ReconciliationSigned(Entry):
    """Somebody else looked at it, and signed it. It is never changed again.

    Attributes:
        open_theirs_digest: SHA-256 of the lines of theirs that are open still, kept beside the
            log for the next one; and of ours.
    """

    pool_id: UUID = about("pool")
    reconciliation_id: UUID
    result_digest: str
    open_theirs_digest: str
    open_ours_digest: str
    person_id: UUID = about("person")
