"""Our templates, and the one function that opens them."""

from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from ledger.agreements.rules.template import Template, read
from ledger.agreements.rules.terms import Kind

_FILES: Final = MappingProxyType(
    {Kind.DATA_SHARING: "data_sharing.md", Kind.POOLED_FUND: "pooled_fund.md"}
)


@cache
def template_for(kind: Kind) -> Template:
    """Return the template that new agreements of *kind* are drafted from."""
    return read(files(__package__).joinpath(_FILES[kind]).read_text(encoding="utf-8"))
