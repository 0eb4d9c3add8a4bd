"""The account's REST resources, as far as a line needs them: calls, recordings, messages. Served over real HTTP.

Errors have Twilio's form and codes; dates are RFC 2822; numbers are strings.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from voicebot.switchboard.account import API_VERSION, basic_auth, new_sid
from voicebot.switchboard.board import Board
from voicebot.switchboard.call import Call, Go
from voicebot.switchboard.outbound import Order, place_outbound

MOST_TWIML = 4000
"""Characters of inline TwiML."""
MOST_MESSAGE = 1600
"""Characters of a message."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiError(Exception):
    """A request that Twilio refuses."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def application(board: Board) -> web.Application:
    """The resources of `board`'s account under ``/2010-04-01``."""
    resources = _Resources(board)
    app = web.Application(middlewares=[resources.guard])
    base = f"/{API_VERSION}/Accounts/{board.options.account.sid}"
    app.router.add_post(f"{base}/Calls.json", resources.create_call)
    app.router.add_get(f"{base}/Calls.json", resources.list_calls)
    app.router.add_post(f"{base}/Calls/{{sid}}.json", resources.update_call)
    app.router.add_get(f"{base}/Calls/{{sid}}.json", resources.fetch_call)
    app.router.add_get(
        f"{base}/Recordings/{{sid:RE[0-9a-f]+}}{{suffix:(\\.wav|\\.mp3|\\.json|)}}", resources.fetch_recording
    )
    app.router.add_delete(f"{base}/Recordings/{{sid:RE[0-9a-f]+}}{{suffix:(\\.json|)}}", resources.delete_recording)
    app.router.add_post(f"{base}/Messages.json", resources.create_message)
    return app


class _Resources:
    def __init__(self, board: Board) -> None:
        self._board = board

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Basic authentication with the account's credentials, and errors in Twilio's form."""
        try:
            account = self._board.options.account
            wanted = basic_auth(account.sid, account.token)
            if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode()):
                raise ApiError(401, 20003, "Authenticate")
            return await handler(request)
        except ApiError as error:
            body = {"code": error.code, "message": error.message, "more_info": "", "status": error.status}
            return web.json_response(body, status=error.status)
        except web.HTTPException as error:
            body = {"code": 20404, "message": error.reason, "more_info": "", "status": error.status}
            return web.json_response(body, status=error.status)

    async def create_call(self, request: web.Request) -> web.Response:
        """Place a call; it is queued, and goes out as fast as the account may."""
        data = await request.post()
        form = {name: str(value) for name, value in data.items()}
        board = self._board
        if not form.get("To"):
            raise ApiError(400, 21201, "No 'To' number is specified")
        if form.get("From") not in (board.target.number, *board.options.owned_numbers):
            raise ApiError(400, 21210, f"'From' phone number not verified: {form.get('From', '')}")
        order = Order(
            to=form["To"],
            from_=form["From"],
            step=_step(form),
            timeout_s=min(float(form.get("Timeout", "60")), 600.0),
            callback=form.get("StatusCallback", ""),
            callback_method=form.get("StatusCallbackMethod", "POST"),
            events=frozenset(str(value) for value in data.getall("StatusCallbackEvent", ["completed"])),
            detect_machine="MachineDetection" in form,
        )
        return web.json_response(_resource(place_outbound(board, order)), status=201)

    async def update_call(self, request: web.Request) -> web.Response:
        """Hang up, cancel, or replace the TwiML of a call that is going on."""
        call = self._call(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        match form.get("Status"):
            case "completed":
                call.hang_up("rest")
            case "canceled":
                if call.result.status not in ("queued", "initiated", "ringing"):
                    raise ApiError(400, 21220, "Call is not in a state that can be canceled")
                call.hang_up("rest")
            case None:
                call.replace(_step(form))
            case other:
                raise ApiError(400, 20001, f"Invalid Status {other!r}")
        return web.json_response(_resource(call))

    async def list_calls(self, request: web.Request) -> web.Response:
        """All calls, newest first, as far as the page goes; filters other than the page are not looked at."""
        size = min(int(request.query.get("PageSize", "50")), 1000)
        page = int(request.query.get("Page", "0"))
        everything = [*self._board.ended, *self._board.calls.values()][::-1]
        some = everything[page * size : (page + 1) * size]
        more = f"{request.path}?PageSize={size}&Page={page + 1}" if len(everything) > (page + 1) * size else None
        return web.json_response({"calls": [_resource(call) for call in some], "next_page_uri": more, "page": page})

    async def fetch_call(self, request: web.Request) -> web.Response:
        """What is known of a call that is going on."""
        return web.json_response(_resource(self._call(request)))

    def _call(self, request: web.Request) -> Call:
        call = self._board.calls.get(request.match_info["sid"])
        if call is None or call.over:
            raise ApiError(404, 20404, "The requested resource was not found")
        return call

    async def fetch_recording(self, request: web.Request) -> web.Response:
        """The file (WAV unless ``.mp3`` is asked for) or the description of a recording."""
        recording = self._board.recordings.ready(request.match_info["sid"])
        if recording is None:
            raise ApiError(404, 20404, "The requested resource was not found")
        match request.match_info["suffix"]:
            case ".json":
                seconds = str(round(len(recording.ulaw) / 8000))
                body = {
                    "sid": recording.sid,
                    "call_sid": recording.call_sid,
                    "duration": seconds,
                    "status": "completed",
                }
                return web.json_response(body)
            case ".mp3":
                return web.Response(body=recording.file("MP3"), content_type="audio/mpeg")
            case _:
                return web.Response(body=recording.file("WAV"), content_type="audio/x-wav")

    async def delete_recording(self, request: web.Request) -> web.Response:
        """Forget a recording."""
        if self._board.recordings.by_sid.pop(request.match_info["sid"], None) is None:
            raise ApiError(404, 20404, "The requested resource was not found")
        return web.Response(status=204)

    async def create_message(self, request: web.Request) -> web.Response:
        """Take a text message; it goes nowhere."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not form.get("To"):
            raise ApiError(400, 21604, "A 'To' phone number is required")
        if not 0 < len(form.get("Body", "")) <= MOST_MESSAGE:
            raise ApiError(400, 21617, f"The message body must have 1 to {MOST_MESSAGE} characters")
        message = {
            "sid": new_sid("SM"),
            "account_sid": self._board.options.account.sid,
            "to": form["To"],
            "from": form.get("From", ""),
            "body": form["Body"],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": format_datetime(datetime.now(UTC)),
        }
        self._board.messages.append(message)
        return web.json_response(message, status=201)


def _step(form: dict[str, str]) -> Go | bytes:
    """The TwiML to perform: an absolute address, or inline. Raises `ApiError`."""
    url, twiml = form.get("Url", ""), form.get("Twiml", "")
    if url:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ApiError(400, 21205, f"Url is not a valid URL: {url}")
        return Go(url, form.get("Method", "POST"))
    if not twiml:
        raise ApiError(400, 21205, "Url or Twiml is required")
    if len(twiml) > MOST_TWIML:
        raise ApiError(400, 32018, f"Twiml has more than {MOST_TWIML} characters")
    return twiml.encode()


def _resource(call: Call) -> dict[str, Any]:
    identity, result = call.identity, call.result
    return {
        "sid": call.sid,
        "account_sid": identity.account,
        "parent_call_sid": identity.parent or None,
        "to": identity.to,
        "from": identity.from_,
        "status": result.status,
        "direction": identity.direction,
        "api_version": API_VERSION,
        "duration": None if result.answered is None else str(round((result.end or call.now) - result.answered)),
        "date_created": format_datetime(call.placed),
        "start_time": format_datetime(call.placed),
        "uri": f"/{API_VERSION}/Accounts/{identity.account}/Calls/{call.sid}.json",
    }
