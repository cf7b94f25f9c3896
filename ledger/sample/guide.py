"""After the story: what each newcomer should look at first, and where that is."""

import json
from typing import Final

from ledger.sample.scene import DATA, Scene

PUBLIC: Final = "What anybody may see of the spending, without signing in"


def tell(scene: Scene) -> None:
    """Add to each account what to look at first. A page that was not made has no address."""
    pool_id = scene.pool().id
    scene.pages |= {"pool": f"/pools/{pool_id}", "journal": f"/pools/{pool_id}/journal"}
    looks = json.loads((DATA / "first-looks.json").read_text())
    for account in scene.accounts:
        said = looks.get(account["username"])
        page = said and scene.pages.get(said["page"], said["page"])
        if said and page.startswith("/"):
            account |= {"first": said["first"], "page": page}
