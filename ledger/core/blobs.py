"""Large or foreign bytes beside the log: kept once, named by their SHA-256.

For impersonal text only: policies, the text of agreements, frozen inputs. An entry names
the digest, so the log proves the bytes; a bundle carries them.
"""

from contextlib import suppress
from hashlib import sha256

from sqlalchemy import LargeBinary, String, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core.db import LogTable, table_of, writing
from ledger.core.errors import NotFound


class Blob(LogTable):
    """Some bytes under their own name."""

    __tablename__ = "blobs"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


def keep(session: Session, content: bytes, media_type: str) -> str:
    """Keep *content* in the caller's transaction, unless it is there; return its SHA-256, hex."""
    name = sha256(content).hexdigest()
    there = session.scalar(select(Blob.digest).where(Blob.digest == name))
    if there is None:
        columns = {"digest": name, "media_type": media_type, "content": content}
        with writing(LogTable), suppress(IntegrityError), session.begin_nested():
            # Another transaction may just have kept the same bytes: then they are there.
            session.execute(insert(table_of(Blob)).values(columns))
    return name


def read(session: Session, digest: str) -> bytes:
    """Return the bytes of that name.

    Raises:
        NotFound: they are not kept here.
    """
    content = session.scalar(select(Blob.content).where(Blob.digest == digest))
    if content is None:
        raise NotFound("no bytes are kept under that digest")
    return content
