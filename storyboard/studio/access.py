"""Who may ask the studio for what: this machine's browser, opened by the link alone.

The server listens on the loopback address. Its link has a token; the first request trades it for a
cookie and leads to an address without it, so that it stands in no history. Every request needs the
cookie, a ``Host`` of this machine, and no sign of another page: what writes must come from the page
itself (``Origin``). The page may load nothing but what comes from here.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine; also what a browser at the near end of an ssh tunnel calls it."""

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every response."""

_NO_LINK = "Open the link that `storyboard open` has printed; this address alone opens nothing.\n"
_FOREIGN = "This request does not come from the page of this machine.\n"


@dataclass(frozen=True)
class Guard:
    """An ASGI application that passes on to ``app`` only what may be asked for."""

    app: ASGIApp
    token: str
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":  # the page has no web sockets
            return await send({"type": "websocket.close", "code": 1008})
        refused = self._refusal(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in message["headers"]}
                more = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                if b"cache-control" not in known:
                    more.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        return await (refused or self.app)(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that goes no further, None for one that may."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if not is_local(host) or not is_own(headers, host, scope["method"]):
            return PlainTextResponse(_FOREIGN, 403)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and given:
            return self._welcome(host) if _same(given, self.token) else _no_link()
        if not _same(self._cookie(headers, host), self.session):
            return _no_link()
        return None

    def _welcome(self, host: str) -> Response:
        answer = RedirectResponse("/", 303)
        answer.set_cookie(cookie_name(host), self.session, httponly=True, samesite="lax")
        return answer

    def _cookie(self, headers: dict[str, str], host: str) -> str:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(host))
        except CookieError:
            return ""
        return cookie.value if cookie else ""


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())


def _no_link() -> Response:
    return PlainTextResponse(_NO_LINK, 403)


def cookie_name(host: str) -> str:
    """Return the name of the cookie: cookies do not know ports, and several studios may be open.

    >>> cookie_name("127.0.0.1:8765")
    'storyboard-8765'
    """
    return f"storyboard-{urlsplit(f'//{host}').port or 80}"


def is_local(host: str) -> bool:
    """Return whether the header ``Host`` names this machine, at any port.

    A name that leads here by somebody else's name server is refused.

    >>> is_local("localhost:8765"), is_local("[::1]:80"), is_local("example.org:8765")
    (True, True, False)
    """
    try:
        parts = urlsplit(f"//{host}")
        return parts.hostname in LOCAL and (parts.port or 80) > 0 and "@" not in host
    except ValueError:
        return False


def is_own(headers: dict[str, str], host: str, method: str) -> bool:
    """Return whether a request is the page's own, or a person's who follows the link.

    Every request that changes something has an ``Origin``, and it is the host; a request of another
    page, that of another port of this machine included, says so in ``Sec-Fetch-Site``.
    """
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return False
    if method not in ("GET", "HEAD"):
        return origin is not None
    site = headers.get("sec-fetch-site", "none")
    if site in ("none", "same-origin"):
        return True
    return (
        headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )
