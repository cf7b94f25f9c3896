"""The generated page that says how sure a sign-in must be for what."""

from typing import Final

from ledger.core.permissions import Permission
from ledger.edge.assurance import OWN_NEEDS, Need, needs

_SETTINGS: Final = {
    Need.ANY: "none: any sign-in will do",
    Need.READING: "`LEDGER_READING_LEVEL`",
    Need.GRANTING: "`LEDGER_GRANTING_LEVEL`",
    Need.SIGNING: "`LEDGER_SIGNING_LEVEL`",
}


def assurance_text(made: str) -> str:
    """Return the page: every permission under what it needs."""
    parts = [
        "# How sure a sign-in must be\n",
        made,
        "A sign-in is worth `low`, `medium` or `high`: its provider's setting says which of the",
        "provider's own words (`acr`, `vot`) is which ([identity.md](identity.md)). What is done",
        "needs one of them, by the settings below. Who comes with less is sent to sign in again,",
        "and comes back; a program is answered 401 with `insufficient_user_authentication`",
        "(RFC 9470). To refuse, to withdraw and to stop something, any sign-in will do.\n",
    ]
    for need in Need:
        named = [f"`{one}`" for one in Permission if needs(one) is need]
        own = [f"`{one}`" for one, less in OWN_NEEDS.items() if less is need]
        parts += [f"## {need.capitalize()}\n", f"Setting: {_SETTINGS[need]}.\n", ", ".join(named)]
        if own:
            parts.append(f"\nand, of the patient who acts for themselves: {', '.join(own)}")
        parts.append("")
    return "\n".join(parts)
