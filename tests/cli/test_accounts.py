"""Accounts from the command line: the way in for an admin who has forgotten the password."""

import json

from voicebot import wiring
from voicebot.staffing.accounts import Accounts
from voicebot.store.words import DeskRole

GOOD = "一句好记的话就够了吧"


def test_an_admin_gets_in_again(run):
    assert run("accounts", "list") == (0, "还没有账号：voicebot serve 启动时会印出建立第一个管理员的链接。\n")
    settings = {"VOICEBOT_DATA": str(run.data), "VOICEBOT_SECRET": "a secret for tests only"}
    accounts = Accounts(wiring.open_record(wiring.settings(settings)))
    accounts.create("a1", name="管理员", role=DeskRole.ADMIN, unit=None)
    assert run("accounts", "list") == (0, "a1  管理员  管理员  全办\n")
    code, told = run("accounts", "link", "a1", "--base", "https://desk.example/", "--json")
    link = json.loads(told)["link"]
    assert (code, link.startswith("https://desk.example/desk/welcome/")) == (0, True)
    accounts.accept(link.rpartition("/")[2], GOOD)
    accounts.log_in("a1", GOOD)
    assert [(line.action, line.about) for line in accounts.record.audit_lines()] == [("account.invite", "a1")]


def test_who_is_not_there_gets_no_link(run):
    code, told = run("accounts", "link", "nobody")
    assert (code, "没有工号 nobody" in told) == (1, True)
