"""What the service is compared with: the least that Flask, and FastAPI with asyncpg, do.

Served by the same granian as the service. ``BENCH_DSN`` names the database; its table
``rows`` holds what a single row of ours would: an id, a moment, a kilobyte at most.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from random import randint
from uuid import uuid4

import asyncpg
from fastapi import FastAPI
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from ledger.core.db import POOL
from ledger.core.group_commit import GroupCommit

ROWS = 10_000
BODY = b"x" * 600

empty_flask = Flask("empty")


@empty_flask.route("/", methods=["GET", "POST"])
def nothing() -> ResponseReturnValue:
    return {"decision": True}


def _insert_together(session: Session, bodies: Sequence[bytes]) -> Sequence[bool]:
    given = "SELECT gen_random_uuid(), unnest(CAST(:bodies AS bytea[]))"
    insert = text(f"INSERT INTO rows (id, body) {given}")
    session.connection().execute(insert, {"bodies": list(bodies)})
    return [True] * len(bodies)


@cache
def _waiting() -> GroupCommit[bytes, bool]:
    url = os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+psycopg://")
    return GroupCommit[bytes, bool](create_engine(url, **POOL), _insert_together)


group_commit = Flask("group commit")


@group_commit.route("/", methods=["GET", "POST"])
def leave_one() -> ResponseReturnValue:
    """Leave one fixed row by a group commit: what recording costs at least.

    No question is read, nobody is recognised and nothing is decided, so whatever records each
    answer on this server stays below it.
    """
    return {"decision": _waiting().submit(BODY)}


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=4, max_size=16) as pool:
        app.state.pool = pool
        yield


fastapi = FastAPI(lifespan=_pool)


@fastapi.post("/insert")
async def insert() -> dict[str, bool]:
    statement = "INSERT INTO rows (id, body) VALUES ($1, $2)"
    await fastapi.state.pool.execute(statement, uuid4(), BODY)
    return {"decision": True}


@fastapi.get("/select")
async def select() -> dict[str, str]:
    statement = "SELECT id, body FROM rows WHERE number = $1"
    row = await fastapi.state.pool.fetchrow(statement, randint(1, ROWS))
    return {"id": str(row["id"])}
