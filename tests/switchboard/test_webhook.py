import asyncio

import pytest
from aiohttp import web

from tests.switchboard.hurrying import run
from tests.switchboard.little_line import ACCOUNT, PUBLIC, LittleLine, switchboard
from voicebot.switchboard.exchange import Caller
from voicebot.switchboard.options import Faults, Options, Target
from voicebot.switchboard.policy import Policy, policy_of
from voicebot.switchboard.webhook import Tunnel, WebhookError, Webhooks, new_session

BYE = "<Response><Hangup/></Response>"
DEFAULT = Policy()


def call(line, **options):
    async def story():
        async with switchboard(line, **options) as board:
            return await board.place(Caller([]))

    return run(story())


def codes(result):
    return [problem.code for problem in result.problems]


def test_the_first_request_is_twilios():
    line = LittleLine({"/voice": BYE, "/status": web.Response(status=204)})
    result = call(line, status_path="/status")
    form = line.forms("/voice")[0]
    assert list(form) == sorted(form)
    assert form["CallStatus"] == "ringing"
    assert form["Direction"] == "inbound"
    assert form["AccountSid"] == ACCOUNT.sid
    assert form["CalledCity"] == ""
    assert form["Caller"] == form["From"] == "+12025550100"
    status = line.forms("/status")[0]
    assert status["CallStatus"] == "completed"
    assert status["CallSid"] == form["CallSid"]
    assert line.last_headers["User-Agent"] == "TwilioProxy/1.1"
    assert line.last_headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert line.last_headers["I-Twilio-Idempotency-Token"]
    assert line.last_headers["Host"] == "line.example"
    assert result.status == "completed"
    assert not result.problems


def test_relative_addresses_resolve_against_the_document():
    pages = {
        "/voice": "<Response><Redirect>deep/er</Redirect></Response>",
        "/deep/er": "<Response><Redirect>next?a=1</Redirect></Response>",
        "/deep/next": f"<Response><Redirect method='GET'>{PUBLIC}/last?b=%E4%BD%A0&amp;c=x y</Redirect></Response>",
        "/last": BYE,
    }
    pages["/deep/next"] = pages["/deep/next"].replace("x y", "x%20y")
    line = LittleLine(pages)
    assert not call(line).problems
    assert [path for path, _ in line.requests] == ["/voice", "/deep/er", "/deep/next", "/last"]
    assert line.forms("/last")[0]["b"] == "你"
    assert line.forms("/last")[0]["CallStatus"] == "ringing"


def test_cookies_are_kept_during_a_call_and_not_longer():
    cookies = []

    def first(form):
        response = web.Response(text="<Response><Redirect>/next</Redirect></Response>", content_type="text/xml")
        response.set_cookie("seen", "yes", secure=True)
        cookies.append(line.last_headers.get("Cookie"))
        return response

    def second(form):
        cookies.append(line.last_headers.get("Cookie"))
        return BYE

    line = LittleLine({"/voice": first, "/next": second})

    async def story():
        async with switchboard(line) as board:
            await board.place(Caller([]))
            await board.place(Caller([]))

    run(story())
    assert cookies == [None, "seen=yes", None, "seen=yes"]


def redirect(status, to):
    return lambda form: web.Response(status=status, headers={"Location": to})


def test_redirects_are_followed_and_signed_anew():
    line = LittleLine({"/voice": redirect(307, "/a"), "/a": redirect(302, "/b"), "/b": BYE})
    assert not call(line).problems
    assert line.forms("/a")[0]["CallStatus"] == "ringing"
    assert line.forms("/b") == [{}]


def test_ten_redirects_are_enough():
    line = LittleLine({"/voice": redirect(307, "/voice")})
    result = call(line)
    assert codes(result) == [11215]
    assert len(line.requests) == 11
    assert result.ended_by == "fault"
    assert "application error" in result.transcript


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (lambda form: web.Response(status=500), 11200),
        (lambda form: web.Response(status=404, text="<Response/>", content_type="text/xml"), 11200),
        (lambda form: web.Response(text="<Response>" + " " * 65536 + "</Response>", content_type="text/xml"), 11750),
        (lambda form: web.Response(text="<Response>", content_type="text/xml"), 12100),
        (lambda form: web.Response(text="{}", content_type="application/json"), 12300),
        (lambda form: web.Response(body=b"RIFF", content_type="audio/wav"), 12400),
        ("", 12100),
    ],
)
def test_what_cannot_be_used_leads_to_the_fallback(page, code):
    line = LittleLine({"/voice": page, "/fallback": "<Response><Say>sorry</Say></Response>"})
    result = call(line, fallback_path="/fallback")
    assert codes(result) == [code]
    form = line.forms("/fallback")[0]
    assert form["ErrorCode"] == str(code)
    assert form["ErrorUrl"] == PUBLIC + "/voice"
    assert result.transcript == "sorry"
    assert result.ended_by == "line"


def test_a_failing_fallback_ends_the_call_with_an_apology():
    line = LittleLine({"/voice": "<", "/fallback": "<"})
    result = call(line, fallback_path="/fallback")
    assert codes(result) == [12100, 12100]
    assert result.ended_by == "fault"
    assert "application error" in result.transcript


@pytest.mark.parametrize(
    ("response", "heard"),
    [
        (lambda: web.Response(text=BYE, content_type="text/html"), ""),
        (lambda: web.Response(text="<Response><Say>hi</Say></Response>", content_type="text/plain"), "hi"),
        (lambda: web.Response(text="hello there", content_type="text/plain"), "hello there"),
        (lambda: web.Response(body=b"\x10\x90" * 800, content_type="audio/ulaw"), PUBLIC + "/voice"),
    ],
)
def test_content_types(response, heard):
    result = call(LittleLine({"/voice": lambda form: response()}))
    assert not result.problems
    assert "".join(item.text or item.source for item in result.heard) == heard


def test_a_bad_signature_is_only_sent_as_a_fault():
    class Guarded(LittleLine):
        def check(self, request, form):
            try:
                super().check(request, form)
            except AssertionError:
                raise web.HTTPForbidden from None

    assert codes(call(Guarded({"/voice": BYE}), faults=Faults(forge_signature=True))) == [11200]


def test_a_duplicate_has_the_same_idempotency_token():
    tokens = []

    def page(form):
        tokens.append(line.last_headers["I-Twilio-Idempotency-Token"])
        return BYE

    line = LittleLine({"/voice": page})
    call(line, faults=Faults(duplicate_webhooks=True))
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_callbacks_may_come_twice_and_late():
    pages = {
        "/voice": '<Response><Dial><Number statusCallback="/p" '
        'statusCallbackEvent="initiated ringing answered completed">+15005550007</Number></Dial></Response>',
        "/p": "<Response/>",
    }
    line = LittleLine(pages)
    result = call(line, faults=Faults(duplicate_callbacks=True, late_callbacks=True))
    numbers = [int(form["SequenceNumber"]) for form in line.forms("/p")]
    assert sorted(numbers) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert numbers != sorted(numbers)
    assert not result.problems


@pytest.mark.parametrize(
    ("page", "code"),
    [(lambda form: web.Response(text="ok"), 12300), (lambda form: web.Response(status=500), 11200)],
)
def test_a_callback_answered_wrongly_is_a_warning(page, code):
    result = call(LittleLine({"/voice": BYE, "/status": page}), status_path="/status")
    assert [(problem.code, problem.level) for problem in result.problems] == [(code, "warning")]
    assert not result.errors


# Failures of the network, without a call around them


def ask(url, handler=None, *, options=None, path="/x"):
    """Ask a raw server (or a closed port); how many connections it took, the seconds, and the error's code."""
    connections = []

    async def serve(reader, writer):
        connections.append(asyncio.current_task())
        await handler(reader, writer, len(connections))
        writer.close()
        await writer.wait_closed()

    async def story():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if handler is None:
            server.close()
            await server.wait_closed()
        session = new_session()
        began = asyncio.get_running_loop().time()
        try:
            webhooks = Webhooks(session, Target(f"http://127.0.0.1:{port}"), options or Options(account=ACCOUNT))
            await webhooks.ask(f"http://127.0.0.1:{port}{path}", "POST", {"a": "b"})
        except WebhookError as error:
            return len(connections), asyncio.get_running_loop().time() - began, error
        finally:
            await session.close()
            server.close()
            await asyncio.gather(*connections, return_exceptions=True)
        return len(connections), asyncio.get_running_loop().time() - began, None

    return run(story())


async def never(reader, writer, nth):
    await reader.read()


async def hang_up(reader, writer, nth):
    pass


async def fail_once(reader, writer, nth):
    await reader.readuntil(b"\r\n\r\n")
    status = b"503 Unavailable" if nth == 1 else b"200 OK"
    writer.write(
        b"HTTP/1.1 " + status + b"\r\nContent-Type: text/xml\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def test_a_closed_port_is_tried_twice():
    _, _, error = ask("")
    assert error.code == 11205
    assert error.reason == "ct"


def test_only_connecting_is_retried_unless_the_address_says_more():
    connections, _, error = ask("", fail_once)
    assert (connections, error.code, error.status) == (1, 11200, 503)
    connections, _, error = ask("", fail_once, path="/x#rc=1&rp=5xx")
    assert (connections, error) == (2, None)


def test_a_broken_connection_is_a_retrieval_failure():
    connections, _, error = ask("", hang_up)
    assert (connections, error.code) == (1, 11200)


@pytest.mark.parametrize(("path", "least"), [("/x#rt=200", 0.2), ("/x#rt=200&rc=2&rp=rt", 0.6), ("/x#tt=300", 0.3)])
def test_patience_has_its_limits(path, least):
    _, elapsed, error = ask("", never, path=path)
    assert error.code == 11200
    assert elapsed == pytest.approx(least, abs=0.05)


def test_no_such_host():
    async def story():
        async with new_session() as session:
            await Webhooks(session, Target("http://127.0.0.1:1"), Options()).ask("nowhere", "GET", {})

    with pytest.raises(WebhookError) as failed:
        run(story())
    assert failed.value.code == 11210


@pytest.mark.parametrize(
    ("fragment", "policy"),
    [
        ("", DEFAULT),
        ("#rc=3", Policy(retries=3)),
        ("#rc=6", DEFAULT),
        ("#ct=100&rt=2000&tt=15000", Policy(connect_s=0.1, read_s=2.0, total_s=15.0)),
        ("#ct=10001&rt=99&tt=x", DEFAULT),
        ("#rp=4xx,5xx", Policy(retry_on=frozenset({"4xx", "5xx"}))),
        ("#rp=never", DEFAULT),
        ("#e=ashburn&sni=y", DEFAULT),
    ],
)
def test_the_fragment_changes_the_policy(fragment, policy):
    assert policy_of("https://line.example/x" + fragment, DEFAULT) == policy


@pytest.mark.parametrize(
    ("url", "actual"),
    [
        ("https://line.example/a?b=c", "http://127.0.0.1:5000/a?b=c"),
        ("wss://line.example/s", "ws://127.0.0.1:5000/s"),
        ("https://user:pass@other.example/a", "https://other.example/a"),
    ],
)
def test_the_tunnel(url, actual):
    assert Tunnel(Target("http://127.0.0.1:5000", "https://line.example")).route(url)[0] == actual
