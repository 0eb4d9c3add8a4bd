"""The public page, for whoever cannot hear or speak."""

from pathlib import Path

from tests.dialogue.conftest import KNOWLEDGE
from voicebot.dialogue import Knowledge
from voicebot.faq import Department, Entry, Faq


def page(client):
    response = client.get("/")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_every_question_and_answer_is_there(make_client):
    text = page(make_client())

    for entry in KNOWLEDGE.faq.entries:
        assert entry.question in text
        assert entry.answer in text
    assert "社保局" in text


def test_the_number_is_shown_where_one_is_set(make_client):
    assert "+15005550001" in page(make_client(VOICEBOT_LINE_NUMBER="+15005550001"))
    assert "电话：" not in page(make_client())


def test_what_clerks_write_is_text_and_never_markup(make_client):
    department = Department("x", "<b>局</b>", "x", "局办公室", Path("x.md"))
    entry = Entry("x-1", "x", "<script>alert(1)</script>", (), "甲 & 乙", sms="<img src=x>")
    text = page(make_client(knowledge=Knowledge(Faq((department,), (entry,)), KNOWLEDGE.understand)))

    assert "<script" not in text
    assert "<img" not in text
    assert "<b>" not in text
    assert "甲 &amp; 乙" in text


def test_a_department_without_entries_is_left_out(make_client):
    department = Department("x", "空局", "x", "局办公室", Path("x.md"))

    assert "空局" not in page(make_client(knowledge=Knowledge(Faq((department,)), KNOWLEDGE.understand)))


def test_the_page_needs_neither_a_script_nor_another_site(make_client):
    text = page(make_client())

    assert "<script" not in text
    assert "http" not in text
    assert 'lang="zh-CN"' in text
