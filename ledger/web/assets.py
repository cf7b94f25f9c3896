"""What a browser loads besides pages: our own files, and two libraries' as their wheels ship them.

The compiled NHS.UK front end and Swagger UI come with packages that `make` installs without
their dependencies (``requirements-assets.lock``). Their files are read as data: the packages
are looked up and never imported. Everything is read once and kept in memory.

The NHS.UK style sheet names a font licensed to the NHS and loads it from elsewhere. This is
no NHS service, so both are cut out as the sheet is read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

OURS: Final = Path(__file__).parent / "static"
_MIME: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_FONT_FACE: Final = re.compile(r"@font-face\{[^}]*\}")
_NHS_FONT: Final = re.compile(r"Frutiger W01,\s*")


class AssetsMissing(Exception):
    """A package that ships style sheets or scripts is not installed. Says how to install it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    body: bytes
    mime_type: str
    digest: str

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        """Return *body* as the asset called *name*."""
        return cls(body, _MIME[Path(name).suffix], sha256(body).hexdigest()[:16])


def _package_file(package: str, pattern: str) -> Path:
    """Return the newest file of an installed package that matches, without importing it."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    found = sorted(path for folder in folders or () for path in Path(folder).glob(pattern))
    if not found:
        raise AssetsMissing(
            f"{package} ({pattern}) is not installed, and pages need it; run: "
            "pip install --no-deps --require-hashes -r requirements-assets.lock"
        )
    return found[-1]


def _without_nhs_font(style_sheet: str) -> str:
    return _NHS_FONT.sub("", _FONT_FACE.sub("", style_sheet))


@cache
def assets() -> Mapping[str, Asset]:
    """Return every asset by its name under ``/static/``.

    Raises:
        AssetsMissing: a package of ``requirements-assets.lock`` is not installed.
    """
    front_end = "static/wagtailnhsukfrontend"
    sheet = _package_file("wagtailnhsukfrontend", f"{front_end}/css/nhsuk-frontend-*.min.css")
    script = _package_file("wagtailnhsukfrontend", f"{front_end}/js/nhsuk-frontend-*.min.js")
    bodies = {
        "nhsuk.css": _without_nhs_font(sheet.read_text()).encode(),
        "nhsuk.js": script.read_bytes(),
        **{
            name: _package_file("flask_swagger_ui", f"dist/{name}").read_bytes()
            for name in ("swagger-ui.css", "swagger-ui-bundle.js")
        },
        **{path.name: path.read_bytes() for path in OURS.iterdir() if path.suffix in _MIME},
    }
    return {name: Asset.of(name, body) for name, body in bodies.items()}


def asset_url(name: str) -> str:
    """Return the address of an asset, which changes when its bytes do."""
    return f"/static/{name}?v={assets()[name].digest}"
