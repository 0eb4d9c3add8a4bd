"""HTTP requests to the line, made as Twilio makes them: signed, budgeted, redirected, retried.

One `Webhooks` per call, because cookies are kept during a call. Answers are returned as bytes; reading TwiML is not
done here.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from voicebot.switchboard.account import Account, basic_auth
from voicebot.switchboard.options import Options, Target
from voicebot.switchboard.policy import Policy, policy_of

MAX_BODY = 64 * 1024
"""Bytes of TwiML; more is 11750."""
MAX_REDIRECTS = 10
_FIXED = {
    "User-Agent": "TwilioProxy/1.1",
    "Accept": "*/*",
    "Cache-Control": "max-age=259200",
    "Accept-Encoding": "gzip",
}


class WebhookError(Exception):
    """The line could not be asked. `code` is Twilio's; `reason` the retry reason; `status` 0 when nothing came back."""

    def __init__(self, code: int, url: str, message: str, *, reason: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.url = url
        self.message = message
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer. `url` is the document's own address, against which its relative URLs resolve."""

    url: str
    status: int
    content_type: str
    body: bytes
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    fields: Mapping[str, str]
    token: str


class Tunnel:
    """Carries requests for the line's public address to where it really listens."""

    def __init__(self, target: Target) -> None:
        self._public = urlsplit(target.origin)
        self._actual = urlsplit(target.connect_url)

    def route(self, url: str) -> tuple[str, dict[str, str]]:
        """The address to connect to, and the headers a tunnel adds."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if host != self._public.netloc or self._public.netloc == self._actual.netloc:
            return urlunsplit(parts._replace(netloc=host)), {}
        socket = parts.scheme in ("ws", "wss")
        secure = self._actual.scheme in ("https", "wss")
        scheme = ("ws" if socket else "http") + ("s" if secure else "")
        actual = urlunsplit((scheme, self._actual.netloc, parts.path, parts.query, ""))
        return actual, {"Host": host, "X-Forwarded-Proto": "https" if self._public.scheme == "https" else "http"}


def new_session() -> aiohttp.ClientSession:
    """A session without aiohttp's own habits: no cookies kept across calls, no default headers, no pool limit."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


class Webhooks:
    """The requests of one call. `session` from `new_session`, shared and closed by its owner."""

    def __init__(self, session: aiohttp.ClientSession, target: Target, options: Options) -> None:
        self._session = session
        self._tunnel = Tunnel(target)
        self._options = options
        self._cookies = aiohttp.CookieJar(unsafe=True)
        self._account = Account(options.account.sid, "forged") if options.faults.forge_signature else options.account
        self.policy = Policy(
            options.connect_timeout_s, options.read_timeout_s, options.total_timeout_s, retries=options.retries
        )

    async def ask(self, url: str, method: str, fields: Mapping[str, str], *, twice: bool = False) -> Reply:
        """Send `fields` to `url` and return the answer. Raises `WebhookError` after the retries its policy allows.

        `twice` sends it a second time with the same idempotency token, as when the first answer was lost.
        """
        policy = policy_of(url, self.policy)
        request = _Request(method, url, fields, str(uuid.uuid4()))
        try:
            async with asyncio.timeout(policy.total_s):
                if twice:
                    await self._attempts(request, policy)
                return await self._attempts(request, policy)
        except TimeoutError:
            raise WebhookError(11200, url, f"no answer within {policy.total_s:g} s in all", reason="tt") from None

    async def fetch(self, url: str) -> Reply:
        """Get a media file for <Play>: signed, but without the standard fields."""
        return await self.ask(url, "GET", {})

    async def _attempts(self, request: _Request, policy: Policy) -> Reply:
        attempt = 1
        while True:
            try:
                reply = await self._follow(request, policy)
                return Reply(reply.url, reply.status, reply.content_type, reply.body, attempt)
            except WebhookError as error:
                if attempt > policy.retries or not policy.retries_after(error.reason):
                    raise
            attempt += 1

    async def _follow(self, request: _Request, policy: Policy) -> Reply:
        """One attempt, with its redirects. 307 and 308 repeat the request; the others become a GET without fields."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once(request, policy)
            if isinstance(answer, Reply):
                return answer
            status, location = answer
            url = urljoin(urldefrag(request.url).url, location)
            keep = status in (307, 308)
            method = request.method if keep else "GET"
            request = _Request(method, url, request.fields if keep else {}, request.token)
        raise WebhookError(11215, request.url, f"more than {MAX_REDIRECTS} redirects")

    async def _once(self, request: _Request, policy: Policy) -> Reply | tuple[int, str]:
        """One request: the answer, or status and target of a redirect."""
        public, body = _encoded(request)
        actual, headers = self._tunnel.route(public)
        headers |= self._headers(request, public, body)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=policy.connect_s, sock_read=policy.read_s)
        try:
            async with self._session.request(
                request.method,
                URL(actual, encoded=True),
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                self._cookies.update_cookies(response.cookies, URL(public, encoded=True))
                if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                    return response.status, response.headers["Location"]
                return await self._read(request, response)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _failure(request.url, error) from error

    async def _read(self, request: _Request, response: aiohttp.ClientResponse) -> Reply:
        await asyncio.sleep(self._options.faults.slow_read_s)
        body = b""
        async for piece in response.content.iter_chunked(8192):
            body += piece
            if len(body) > MAX_BODY and not response.content_type.startswith("audio/"):
                raise WebhookError(11750, request.url, "the body is larger than 64 kB", status=response.status)
        if not 200 <= response.status < 300:
            kind = "4xx" if response.status < 500 else "5xx"
            raise WebhookError(
                11200, request.url, f"HTTP status {response.status}", reason=kind, status=response.status
            )
        return Reply(urldefrag(request.url).url, response.status, response.headers.get("Content-Type", ""), body)

    def _headers(self, request: _Request, public: str, body: bytes | None) -> dict[str, str]:
        signed = request.fields if body is not None else {}
        headers = _FIXED | {
            "I-Twilio-Idempotency-Token": request.token,
            "X-Twilio-Signature": self._account.sign(public, signed),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        cookies = self._cookies.filter_cookies(URL(public, encoded=True))
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        user = urlsplit(public).netloc.rpartition("@")[0]
        if user:
            name, _, password = user.partition(":")
            headers["Authorization"] = basic_auth(name, password)
        return headers

    def handshake(self, url: str) -> tuple[str, dict[str, str]]:
        """Address and headers for the socket of a stream whose public address is `url`."""
        actual, headers = self._tunnel.route(url)
        signed = url + "/" if self._options.slash_signature and not url.endswith("/") else url
        return actual, headers | {
            "User-Agent": "Twilio.TmeWs/1.0",
            "Accept-Encoding": "gzip",
            "X-Twilio-Signature": self._account.sign(signed, {}),
        }


def _encoded(request: _Request) -> tuple[str, bytes | None]:
    """The URL as it goes over the wire, and the form body (None for a GET, whose fields go into the query)."""
    url = quote(urldefrag(request.url).url, safe="!#$%&'()*+,/:;=?@[]~-._")
    form = urlencode(request.fields)
    if request.method == "POST":
        return url, form.encode()
    return (url + ("&" if "?" in url else "?") + form if form else url), None


def _failure(url: str, error: Exception) -> WebhookError:
    """What Twilio calls a failure of the network."""
    reason: Literal["ct", "rt", ""] = ""
    match error:
        case aiohttp.ClientConnectorDNSError() | aiohttp.InvalidURL() | ValueError():
            code, message = 11210, "no such host, or not a URL"
        case aiohttp.ClientSSLError():
            code, message = 11220, "TLS failed"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            code, message, reason = 11205, "cannot connect", "ct"
        case TimeoutError():
            code, message, reason = 11200, "no answer in time", "rt"
        case _:
            code, message, reason = 11200, "the connection broke", "rt"
    return WebhookError(code, url, f"{message}: {error or type(error).__name__}", reason=reason)
