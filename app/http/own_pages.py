"""Which pages of the web may write with a login's cookie, or have one set: ours and CORS_ORIGINS (docs/security.md).

Browsers say in Origin and Sec-Fetch-Site which page asks, and no page can change that. Programs send neither header,
and no cookie that they do not mean to send."""
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from flask import request

from app.errors import Forbidden
from app.http.bearer import presented_token
from app.http.request import UnsupportedMedia
from app.runtime import runtime
from app.settings import REALM_CODENAMES
from app.web_addresses import is_this_machine

_OUR_SITES = ("same-origin", "none")  # none: the person typed the address


def check_cookie_write() -> None:
    """Raise Forbidden OriginNotAllowed when a foreign page writes as whom the cookie names (CSRF)."""
    if _is_by_cookie():
        _refuse_unless(_is_ours)


def check_login_change() -> None:
    """Check a request that sets, replaces or ends what a browser is logged in with, whoever it says it is.

    Raises Forbidden OriginNotAllowed for a foreign page: it would log its visitors in as somebody else. Pages of this
    machine are fine outside production, without a cookie (decision 40). Raises UnsupportedMedia for a body that does
    not say it is JSON: forms of foreign pages cannot say so."""
    _refuse_unless(_is_ours if _is_by_cookie() else _is_ours_or_local)
    if request.method == "POST" and request.mimetype != "application/json" and (
            request.mimetype or request.get_data(cache=True)):
        raise UnsupportedMedia("errMsg_contentTypeMustBeApplicationJson", detail={"Content-Type": request.mimetype})


def _refuse_unless(is_welcome: Callable[[SplitResult], bool]) -> None:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "")
    if origin is None and site:
        is_good = site in _OUR_SITES
    elif origin == "null" and site == "same-origin":  # a form of ours: our answers tell browsers to send no referrer
        is_good = True
    else:
        page = origin or request.headers.get("Referer")
        is_good = page is None or is_welcome(_split(page))
    if not is_good:
        raise Forbidden("errMsg_OriginNotAllowed", "OriginNotAllowed")


def _is_by_cookie() -> bool:
    if "HTTP_COOKIE" not in request.environ:  # programs send none: no need to look for the tokens of all realms
        return False
    found = (presented_token(realm) for realm in REALM_CODENAMES)
    return any(token is not None and token.location == "cookie" for token in found)


def _is_ours(page: SplitResult) -> bool:
    settings, source = runtime().settings, page[:2]  # scheme and host: PUBLIC_URL may have a path
    return bool(page.netloc) and (page.netloc == request.host or "://".join(source) in settings.cors_origins
                                  or source == urlsplit(settings.public_url)[:2])


def _is_ours_or_local(page: SplitResult) -> bool:
    return _is_ours(page) or (not runtime().settings.is_production and is_this_machine(page.hostname or ""))


def _split(page: str) -> SplitResult:
    try:
        return urlsplit(page)
    except ValueError:
        return SplitResult("", "", "", "", "")
