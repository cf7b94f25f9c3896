"""A file of payments, from the upload until it is sent for approval. Nothing is posted here.

The file and what was understood of it are kept beside the ledger until then. Reading it is a
pure function of its bytes and the mapping: whoever is killed halfway begins again.
"""

import secrets
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ledger.core.errors import Conflict, Forbidden, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.imports.models import PaymentUpload
from ledger.funding.imports.rules import mapping as maps
from ledger.funding.imports.rules.files import PaymentFile, open_file
from ledger.funding.imports.rules.mapping import FileMapping, MappingRefused, Part
from ledger.funding.imports.rules.mapping_json import from_json, to_json
from ledger.funding.models import PoolProvider, Scheme
from ledger.funding.rules.controls import human
from ledger.funding.service.posting import HeldPool, hold_pool


class FileImportedAlready(Conflict):
    """The same bytes were imported into this pool, or wait for approval."""

    slug = "payment-file-imported-already"
    title = "This very file was imported before"


class NotInThatStage(Conflict):
    """What was asked is not possible where the import is now."""

    slug = "payment-import-stage"
    title = "This import cannot do that now"


class AnothersFile(Forbidden):
    """A file is prepared by one person alone, so that another is left to approve it."""

    slug = "payment-file-of-another"
    title = "Somebody else is preparing this file"


def upload(work: UnitOfWork, pool_id: UUID, *, content: bytes) -> UUID:
    """Take in a file, and guess what its columns and words mean.

    Raises:
        UnreadablePayments: it is no table of payments.
        FileImportedAlready: the pool has these very bytes.
        MappingRefused: no column of it can be a day, an amount and a number.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    digest = sha256(content).hexdigest()
    _check_new(work, pool_id, digest)
    file = open_file(content)
    upload_id = new_id()
    work.session.add(
        PaymentUpload(
            id=upload_id,
            pool_id=pool_id,
            maker_id=human(work.actor),
            organisation_id=work.actor.organisation_id or pool.host_id,
            at=work.now,
            content=content,
            sha256=digest,
            salt=secrets.token_bytes(32),
            mapping=to_json(guess(work, pool, file)),
            report=None,
            stage="reading",
            rows_done=0,
            rows_all=content.count(b"\n"),
        )
    )
    return upload_id


def guess(work: UnitOfWork, pool: HeldPool, file: PaymentFile) -> FileMapping:
    """Return the likeliest mapping of a file for a pool. The host paid whom it does not name."""
    guesses = maps.guess_columns(file)
    columns = {part: one.column for part, one in guesses.items() if one.column is not None}
    day = columns.get(Part.DAY)
    blank = FileMapping(columns=columns, provider_id=pool.host_id)
    mapping = blank if day is None else replace(blank, order=maps.guess_order(file, day))
    return with_words(work, pool, file, mapping)


def with_words(
    work: UnitOfWork, pool: HeldPool, file: PaymentFile, mapping: FileMapping
) -> FileMapping:
    """Return *mapping* with a scheme and a sort for each word that it has none for yet."""
    rows = work.session.scalars(select(Scheme).where(Scheme.pool_id == pool.id))
    schemes = {row.id: row.title for row in rows}
    services = maps.words_of(file, mapping.columns.get(Part.SERVICE)) or ("",)
    categories = maps.words_of(file, mapping.columns.get(Part.CATEGORY))
    return replace(
        mapping,
        schemes={
            **maps.guess_schemes(services, schemes),
            **{words: one for words, one in mapping.schemes.items() if words in services},
        },
        natures={
            **maps.guess_natures(categories),
            **{words: one for words, one in mapping.natures.items() if words in categories},
        },
    )


def correct(work: UnitOfWork, upload_id: UUID, *, said: dict[str, Any]) -> None:
    """Say what the columns and words mean; the file is read again.

    Raises:
        NotFound: there is no such file.
        NotInThatStage: it was sent for approval.
        AnothersFile: somebody else brought it in.
        MappingRefused: a part has no column, or names what the pool has not.
    """
    row, pool = held_upload(work, upload_id)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    check_own(work, row)
    _check_open(row)
    file = open_file(row.content)
    mapping = from_json(said, guessed=mapping_of(row))
    maps.check_columns(mapping.columns, file.headings)
    mapping = with_words(work, pool, file, mapping)
    _check_named(work, pool, mapping)
    row.mapping, row.report, row.problem = to_json(mapping), None, None
    row.stage, row.rows_done = "reading", 0


def discard(work: UnitOfWork, upload_id: UUID) -> None:
    """Take a file back that was not sent. Its bytes go; nothing was recorded.

    Raises:
        NotFound: there is no such file.
        NotInThatStage: it was sent for approval.
    """
    row, pool = held_upload(work, upload_id)
    work.authorise(Permission.POOL_IMPORT, on=pool.resource)
    _check_open(row)
    work.session.delete(row)


def held_upload(work: UnitOfWork, upload_id: UUID) -> tuple[PaymentUpload, HeldPool]:
    """Return a file, held until *work* ends, and its pool. Raises `NotFound`."""
    row = work.session.get(PaymentUpload, upload_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("no such import")
    return row, hold_pool(work, row.pool_id)


def mapping_of(row: PaymentUpload) -> FileMapping:
    """Return the mapping that is kept with a file."""
    blank = FileMapping(columns={}, provider_id=row.organisation_id)
    return from_json(row.mapping, guessed=blank)


def check_stage(row: PaymentUpload, *stages: str) -> None:
    """Raise `NotInThatStage` unless the file is in one of *stages*."""
    if row.stage not in stages:
        raise NotInThatStage(f"nothing was changed: it is {row.stage} now")


def check_own(work: UnitOfWork, row: PaymentUpload) -> None:
    """Raise `AnothersFile` unless the human being who acts brought the file in."""
    if human(work.actor) != row.maker_id:
        raise AnothersFile("ask them to send it; or take it back, and bring it in yourself")


def _check_open(row: PaymentUpload) -> None:
    check_stage(row, "reading", "read")


def _check_new(work: UnitOfWork, pool_id: UUID, digest: str) -> None:
    same = select(PaymentUpload.id).where(
        PaymentUpload.pool_id == pool_id,
        PaymentUpload.sha256 == digest,
        PaymentUpload.stage.not_in(("dropped", "failed")),
    )
    if (found := work.session.scalars(same.limit(1)).one_or_none()) is not None:
        raise FileImportedAlready(f"nothing was changed: look at import {found}")


def _check_named(work: UnitOfWork, pool: HeldPool, mapping: FileMapping) -> None:
    """Check that schemes and providers are the pool's. The host may always be owed."""
    mine = set(work.session.scalars(select(Scheme.id).where(Scheme.pool_id == pool.id)))
    if not {one for one in mapping.schemes.values() if one} <= mine:
        raise MappingRefused("choose schemes of this pool")
    owed = select(PoolProvider.organisation_id).where(PoolProvider.pool_id == pool.id)
    providers = {*work.session.scalars(owed), pool.host_id}
    if not {mapping.provider_id, *mapping.providers.values()} <= providers:
        raise MappingRefused("choose providers of this pool: add them to it first")
