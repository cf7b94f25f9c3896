"""The generated pages of docs/reference, and the pinned bytes of entries.

``python -m tests.docs`` writes them again; tests fail where one is stale.
"""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from inspect import cleandoc, getdoc
from pathlib import Path
from typing import Final

import click
from flask import Flask

from audit.entries import KINDS
from ledger.core import authority
from ledger.core.actor import Role
from ledger.core.permissions import Permission, Relation
from ledger.core.projection import PROJECTIONS
from ledger.settings import Settings
from tests.docs_agreements import agreement_page
from tests.docs_api import api_page, problems_page
from tests.docs_assurance import assurance_text
from tests.docs_retention import retention_page

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"
_MADE: Final = "<!-- Made by `make docs`; a test fails when it is stale. -->\n"
Page = tuple[str, Path]


def permissions_page() -> Page:
    """Every role, permission and relation, decided."""
    loaded = authority.reload()
    parts = [
        "# Who may do what\n",
        _MADE,
        "This is the whole truth table of `policies/policy.csv`: what is not here is refused, and",
        "a refusal (✗) for any role or relation somebody has beats every permission they have.\n",
        "How somebody stands to a thing:\n",
        *(f"- **{relation}**: {_says(Relation, relation.name)}" for relation in Relation),
        "",
    ]
    for permission in Permission:
        parts += [f"## `{permission}`\n", _says(Permission, permission.name) + "\n"]
        rows = []
        for role in Role:
            cells = {
                relation: "✓"
                if (role, permission, relation) in loaded.table.allowed
                else "✗"
                if (role, permission, relation) in loaded.table.denied
                else ""
                for relation in Relation
            }
            if any(cells.values()):
                rows.append(f"| {role} | {' | '.join(cells.values())} |")
        parts += [f"| role | {' | '.join(Relation)} |", f"|---|{'---|' * len(Relation)}", *rows, ""]
    return "\n".join(parts), REFERENCE / "permissions.md"


def _says(enum: type, name: str) -> str:
    """Return the docstring that follows a member in the source."""
    source = Path(__import__(enum.__module__, fromlist=["x"]).__file__ or "").read_text()
    after = source[source.index(f"    {name} = ") :].split("\n", 1)[1]
    return " ".join(after.split('"""')[1].split())


def settings_page() -> Page:
    """Every setting with its default."""
    rows = [
        f"| `LEDGER_{f.name.upper()}` | {_default(f.default)} | {f.metadata['says']} |"
        for f in fields(Settings)
    ]
    text = [
        "# Settings\n",
        _MADE,
        "Read once from the environment. A name that starts with `LEDGER_` and is not here stops",
        "the start, except `LEDGER_TEST_…`, which belong to the tests.\n",
        "| setting | default | what it is |",
        "|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join(text), REFERENCE / "settings.md"


def _default(value: object) -> str:
    if value is MISSING:
        return "**needed**"
    shown = {True: "on", False: "off", "": "none", b"": "none"}.get(value, value)
    return f"`{shown}`"


def entries_page() -> Page:
    """Every kind of entry: what it means, what it says, what is private."""
    parts = ["# Entries\n", _MADE, "What may be written to the log. A field is never removed;"]
    parts += ["a new meaning is a new version. `audit/__init__.py` gives the exact bytes.\n"]
    for (kind, version), declared in sorted(KINDS.items()):
        if not declared.__module__.startswith("ledger."):
            continue
        parts += [f"## `{kind}` v{version}\n", cleandoc(getdoc(declared) or "") + "\n"]
        subjects = dict(declared.subjects)
        for name in declared.public:
            about = f", about the {subjects[name]}" if name in subjects else ""
            parts.append(f"- `{name}`: {_type(declared.hints[name])}{about}")
        for group, (names, of) in declared.groups.items():
            listed = ", ".join(f"`{name}`" for name in names)
            parts.append(f"- private, under the key of `{of}` (group `{group}`): {listed}")
        change = PROJECTIONS.get(declared)
        does = change if isinstance(change, str) else getdoc(change) if change else ""
        first = (does or "").strip().split("\n")[0]
        parts += ["", f"*{'Changes nothing: ' if isinstance(change, str) else ''}{first}*", ""]
    return "\n".join(parts), REFERENCE / "entries.md"


def _type(hint: object) -> str:
    name = getattr(hint, "__name__", None) if not getattr(hint, "__args__", None) else None
    text = name or str(hint)
    for prefix in ("ledger.", "datetime.", "uuid.", "fractions."):
        parts = text.split(prefix)
        text = "".join(
            part if number == 0 else part.rsplit(".", 1)[-1] if "." in part else part
            for number, part in enumerate(parts)
        )
    return text


def commands_page() -> Page:
    """Every command as its own --help says it."""
    from ledger.cli import main  # noqa: PLC0415

    parts = ["# Commands\n", _MADE]
    for command, context in _walk(main, click.Context(main, info_name="ledger")):
        parts += [f"## `{context.command_path}`\n", "```", command.get_help(context), "```", ""]
    return "\n".join(parts), REFERENCE / "commands.md"


def _walk(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            child = command.get_command(context, name)
            assert child is not None
            yield from _walk(child, click.Context(child, parent=context, info_name=name))


def public_views_page(app: Flask) -> Page:
    """Every view that needs no sign-in, with the reason."""
    from ledger.edge.guard import public_views  # noqa: PLC0415

    rules: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        rules.setdefault(rule.endpoint, set()).add(rule.rule)
    rows = [
        f"| {' '.join(f'`{one}`' for one in sorted(rules.get(name, {'-'})))} | {why} |"
        for name, why in sorted(public_views(app).items())
    ]
    text = [
        "# Views that anyone may call\n",
        _MADE,
        "Every other view needs a sign-in or a token, and a permission.\n",
        "| address | why it is public |",
        "|---|---|",
        *rows,
        "",
    ]
    return "\n".join(text), REFERENCE / "public-views.md"


def pages(app: Flask) -> list[Page]:
    """Return every generated page with where it belongs."""
    return [
        permissions_page(),
        settings_page(),
        entries_page(),
        commands_page(),
        public_views_page(app),
        problems_page(),
        api_page(app),
        agreement_page(),
        retention_page(),
        (assurance_text(_MADE), REFERENCE / "assurance.md"),
    ]


def main() -> None:
    """Write everything again."""
    from ledger.app import create_app  # noqa: PLC0415
    from tests.architecture.test_entries import BYTES, table  # noqa: PLC0415
    from tests.databases import settings_for  # noqa: PLC0415

    app = create_app(settings_for("sqlite://"))
    for text, file in [*pages(app), (table(), BYTES)]:
        changed = not file.exists() or file.read_text() != text
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(f"{'wrote' if changed else 'kept '} {file.name}")  # noqa: T201


if __name__ == "__main__":
    main()
