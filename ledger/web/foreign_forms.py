"""Forms that reach us from other sites, beside our own forms at the same address.

OpenID lets a program send a person's browser to two of our pages by a form. Such a form changes
nothing here: the browser is led to the same page by its address, and asked there. What our own
pages send carries their token, which is checked.
"""

from urllib.parse import urlencode

from flask import current_app, redirect, request
from werkzeug.wrappers import Response

from ledger.web.shell import csrf


def as_address() -> Response:
    """Lead the browser to this page, with what the form said in the address."""
    return redirect(f"{request.path}?{urlencode([*request.form.items(multi=True)])}", 303)


def protect() -> None:
    """Refuse a form that is not from a page of ours.

    Raises:
        CSRFError: it carries no token of this browser's.
    """
    if current_app.config["WTF_CSRF_ENABLED"]:  # Tests of something else turn it off.
        csrf.protect()
