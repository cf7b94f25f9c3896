"""``among(column, ids)``: whether a column holds one of some ids, in a statement that stays one.

SQLAlchemy's ``in_`` writes as many parameters as there are ids, so that each number of ids is
another statement to compile, prepare and plan. Here the ids are one parameter: an array on
PostgreSQL, a list in JSON on SQLite.
"""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, String, Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Ids(TypeDecorator[Collection[UUID]]):
    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        on_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Uuid) if on_postgresql else String())

    def process_bind_param(self, value: Collection[UUID] | None, dialect: Dialect) -> Any:
        ids = value or ()
        return list(ids) if dialect.name == "postgresql" else json.dumps([one.hex for one in ids])


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True


def among(column: Any, parameter: str) -> ColumnElement[bool]:
    """Say in SQL that *column* is one of the ids that *parameter* will be given."""
    return _Among(column, bindparam(parameter, type_=_Ids()))


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(_Among)
def _in(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  (compiled parts)
