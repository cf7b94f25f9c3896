"""``ledger access``: past decisions, decided again or judged by other rules."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from time import monotonic
from uuid import UUID

import click
from flask.cli import with_appcontext

from audit.progress import Progress
from ledger.access import replaying, what_if
from ledger.access.past import decided
from ledger.access.replaying import Finding, Replayed
from ledger.access.what_if import Flip, Judged, Tally, Tried
from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.work import unit_of_work


@click.group("access")
def group() -> None:
    """Decisions about access: replay them, or judge them by other rules."""


@group.command("replay")
@click.argument("entry_id", required=False, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="The newest decisions rather than one.")
@click.option("--last", default=10_000, show_default=True, type=click.IntRange(1), help="How many.")
@with_appcontext
def replay(entry_id: UUID | None, *, every: bool, last: int) -> None:
    """Decide ENTRY_ID again, from the log alone; with --all, the newest decisions.

    Exits 1 if any gives another answer than was recorded, or cannot be rebuilt. What cannot be
    decided again because it was erased is counted, and is no fault.
    """
    if (entry_id is None) is not every:
        raise click.UsageError("name one decision, or give --all")
    session = db.session()
    if entry_id is not None:
        found = next(replaying.replayed(session, [decided(session, entry_id)]))
        _say(found)
        if found.finding in {Finding.DIFFERS, Finding.NOT_REBUILT}:
            raise SystemExit(1)
        return
    _replay_all(last)


def _replay_all(last: int) -> None:
    began, counts = monotonic(), Counter[Finding]()
    progress = Progress("replaying", last)
    for done, found in enumerate(replaying.replay_newest(db.session(), last), start=1):
        counts[found.finding] += 1
        if found.finding in {Finding.DIFFERS, Finding.NOT_REBUILT}:
            _say(found)
        progress.advance(done)
    total, seconds = counts.total(), monotonic() - began
    click.echo(", ".join(f"{counts[each]} {each}" for each in Finding))
    click.echo(f"{total} decisions in {seconds:.1f} s: {total / max(seconds, 0.001):.0f} a second")
    if counts[Finding.DIFFERS] or counts[Finding.NOT_REBUILT]:
        raise SystemExit(1)


def _say(found: Replayed) -> None:
    click.echo(f"{found.entry_id}  {found.at:%Y-%m-%d %H:%M:%S}  {found.outcome} ({found.reason})")
    click.echo(f"  by the ruleset {found.ruleset[:12]}. {found.words}")
    for each in found.differences:
        click.echo(f"  {each.field}: recorded {each.recorded}, now {each.again}")


@group.command("what-if")
@click.option(
    "--policies",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the files of policies/ that would be others.",
)
@click.option("--suspend", type=click.UUID, help="The id of an agreement to take as suspended.")
@click.option(
    "--suppose",
    type=(click.UUID, click.IntRange(1)),
    help="The id of an agreement and the number of a version to take as in force.",
)
@click.option("--last", default=10_000, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--csv", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write what flips there."
)
@with_appcontext
def try_otherwise(
    *,
    policies: Path | None,
    suspend: UUID | None,
    suppose: tuple[UUID, int] | None,
    last: int,
    to: Path | None,
) -> None:
    """Judge the newest decisions by other rules, or as if an agreement were otherwise.

    Says what would be answered otherwise. Nothing is decided; that it was tried is recorded.
    """
    if policies is None and suspend is None and suppose is None:
        raise click.UsageError("give --policies, --suspend, --suppose, or several")
    files = {path.name: path.read_bytes() for path in policies.iterdir()} if policies else {}
    rules = what_if.rules_with(files) if files else authority.in_force()
    tried, tally = Tried(rules=rules, suspended=suspend), Tally()
    if suppose is not None:
        tried = what_if.supposing(db.session(), tried, *suppose)
    began, progress = monotonic(), Progress("judging", last)
    with _table(to) as write:
        for judged in what_if.judge(db.session(), tried, last=last):
            tally.add(judged)
            progress.advance(tally.decisions)
            if judged is not None:
                write(judged)
    with unit_of_work(Actor.system("operator")) as work:
        what_if.record(work, tried, tally)
    _tell(tally, monotonic() - began)


@contextmanager
def _table(to: Path | None) -> Iterator[Callable[[Judged], None]]:
    """Give what writes a row, as soon as there is one; nothing, where no table is wanted."""
    if to is None:
        yield lambda _judged: None
        return
    with to.open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Judged)])
        writer.writeheader()

        def write(each: Judged) -> None:
            row = asdict(each)
            writer.writerow(row | {"roles": " ".join(each.roles), "flip": each.flip or "unjudged"})

        yield write


def _tell(tally: Tally, seconds: float) -> None:
    flips = ", ".join(f"{tally.flips[flip]} {flip}" for flip in Flip)
    click.echo(f"{tally.decisions} decisions: {flips}, {tally.unjudged} could not be judged")
    for (word, value, flip), count in sorted(tally.by.items()):
        click.echo(f"  {word} {value}: {count} {flip}")
    rate = tally.decisions / max(seconds, 0.001)
    click.echo(f"{seconds:.1f} s: {rate:.0f} a second")
