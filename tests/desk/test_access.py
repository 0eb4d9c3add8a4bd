"""Each page × role × method: nobody gets in who is not in the table, and everything is in the table."""

import re

import pytest

from tests.desk.conftest import ROLES, make_bot
from tests.desk.sample import ACCOUNTS
from tests.store.conftest import Clock
from voicebot.web import create_app
from voicebot.web.desk.access import ACCESS, THEIR_OWN, may
from voicebot.web.desk.security import OWN_FORMS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] not in THEIR_OWN]


def path_of(rule):
    """An address of that rule; its parts name nothing that is there."""
    filled = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    return re.sub(r"<(?:\w+:)?\w+>", "987654", filled)


def test_every_page_is_in_the_table_and_nothing_else_is(desk):
    assert {rule.endpoint for rule in rules(desk.app)} == ACCESS.keys()


@pytest.mark.parametrize("role", [None, *ROLES])
def test_only_who_may_gets_in(desk, role):
    client = desk.client(role)
    client.get("/desk/login")
    user = desk.accounts.user(desk.token(role)) if role else None
    wrong = []
    for rule in rules(desk.app):
        for method in METHODS:
            if method not in rule.methods:
                continue
            allowed = may(user, rule.endpoint, method)
            if rule.endpoint == "accounts.logout" and allowed:
                continue  # it would end the session the rest is asked with
            response = client.open(path_of(rule), method=method)
            response.close()
            refused = response.status_code == 403 or "/desk/login" in response.headers.get("Location", "")
            if allowed == refused and rule.endpoint != "accounts.login":
                wrong.append((rule.endpoint, method, response.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", [None, *ROLES])
def test_no_form_is_taken_without_its_token(desk, role):
    """What is allowed still needs the token: nothing happens and the page says what to do."""
    client = desk.client(role)
    user = desk.accounts.user(desk.token(role)) if role else None
    for rule in rules(desk.app):
        theirs = rule.endpoint.split(".")[0] in OWN_FORMS  # tests/web/test_public.py
        if "POST" in rule.methods and not theirs and may(user, rule.endpoint, "POST"):
            response = client.post(path_of(rule), data={"name": "x"})
            assert response.status_code == 400, rule.endpoint


def test_no_role_is_forgotten():
    assert {role for _, _, role, _ in ACCOUNTS.values()} == {role for role in ACCESS["accounts.me"]["GET"]}


def test_who_is_not_logged_in_comes_back_to_where_they_were(desk):
    client = desk.client()
    response = client.get("/desk/audit?who=w1")
    assert response.status_code == 303
    assert response.headers["Location"] == "/desk/login?next=/desk/audit?who%3Dw1"
    part = client.get("/desk/audit", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/desk/login")


def test_every_page_has_the_headers(desk):
    for path in ("/", "/desk/login", "/desk/none", "/desk/me", "/static/desk.css"):
        response = desk.client("clerk").get(path)
        headers = response.headers
        response.close()
        assert re.search("default-src '(self|none)'", headers["Content-Security-Policy"])
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert desk.client("clerk").get("/desk/me").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "code"), [("/desk/none", 404), ("/none", 404), ("/desk/accounts", 403)])
def test_what_cannot_be_shown_says_so_in_chinese(desk, path, code):
    response = desk.client("clerk").get(path)
    assert response.status_code == code
    assert re.search("[\u4e00-\u9fff]", response.get_data(as_text=True))


def test_a_lost_record_is_said_so_and_the_telephone_is_not_asked(tmp_path):
    bot, database = make_bot(tmp_path, Clock())
    client = create_app(bot).test_client()
    client.set_cookie("desk", "whatever", path="/desk/")
    database.close()
    for file in tmp_path.glob("voicebot.sqlite3*"):
        file.write_bytes(b"no database at all" * 100)
    response = client.get("/desk/today")
    assert (response.status_code, "电话不受影响" in response.get_data(as_text=True)) == (503, True)
    assert client.get("/").status_code == client.get("/healthz").status_code == 200
    database.close()
