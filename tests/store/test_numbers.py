from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import SettingsError
from voicebot.store.numbers import NumberKey, e164, ticket_id, ticket_number

KEY = NumberKey("a secret of more than sixteen characters")
# Subscriber numbers of zeros only: no one has them.
MOBILE = "+8613000000000"

SAME_CALLER = [
    "+8613000000000",
    "+86 130 0000 0000",
    "008613000000000",
    "8613000000000",
    "13000000000",
    "013000000000",
    "130-0000-0000",
    "１３０ ００００ ００００",
    "tel:+8613000000000",
    "sip:+8613000000000@sip.example.invalid;transport=tls",
]

WITHHELD = [
    None,
    "",
    " ",
    "anonymous",
    "Anonymous",
    "unknown",
    "restricted",
    "unavailable",
    "blocked",
    "private",
    "+266696687",
    "266696687",
    "+7378742833",
    "+8656696",
    "+86282452253",
    "+2562533",
    "sip:anonymous@anonymous.invalid",
    "client:somebody",
    "+",
    "+86abc",
]


@pytest.mark.parametrize("number", SAME_CALLER)
def test_one_caller_has_one_key_however_the_number_is_written(number):
    assert e164(number, country="86") == MOBILE
    assert KEY.key(number) == KEY.key(MOBILE)
    assert KEY.last4(number) == "0000"


@pytest.mark.parametrize("number", WITHHELD)
def test_a_withheld_number_is_nobody(number):
    assert (KEY.key(number), KEY.last4(number)) == ("", "")


def test_landlines_and_other_countries():
    assert e164("(010) 0000-0000", country="86") == "+861000000000"
    assert e164("+44 20 0000 0000", country="86") == "+442000000000"
    assert e164("0000", country="86") == "+00"


def test_the_key_hides_the_number_and_needs_the_secret():
    assert len(KEY.key(MOBILE)) == 64
    assert "13000000000" not in KEY.key(MOBILE)
    assert KEY.key(MOBILE) != NumberKey("another secret of more than sixteen").key(MOBILE)
    assert KEY.key(MOBILE) != KEY.key("+8613000000001")


def test_a_short_secret_is_refused():
    with pytest.raises(SettingsError, match="VOICEBOT_SECRET"):
        NumberKey("short")


def test_the_caller_of_a_number():
    caller = KEY.caller(MOBILE)
    assert (caller.key, caller.last4, caller.green) == (KEY.key(MOBILE), "0000", False)


@given(st.integers(min_value=1, max_value=10**9))
def test_ticket_numbers_come_back(ticket):
    number = ticket_number(ticket)
    assert len(number) >= 6
    assert ticket_id(number) == ticket


@given(st.integers(min_value=1, max_value=10**6), st.data())
def test_one_wrong_digit_is_noticed(ticket, data):
    number = ticket_number(ticket)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert ticket_id(number[:place] + digit + number[place + 1 :]) is None


@pytest.mark.parametrize("number", ["", "1", "abc", "000000", "99999999999999999999", ticket_number(0)])
def test_what_is_no_ticket_number(number):
    assert ticket_id(number) is None


def test_ticket_numbers_as_people_type_them():
    assert ticket_id(" １０ 001-７ ".replace("７", ticket_number(1)[-1])) == 1
