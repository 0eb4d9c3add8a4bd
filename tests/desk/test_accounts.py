"""The pages about accounts, and the log of what was done."""

import re

import pytest

from tests.desk.sample import ACCOUNTS, PASSWORD
from voicebot.store.words import DeskRole

GOOD = "一句好记的话就够了吧"


def test_logging_in_and_out_is_written_down(desk):
    client = desk.client()
    assert client.send("/desk/login", account="w1", password="不对不对不对不对").status_code == 422
    response = client.send("/desk/login", account="w1", password=PASSWORD, next="/desk/me")
    assert (response.status_code, response.headers["Location"]) == (303, "/desk/me")
    cookie = next(value for value in response.headers.getlist("Set-Cookie") if value.startswith("desk="))
    assert all(word in cookie for word in ("HttpOnly", "Path=/desk/", "SameSite=Lax"))
    assert "王一" in client.get("/desk/me").get_data(as_text=True)
    assert desk.audited("login.failed") == [("", "w1")]
    assert desk.audited("login.ok")[-1] == ("w1", "w1")


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/desk//evil.example", "/desk/\\evil", ""]
)
def test_logging_in_leads_nowhere_else(desk, target):
    response = desk.client().send("/desk/login", account="w2", password=PASSWORD, next=target)
    assert response.headers["Location"] == "/desk/"


def test_an_admin_makes_an_account_and_its_owner_chooses_the_password(desk):
    admin = desk.client("admin")
    shown = admin.send("/desk/accounts/new", account="w7", name="吴七", role="clerk", unit="rsj").get_data(as_text=True)
    link = re.search(r'value="http://[^/]+(/desk/welcome/[^"]+)"', shown)[1]
    newcomer = desk.client()
    assert newcomer.send(link, new=GOOD, again="别的一句话不一样的").status_code == 422
    assert newcomer.send(link, new=GOOD, again=GOOD).status_code == 303
    assert newcomer.get(link).status_code == 410
    assert newcomer.send("/desk/login", account="w7", password=GOOD).status_code == 303
    assert ("admin", "w7") in desk.audited("account.new")


def test_an_admin_sees_what_was_done_and_takes_it_out_as_a_table(desk):
    desk.record.audit("w1", "clerk", "case.view", "100024", "=1+1")
    admin = desk.client("admin")
    assert "100024" in admin.get("/desk/audit?about=100024&action=case.").get_data(as_text=True)
    assert "100024" not in admin.get("/desk/audit?who=w2").get_data(as_text=True)
    table = admin.get("/desk/audit/export.csv?about=100024")
    assert table.get_data(as_text=True).splitlines()[1].endswith("w1,clerk,case.view,100024,'=1+1")
    assert desk.audited("export.audit")[-1][0] == "admin"


def test_each_role_has_an_account():
    assert {role for _, _, role, _ in ACCOUNTS.values()} == set(DeskRole)
