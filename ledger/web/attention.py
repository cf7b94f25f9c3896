"""A line of what needs somebody's attention."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that is not as it should be, or waits for somebody."""

    text: str
    href: str
    pressing: bool = False
