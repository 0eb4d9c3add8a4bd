import pytest

from voicebot.switchboard.account import Account, caller_number, signed_url
from voicebot.switchboard.form import Identity, fields


def test_the_documented_vector():
    params = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310"}
    params["To"] = "+18005551212"
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert Account("AC1", "12345").sign(url, params) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://line.example:8443/a?b=c#rc=2", "https://line.example/a?b=c"),
        ("http://line.example:8080/a", "http://line.example:8080/a"),
        ("https://user:pass@line.example/a", "https://line.example/a"),
        ("wss://line.example:443/s", "wss://line.example/s"),
        ("ws://127.0.0.1:5000/s", "ws://127.0.0.1:5000/s"),
    ],
)
def test_what_of_a_url_is_signed(url, signed):
    assert signed_url(url) == signed


def test_the_form_is_alphabetical_with_twins_and_blanks():
    form = fields(Identity("AC1", "CA1", "+8610", "+1500", "inbound"), "ringing", {"Digits": "1"})
    assert list(form) == sorted(form)
    assert form["Caller"] == form["From"] == "+8610"
    assert form["CallerCountry"] == form["FromCountry"] == "CN"
    assert form["CalledCity"] == form["ToZip"] == ""
    assert form["ApiVersion"] == "2010-04-01"
    assert not {"ParentCallSid", "ForwardedFrom"} & form.keys()
    child = fields(Identity("AC1", "CA2", "+1500", "+8610", "outbound-dial", "CA1", "+8620"), "in-progress")
    assert (child["ParentCallSid"], child["ForwardedFrom"]) == ("CA1", "+8620")


def test_callers_have_numbers_of_fiction():
    assert {caller_number(index) for index in range(300)} == {f"+12025550{n}" for n in range(100, 200)}
