"""The public page, for whoever cannot hear or speak: with forms and links alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cases.office import OFFICE
from tests.dialogue.conftest import FAQ, KNOWLEDGE, SCRIPT, TUNING
from tests.store.conftest import SECRET, Clock
from tests.twilio.world import FakeEars, FakeVoice, LostRecord
from voicebot.bot import Bot
from voicebot.cases.terms import terms_maker
from voicebot.config import settings_from
from voicebot.dialogue import Knowledge
from voicebot.dialogue.commands import OpenTicket, Reason, TicketKind
from voicebot.errors import StoreLost
from voicebot.events import EndReason, TransferOutcome
from voicebot.faq import Department, Entry, Faq
from voicebot.insight.weighing import Weighing
from voicebot.staffing.policy import PublicPolicy
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import Channel
from voicebot.web import create_app
from voicebot.web.public.forms import address_of

NUMBER = "13800000123"
TYPED = {"text": "补卡要带什么", "phone": NUMBER, "contact": "call"}


class Site:
    """The public page over a record in SQLite."""

    def __init__(self, folder, *, policy=None, knowledge=KNOWLEDGE, **env):
        database = Database(f"sqlite:///{folder / 'record.sqlite3'}")
        database.upgrade()
        office = replace(OFFICE, public=policy or PublicPolicy())
        self.clock = Clock()
        numbers, seal = NumberKey(SECRET), Seal(SECRET)
        self.record = Record(database, numbers, self.clock, seal=seal, terms=terms_maker(lambda: office))
        settings = settings_from(
            {"VOICEBOT_LINE_NUMBER": "+15005550001"} | env, data=folder, faq=folder, recordings=folder
        )
        self.bot = Bot(
            settings, TUNING, SCRIPT, lambda: knowledge, FakeEars([]), FakeVoice(), self.record,
            office=lambda: office, now=self.clock,
        )  # fmt: skip
        self.client = create_app(self.bot).test_client()

    def get(self, path, code=200):
        response = self.client.get(path)
        assert response.status_code == code
        return response.get_data(as_text=True)

    def leave(self, code=303, *, headers=None, token=None, **typed):
        token = self.token() if token is None else token
        response = self.client.post("/leave", data={**TYPED, "token": token, **typed}, headers=headers)
        assert response.status_code == code
        if code != 303:
            return response.get_data(as_text=True)
        return self.get(response.location)

    def token(self):
        return re.search(r'name="token" value="([^"]+)"', self.get("/leave"))[1]

    def check(self, number, phone, code=200, **more):
        response = self.client.post("/check", data={"number": number, "phone": phone}, **more)
        assert response.status_code == code
        return response.get_data(as_text=True)


@pytest.fixture
def make(tmp_path):
    return lambda **differs: Site(tmp_path, **differs)


@pytest.fixture
def site(make):
    return make()


# Reading


def test_every_question_can_be_reached_by_links_and_is_answered(site):
    home = site.get("/")
    departments = re.findall(r'href="(/d/[^"]+)"', home)
    questions = {link for page in departments for link in re.findall(r'href="(/q/[^"]+)"', site.get(page))}

    assert len(questions) == len(FAQ.entries)
    for entry in FAQ.entries:
        page = site.get(f"/q/{entry.id}")
        assert entry.question in page
        assert entry.answer in page


def test_the_number_is_shown_where_one_is_set(make):
    assert "+15005550001" in make().get("/")
    assert "打电话" not in re.sub(r"<footer>.*</footer>", "", make(VOICEBOT_LINE_NUMBER="").get("/"), flags=re.S)


def test_what_clerks_write_is_text_and_never_markup(make):
    department = Department("x", "<b>局</b>", "x", "局办公室", Path("x.md"))
    entry = Entry("x-1", "x", "<script>alert(1)</script>", (), "甲 & 乙", sms="<img src=x onerror=y>", basis="<i>")
    site = make(knowledge=Knowledge(Faq((department,), (entry,)), KNOWLEDGE.understand))

    for path in ("/", "/d/x", "/q/x-1", "/ask?q=<script>x</script>", "/leave?q=<script>x</script>&topic=x-1"):
        text = site.get(path)
        assert "<script" not in text
        assert "<b>" not in text
        assert "onerror=y>" not in text
    assert "甲 &amp; 乙" in site.get("/q/x-1")


def test_a_department_without_entries_is_left_out(make):
    department = Department("x", "空局", "x", "局办公室", Path("x.md"))
    assert "空局" not in make(knowledge=Knowledge(Faq((department,)), KNOWLEDGE.understand)).get("/")


@pytest.mark.parametrize("path", ["/d/none", "/q/none", "/none"])
def test_what_is_not_there(site, path):
    site.get(path, 404)


PATHS = ["/", "/d/rsj", "/q/rsj-001", "/ask?q=天气", "/leave", "/check", "/figures", "/robots.txt"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_needs_neither_a_script_nor_a_cookie_nor_another_site(site, path):
    response = site.client.get(path)
    text = response.get_data(as_text=True)

    assert "<script" not in text
    assert " style=" not in text
    assert "<style" not in text
    assert "http" not in text
    assert "Set-Cookie" not in response.headers
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


# Asking

ASKED = {
    "补卡": ("社保卡丢了怎么补办</h1>", "带身份证去网点补办。"),
    "卡的事": ("您是想问“社保卡丢了怎么补办”吗？", "/q/rsj-001"),
    "卡还是查": ("您想问哪一个？", "/q/rsj-003"),
    "天气": ("没有找到有把握的回答", "/leave?q="),
    "转人工": ("找工作人员", "/leave?q="),
    "着火了": ("tel:119", "先保证安全"),
    "我要投诉": ("您要投诉吗？", "/leave?kind=complaint"),
    "": ("请写下您的问题", 'href="#q"'),
}


@pytest.mark.parametrize(("text", "shown"), ASKED.items(), ids=ASKED)
def test_what_a_question_deserves(site, text, shown):
    page = site.get(f"/ask?q={text}")
    for part in shown:
        assert part in page


def test_the_answer_that_was_not_meant_is_not_offered_again(site):
    page = site.get("/ask?q=卡还是查&not=rsj-001")
    assert "没有找到有把握的回答" in page
    assert "/q/rsj-001" not in page
    assert "/q/rsj-003" in page


def test_danger_comes_before_everything_else_that_is_said(site):
    main = site.get("/ask?q=着火了").split("<main", 1)[1].split("<footer", 1)[0]
    assert main.index("tel:110") < main.index("/leave")
    assert "/q/" not in main


def test_only_what_got_no_answer_is_kept(site, tmp_path):
    for text in ASKED:
        site.get(f"/ask?q={text}")
    with site.record._database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT id, channel FROM calls").all()
    assert [channel for _, channel in rows] == ["web"]
    assert [turn.heard[0]["text"] for turn in site.record.turns_of(rows[0][0])] == ["天气"]


def test_questions_of_one_address_are_limited_and_those_of_others_are_not(make):
    site = make(policy=PublicPolicy(questions_per_minute=2))
    for _ in range(2):
        site.get("/ask?q=补卡")
    assert "过一分钟" in site.get("/ask?q=补卡", 429)
    assert site.client.get("/ask?q=补卡", environ_overrides={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    site.clock.pass_(minutes=1)
    site.get("/ask?q=补卡")


# Leaving a request


def test_a_request_is_stored_before_its_number_is_shown(site):
    page = site.leave()
    [ticket] = site.record.open_tickets()

    assert f"工单号 {ticket.number}" in page
    assert "3月3日（星期二）上午10:00" in page, "two working hours from Monday, 17:00"
    assert "非工作时间" not in page
    assert "社保局" not in page, "nothing said what it is about"
    assert site.record.call(ticket.call_id).channel is Channel.WEB


def test_a_request_while_the_office_is_shut(site):
    site.clock.pass_(hours=4)
    assert "现在是非工作时间" in site.leave()


def test_a_complaint_goes_over_the_heads_of_those_complained_of(site):
    assert 'name="kind" value="complaint"' in site.get("/leave?kind=complaint")
    page = site.leave(kind="complaint", department="rsj")
    [ticket] = site.record.open_tickets()
    assert (ticket.kind, ticket.unit, ticket.owner) == (TicketKind.COMPLAINT, "zfb", None)
    assert "投诉已经登记" in page
    assert "zfb" in page


def test_danger_is_stored_and_told_where_help_is_first(site):
    page = site.leave(text="着火了")
    assert page.index("tel:119") < page.index("工单号")
    assert site.record.open_tickets()[0].kind is TicketKind.EMERGENCY
    again = site.leave(422, text="着火了", phone="")
    assert again.index("tel:119") < again.index("还没有提交"), "also before a form is right"


def test_a_form_sent_twice_is_one_request(site):
    token = site.token()
    assert site.leave(token=token) == site.leave(token=token)
    assert len(site.record.open_tickets()) == 1


def test_the_form_can_lie_open_for_hours_but_not_for_ever(site, monkeypatch):
    token = site.token()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: __import__("time").time_ns() / 1e9 + 25 * 3600)
    page = site.leave(422, token=token)
    assert "放得太久" in page
    assert "补卡要带什么" in page


WRONG = {
    "nothing": ({"text": " "}, 'href="#text"'),
    "too much": ({"text": "长" * 501}, "500 个字以内"),
    "no number": ({"phone": ""}, 'href="#phone"'),
    "half a number": ({"phone": "1380000"}, "电话号码看不懂"),
    "a landline without its area": ({"phone": "12345678"}, "请带区号"),
    "a landline for texts": ({"phone": "010-12345678", "contact": "text"}, "座机收不到短信"),
    "the hidden field": ({"website": "x"}, "替您清空"),
    "a forged token": ({"token": "x.y.z"}, "请再按一次“提交”"),
}


@pytest.mark.parametrize(("typed", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_and_nothing_is_lost(site, typed, told):
    page = site.leave(422, **typed)
    assert told in page
    assert 'role="alert"' in page
    assert "<title>没有提交" in page
    assert typed.get("text", "补卡要带什么").strip() in page
    assert site.record.open_tickets() == []
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    site.leave(token=token)  # mended, it goes through


RIGHT = [
    "13800000123",
    "138 0000 0123",
    "+86 138-0000-0123",
    "１３８０００００１２３",
    "010-12345678",
    "(0571) 87654321",
    "+15005550123",
]


@pytest.mark.parametrize("phone", RIGHT)
def test_numbers_however_they_are_written(site, phone):
    site.leave(phone=phone)


FROM = {
    "this page": ({"Sec-Fetch-Site": "same-origin"}, 303),
    "an old browser, this page": ({"Origin": "http://localhost"}, 303),
    "an old browser that says nothing": ({}, 303),
    "another site": ({"Sec-Fetch-Site": "cross-site"}, 422),
    "a sister site": ({"Sec-Fetch-Site": "same-site"}, 422),
    "an old browser, another site": ({"Origin": "http://evil.example"}, 422),
    "an old browser, hidden": ({"Origin": "null"}, 422),
}


@pytest.mark.parametrize(("headers", "code"), FROM.values(), ids=FROM)
def test_forms_are_taken_from_our_own_pages(site, headers, code):
    site.leave(code, headers=headers)
    assert len(site.record.open_tickets()) == (code == 303)


LIMITED = {
    "address": (PublicPolicy(requests_per_hour=1), "网络地址"),
    "number": (PublicPolicy(requests_per_number=1), "这个电话号码今天已经登记过"),
    "all": (PublicPolicy(all_requests_per_hour=1), "登记的人太多"),
}


@pytest.mark.parametrize(("policy", "told"), LIMITED.values(), ids=LIMITED)
def test_a_limit_is_told_honestly(make, policy, told):
    site = make(policy=policy)
    site.leave()
    page = site.leave(429)
    assert told in page
    assert "没有登记成功" in page
    assert "+15005550001" in page
    assert "补卡要带什么" in page


def test_a_record_that_is_lost_promises_nothing(site, monkeypatch):
    token = site.token()

    def lost(*given, **more):
        raise StoreLost("store-lost", "gone")

    monkeypatch.setattr(site.record, "call_started", lost)
    page = site.leave(503, token=token)
    assert "没有存下来" in page
    assert "补卡要带什么" in page
    assert 'class="ticket"' not in page


def test_reading_and_asking_need_no_record(site, monkeypatch):
    monkeypatch.setattr(site.record, "take", LostRecord().ping)
    for path in ("/", "/d/rsj", "/q/rsj-001", "/ask?q=补卡"):
        site.get(path)


def test_a_receipt_of_somebody_elses_is_none(site):
    assert urlsplit(site.client.get("/left?receipt=x").location).path == "/check"


# Looking up


def test_a_ticket_is_shown_to_who_knows_both(site):
    site.leave(name="王女士", department="rsj")
    [ticket] = site.record.open_tickets()
    for phone in ("0123", NUMBER):
        page = site.check(f" {ticket.number[:3]} {ticket.number[3:]}", phone)
        assert "已经有专人负责" in page
        assert "3月3日（星期二）上午10:00" in page
        assert "社保局" in page
        for personal in ("王女士", "补卡", NUMBER, "0123", "王一"):
            assert personal not in page
    site.clock.pass_(days=3)
    assert "已经超过答应您的时间" in site.check(ticket.number, "0123")


def test_which_half_is_wrong_is_not_told(site):
    site.leave()
    [ticket] = site.record.open_tickets()
    pages = [site.check(number, last4, 404) for number, last4 in ((ticket.number, "9999"), ("100024", "0123"))]
    assert pages[0].replace(ticket.number, "") == pages[1].replace("100024", "")


UNREADABLE = {("", ""): "请填写工单号", ("100018", "0123"): "可能抄错了一位", ("100017", "12"): "后四位"}


@pytest.mark.parametrize(("typed", "told"), UNREADABLE.items())
def test_what_cannot_be_looked_up_is_told_before_it_counts(site, typed, told):
    assert told in site.check(*typed, 422)


def test_guessing_ends(make):
    site = make(policy=PublicPolicy(checks_failed_per_ticket=2))
    site.leave()
    [ticket] = site.record.open_tickets()
    for guess in ("0000", "0001"):
        site.check(ticket.number, guess, 404)
    page = site.check(ticket.number, "0123", 429)
    assert "保护登记人" in page
    assert "办理" not in page.split('role="alert"')[0]


def test_looking_up_is_done_on_our_own_pages(site):
    site.check("100017", "0123", 422, headers={"Sec-Fetch-Site": "cross-site"})


# Where requests come from

PEERS = {
    "directly": ("1.2.3.4", None, "1.2.3.4"),
    "directly, lying": ("1.2.3.4", "198.51.100.1", "1.2.3.4"),
    "through a proxy here": ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
    "through a proxy here, lying": ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
    "through a proxy nearby": ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
    "through a proxy that says nothing": ("127.0.0.1", "unknown", "127.0.0.1"),
    "through a proxy nearby that says nothing": ("10.0.0.2", None, "10.0.0.2"),
    "one customer": ("2001:db9:1:2:3:4:5:6", None, "2001:db9:1:2::/64"),
}


@pytest.mark.parametrize(("peer", "forwarded", "address"), PEERS.values(), ids=PEERS)
def test_whose_address_counts(site, peer, forwarded, address):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with site.client.application.test_request_context(
        "/", environ_overrides={"REMOTE_ADDR": peer}, headers=headers
    ) as c:
        assert address_of(c.request) == address


# Figures


def test_without_figures_none_are_made_up(site):
    assert "暂无数据" in site.get("/figures")


def test_what_was_counted_is_published_with_how(site):
    """One caller in February reached a person, one did not."""
    site.clock.time = datetime(2026, 2, 10, 2, 0, tzinfo=UTC)
    for call, outcome in (("CA1", TransferOutcome.ACCEPTED), ("CA2", TransferOutcome.NO_ANSWER)):
        site.record.call_started(call, "+15005550123")
        site.record.for_call(call).commit(OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人按零"))
        site.record.attempt_started(call, "desk")
        site.record.attempt_ended(call, outcome)
        site.record.call_ended(call, EndReason.CALLER_HUNG_UP)
    site.clock.time = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    Weighing(site.record.database, site.bot.office, site.clock).run()

    page = site.get("/figures")
    assert "2026年2月" in page
    assert re.search(r"人工接通率</th><td class=\"value\">50.0%", page)
    assert "与工作人员通上话的来电 ÷ 要人工的来电" in page
    assert "暂无数据" in page, "nobody has rated a call"
