"""What is signed by Twilio, and what is not."""

import pytest
from werkzeug.datastructures import MultiDict

from tests.twilio.signing import sign
from voicebot.twilio.signature import Signatures

TOKEN = "12345"
BASE = "https://example.com"
FIELDS = [("CallSid", "CA1"), ("CallStatus", "ringing"), ("CallerCity", ""), ("From", "+15005550006"), ("To", " 1 ")]


def valid(path="/twilio/voice", query="", pairs=FIELDS, *, base=BASE, token=TOKEN, signed=None):
    url = signed or f"{base}{path}" + (f"?{query}" if query else "")
    return Signatures(TOKEN, base).valid_request(path, query, MultiDict(pairs), sign(token, url, FIELDS))


def test_the_vector_of_the_documentation():
    known = "L/OH5YylLD5NRKLltdqwSvS0BnU="
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }

    assert sign(TOKEN, "https://example.com/myapp.php?foo=1&bar=2", fields.items()) == known
    assert Signatures(TOKEN, BASE).valid_request("/myapp.php", "foo=1&bar=2", MultiDict(fields), known)


REQUESTS = {
    "as it is": (valid(), True),
    "fields in another order": (valid(pairs=FIELDS[::-1]), True),
    "blank field dropped": (valid(pairs=[f for f in FIELDS if f[1]]), False),
    "field trimmed": (valid(pairs=[(k, v.strip()) for k, v in FIELDS]), False),
    "field changed": (valid(pairs=[("CallSid", "CA2"), *FIELDS[1:]]), False),
    "field added": (valid(pairs=[*FIELDS, ("Digits", "0")]), False),
    "another token": (valid(token="54321"), False),
    "query": (valid(query="call=CA1&x=%20a+b%2F"), True),
    "query written another way": (valid(query="call=CA1&x=a%20b", signed=f"{BASE}/twilio/voice?call=CA1&x=a+b"), False),
    "another page": (valid(signed=f"{BASE}/twilio/status"), False),
    "another host": (valid(signed="https://example.org/twilio/voice"), False),
    "port of the public URL": (valid(base="https://example.com:8443"), True),
    "port dropped by Twilio": (valid(base="https://example.com:8443", signed=f"{BASE}/twilio/voice"), True),
    "http public URL": (valid(base="http://localhost:8080"), True),
    "http public URL, signed for https": (
        valid(base="http://localhost:8080", signed="https://localhost:8080/twilio/voice"),
        False,
    ),
    "public URL below a path": (valid(base="https://example.com/line"), True),
    "public URL with a slash at its end": (valid(base=f"{BASE}/", signed=f"{BASE}/twilio/voice"), True),
}


@pytest.mark.parametrize(("found", "expected"), REQUESTS.values(), ids=REQUESTS.keys())
def test_request(found, expected):
    assert found is expected


def test_a_field_sent_twice():
    pairs = [("SpeechResult", "b"), ("SpeechResult", "a"), ("CallSid", "CA1")]
    signature = sign(TOKEN, f"{BASE}/twilio/voice", pairs)

    assert Signatures(TOKEN, BASE).valid_request("/twilio/voice", "", MultiDict(pairs), signature)
    assert not Signatures(TOKEN, BASE).valid_request("/twilio/voice", "", MultiDict(pairs[1:]), signature)


@pytest.mark.parametrize("signature", ["", " ", "=", "签名", "A" * 28])
def test_no_signature(signature):
    assert not Signatures(TOKEN, BASE).valid_request("/twilio/voice", "", MultiDict(FIELDS), signature)
    assert not Signatures(TOKEN, BASE).valid_socket("/twilio/stream", signature)


SOCKETS = {
    # id: (public URL, path asked for, URL that was signed, valid)
    "wss": (BASE, "/twilio/stream", "wss://example.com/twilio/stream", True),
    "wss with a slash": (BASE, "/twilio/stream", "wss://example.com/twilio/stream/", True),
    "asked for with a slash": (BASE, "/twilio/stream/", "wss://example.com/twilio/stream/", True),
    "https": (BASE, "/twilio/stream", "https://example.com/twilio/stream", False),
    "ws for an https line": (BASE, "/twilio/stream", "ws://example.com/twilio/stream", False),
    "another path": (BASE, "/twilio/stream", "wss://example.com/other", False),
    "http public URL": ("http://localhost:8080", "/twilio/stream", "ws://localhost:8080/twilio/stream", True),
    "below a path": (f"{BASE}/line", "/twilio/stream", "wss://example.com/line/twilio/stream", True),
}


@pytest.mark.parametrize(("base", "path", "signed", "expected"), SOCKETS.values(), ids=SOCKETS.keys())
def test_socket(base, path, signed, expected):
    assert Signatures(TOKEN, base).valid_socket(path, sign(TOKEN, signed)) is expected
    assert not Signatures(TOKEN, base).valid_socket(path, sign("another", signed))


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://example.com", "wss://example.com/twilio/stream"),
        ("https://example.com/line/", "wss://example.com/line/twilio/stream"),
        ("http://localhost:8080", "ws://localhost:8080/twilio/stream"),
    ],
)
def test_where_twilio_connects(base, url):
    assert Signatures(TOKEN, base).socket_url("/twilio/stream") == url
