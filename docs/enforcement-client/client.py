"""A sample enforcement client: gets a token, asks one decision, and does what it says.

    python client.py http://127.0.0.1:8000 CLIENT_ID CLIENT_SECRET question.json

Prints why, and exits 0 for a permit and 1 for anything else. Standard library only.
"""

import base64
import json
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


def token(ledger: str, client_id: str, secret: str) -> str:
    """Get an access token by client credentials. It is good for minutes: keep it meanwhile."""
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "access:ask"}
    body = urllib.parse.urlencode(form).encode()
    headers = {"Authorization": f"Basic {pair}"}
    request = urllib.request.Request(f"{ledger}/oauth/token", body, headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)["access_token"]


def decide(ledger: str, access_token: str, question: dict[str, Any]) -> dict[str, Any]:
    """Ask. Whatever goes wrong on the way is no permit: the exception ends the look-up."""
    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    address = f"{ledger}/access/v1/evaluation"
    request = urllib.request.Request(address, json.dumps(question).encode(), headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def main(ledger: str, client_id: str, secret: str, file: str) -> int:
    """Show the data only for a permit whose every obligation this client can meet."""
    question = json.loads(Path(file).read_text(encoding="utf-8"))
    answer = decide(ledger, token(ledger, client_id, secret), question)
    context = answer["context"]
    unknown = [
        duty
        for duty in context["obligations"]
        if duty["code"] not in ("tell-patient", "review", "tell-privacy-officer", "audit")
    ]
    print(context["reason_user"]["en"], f"(entry {context['entry_id']})")
    return 0 if answer["decision"] and not unknown else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
