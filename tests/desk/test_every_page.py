"""Every page there is, found by following links as each role: valid HTML, no fault, nothing of another unit."""

import re
from collections import deque
from html import unescape
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk.conftest import ROLES
from tests.desk.test_access import rules
from voicebot.web.desk.access import may

MOST = 60
"""Pages followed as one role."""
SECRETS = {
    "clerk": ("公积金咋往外取呢", "来电人问公积金提取", "我要投诉", "投诉社保窗口"),
    "clerk_gjj": ("社保卡丢了咋整", "来电人问医保缴费", "失业金怎么领", "我要投诉", "投诉社保窗口", "请尽快给我回电话"),
    "auditor": ("公积金咋往外取呢", "社保卡丢了咋整", "失业金怎么领", "投诉社保窗口", "请尽快给我回电话"),
    "admin": ("公积金咋往外取呢", "社保卡丢了咋整", "失业金怎么领", "投诉社保窗口", "请尽快给我回电话"),
}
"""What callers said to others, by who must never read it."""
NUMBERS = re.compile(r"1310000000\d")


def follow(client, start="/desk/"):
    """Each page a role comes to by links, once per kind of address: path and text."""
    seen, todo, found = set(), deque([start, "/"]), {}
    while todo and len(found) < MOST:
        path = todo.popleft()
        kind = re.sub(r"\d+", "0", path)
        if kind in seen:
            continue
        seen.add(kind)
        response = client.get(path, follow_redirects=True)
        assert response.status_code < 400, path
        if response.mimetype != "text/html":
            continue
        text = response.get_data(as_text=True)
        found[path] = text
        for link in map(unescape, re.findall(r'<a [^>]*href="([^"]+)"', text)):
            if not urlsplit(link).netloc and link.startswith("/"):
                todo.append(link.split("#")[0])
    return found


@pytest.fixture(scope="module")
def pages(desk):
    """Every page each role comes to."""
    return {role: follow(desk.client(role)) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_anything_of_others(pages, role):
    for path, text in pages[role].items():
        assert not NUMBERS.search(text), path
        assert [words for words in SECRETS.get(role, ()) if words in text] == [], path


def test_every_page_is_valid(pages, valid):
    valid({f"{role}{path}": text for role, found in pages.items() for path, text in found.items()})


def test_pages_nobody_is_logged_in_for_are_valid(desk, valid):
    link = desk.accounts.invite("w1")
    client = desk.client()
    paths = ["/", "/none", "/d/rsj", "/q/rsj-001", "/leave", "/leave?kind=complaint", "/check", "/figures", "/ask?q="]
    paths += [
        f"/ask?q={words}" for words in ("社保卡丢了怎么补办", "社保卡怎么办", "天气", "着火了", "转人工", "我要投诉")
    ]
    paths += ["/desk/login", "/desk/none", f"/desk/welcome/{link}", "/desk/welcome/none"]
    pages = {f"{n}{path}": client.get(path).get_data(as_text=True) for n, path in enumerate(paths)}
    pages["wrong"] = client.post("/leave", data={"text": "着火了"}).get_data(as_text=True)
    pages["not found"] = client.post("/check", data={"number": "100017", "phone": "0000"}).get_data(as_text=True)
    valid(pages)


WORD = st.one_of(
    st.text(max_size=12),
    st.integers(-2, 10**19).map(str),
    st.sampled_from(
        ["", "open", "all", "mine", "2026-11-24", "9999-12-31", "0001-01-01", "%", "'", "\x00", "../x", "rsj"]
    ),
)
NAMES = ["page", "before", "who", "action", "about", "since", "until", "show", "whose", "matter", "department", "text"]
NAMES += ["week", "day", "version", "role", "id", "q", "not", "topic", "kind", "receipt"]
FIELDS = [
    "why",
    "to",
    "outcome",
    "anyway",
    "account",
    "name",
    "role",
    "unit",
    "closed",
    "new",
    "again",
    "old",
    "password",
    *("version", "index", "day", "department", "person", "start", "end", "when", "weekday[]", "from", "until", "id"),
    *("number", "sealed", "what", "year", "whom", "how", "note", "years", "key", "phone", "text", "token", "contact"),
]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_asked_of_a_page_is_no_fault_of_ours(desk, data):
    """Any route, any role, any address and form: never a fault (5xx), and never a word of another unit's callers."""
    role = data.draw(st.sampled_from(ROLES))
    client = desk.client(role)
    rule = data.draw(st.sampled_from(sorted(rules(desk.app), key=lambda rule: rule.rule)))
    ids = ["1", *desk.numbers.values(), "w1"]
    part = lambda match: data.draw(st.sampled_from([*ids, "999999", "x"]))  # noqa: E731
    path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    path = re.sub(r"<(?:\w+:)?\w+>", part, path)
    query = data.draw(st.dictionaries(st.sampled_from(NAMES), WORD, max_size=4))
    if "POST" in rule.methods and rule.endpoint != "accounts.logout" and data.draw(st.booleans()):
        fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), WORD, max_size=5))
        response = client.send(path, **fields) if may_post(desk, role, rule) else client.post(path, data=fields)
    else:
        response = client.get(path, query_string=query, buffered=False)
    assert response.status_code < 500, (role, path, query)
    if response.mimetype == "text/html":
        text = response.get_data(as_text=True)
        assert [words for words in SECRETS.get(role, ()) if words in text] == [], path
    response.close()


def may_post(desk, role, rule):
    return may(desk.accounts.user(desk.token(role)), rule.endpoint, "POST")
