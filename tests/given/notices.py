"""Notices for any test: `authored(steward)` keeps one in every language and format."""

from ledger.consent.notices import service
from ledger.consent.notices.rules import Format
from ledger.core.actor import Actor
from ledger.core.work import unit_of_work


def authored(steward: Actor, notice_id: str = "sharing", version: int = 1) -> None:
    """Have a steward write a version of a notice, in English and Welsh, in every format."""
    for language in ("en-GB", "cy"):
        for how in Format:
            with unit_of_work(steward) as work:
                service.author(
                    work,
                    notice_id=notice_id,
                    version=version,
                    language=language,
                    format=how,
                    title="What we share",
                    text=f"What we share, {language}, {how}, {version}.",
                )
