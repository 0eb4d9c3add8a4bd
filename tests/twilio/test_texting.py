"""Text messages through the signed webhook: answers, questions, tickets, and who wants none."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.dialogue.conftest import FAQ, KNOWLEDGE
from tests.twilio.asking import ACCOUNT, CALLER, LINE, PUBLIC, TOKEN
from tests.twilio.signing import sign
from tests.twilio.world import LostRecord
from voicebot.cases.texts import load_texts
from voicebot.dialogue.commands import Decision, TicketKind
from voicebot.store.texting import THREAD_LIFE
from voicebot.store.words import CallOutcome, Channel

TEXTS = load_texts()
CHINESE = "+8613800000000"
_ids = (f"SM{n:032}" for n in itertools.count())


@pytest.fixture
def write(twilio):
    """Send a text; what came back, None for nothing."""
    return writing(twilio)


def writing(twilio):
    def write(body, *, number=CALLER, message=None, signed=TOKEN, **fields):
        message = next(_ids) if message is None else message
        fields = {"AccountSid": ACCOUNT, "MessageSid": message, "From": number, "To": LINE, "Body": body} | fields
        signature = sign(signed, f"{PUBLIC}/twilio/sms", fields.items())
        response = twilio.client.post("/twilio/sms", data=fields, headers={"X-Twilio-Signature": signature})
        if response.status_code != 200:
            return response.status_code
        root = ET.fromstring(response.get_data())
        assert root.tag == "Response"
        assert [verb.tag for verb in root] in ([], ["Message"])
        return root[0].text if len(root) else None

    return write


def ticket(record, kind=TicketKind.CALL):
    """The one ticket there is."""
    [found] = record.open_tickets()
    assert found.kind is kind
    return found


def test_a_question_is_answered(write, record):
    assert write("补卡", message="SM1") == "带身份证去网点补办。\n" + TEXTS.say("after_answer")
    call = record.call("SM1")
    assert (call.channel, call.outcome, call.topic) == (Channel.SMS, CallOutcome.ANSWERED, "rsj-001")
    assert call.caller_last4 == CALLER[-4:]
    assert call.ended_at is not None
    assert "带身份证去网点补办。" in record.turns_of("SM1")[0].said
    assert [turn.decision for turn in record.turns_of("SM1")] == [Decision.ANSWERED]
    assert record.open_tickets() == []


def test_the_long_answer_is_for_text(make_twilio):
    long = dataclasses.replace(FAQ.entries[0], sms="材料：" + "身份证" * 600)
    known = dataclasses.replace(KNOWLEDGE, faq=dataclasses.replace(FAQ, entries=(long, *FAQ.entries[1:]), _by_id={}))
    answer = writing(make_twilio(knowledge=known))("补卡")
    assert answer.startswith("材料：身份证身份证")
    assert len(answer) == 1600
    assert answer.endswith(TEXTS.say("cut") + "\n" + TEXTS.say("after_answer"))


CONFIRMED = {"1": True, "１": True, "是": True, "是的": True, "2": False, "不是": False, "补卡": True}


@pytest.mark.parametrize(("reply", "answered"), CONFIRMED.items(), ids=CONFIRMED)
def test_a_question_we_are_not_sure_of_is_confirmed(write, reply, answered):
    assert write("卡的事") == TEXTS.say("confirm", question="社保卡丢了怎么补办")
    said = write(reply)
    assert said.startswith("带身份证") if answered else said == TEXTS.say("unsure")


@pytest.mark.parametrize("no", ["2", "不是"])
def test_who_says_no_is_asked_about_what_is_likeliest_then(write, no):
    write("卡要么失业")
    assert write(no) == TEXTS.say("confirm", question="怎么领失业金")
    assert write("是").startswith("网上申领")


@pytest.mark.parametrize(
    ("text", "begins"),
    {
        "不是我想问失业": "网上申领",
        "不是我想问查一下": "您是想问“怎么查社保”",
        "不对我要补卡": TEXTS.say("unsure"),
    }.items(),
)
def test_a_no_may_go_on_with_the_question(write, text, begins):
    write("卡的事")
    assert write(text).startswith(begins)


def test_the_first_words_again_are_no_yes_to_what_we_asked_instead(write, record):
    for text in ("卡要么失业", "不是"):
        write(text)
    said = write("卡要么失业")
    assert ticket(record).number in said


def test_what_the_writer_said_no_to_is_not_asked_again(write, record):
    write("卡的事")
    assert write("不是") == TEXTS.say("unsure")
    said = write("卡的事")
    assert ticket(record).number in said


CHOSEN = {"1": "带身份证", "2": "手机上查", "第二个": "手机上查", "都不是": TEXTS.say("unsure")}


@pytest.mark.parametrize(("reply", "begins"), CHOSEN.items(), ids=CHOSEN)
def test_between_two_the_writer_chooses(write, reply, begins):
    assert write("卡还是查") == TEXTS.say("choose", first="社保卡丢了怎么补办", second="怎么查社保")
    assert write(reply).startswith(begins)


OF_THREE = {"3": "网上申领", "第三个": "网上申领", "丢了的": "带身份证", "社保": TEXTS.say("unsure")}


@pytest.mark.parametrize(("reply", "begins"), OF_THREE.items(), ids=OF_THREE)
def test_among_three_the_writer_chooses(write, reply, begins):
    titles = {"first": "怎么查社保", "second": "社保卡丢了怎么补办", "third": "怎么领失业金"}
    assert write("社保") == TEXTS.say("choose_three", **titles)
    assert write(reply).startswith(begins)


def test_what_we_asked_is_forgotten_after_a_day(write, clock):
    write("卡的事")
    clock.pass_(THREAD_LIFE.total_seconds() + 1)
    assert write("1") == TEXTS.say("nothing_to_repeat")


def test_what_we_asked_one_is_not_answered_by_another(write):
    write("卡的事")
    assert write("1", number="+15005550008") == TEXTS.say("nothing_to_repeat")


def test_who_is_not_understood_hears_how_to_reach_a_person_and_then_has_a_ticket(write, record):
    assert write("天气") == TEXTS.say("unsure")
    assert record.open_tickets() == []
    said = write("天气")
    assert ticket(record).number in said
    assert "天气" in ticket(record).summary


@pytest.mark.parametrize("body", ["转人工", "0", "请给我回电"])
def test_a_person_is_a_ticket(write, record, body):
    said = write(body)
    assert f"工单号{ticket(record).number}" in said


def test_a_complaint_is_its_own_ticket(write, record):
    write("补卡")
    said = write("我要投诉")
    complaint = ticket(record, TicketKind.COMPLAINT)
    assert complaint.department == "rsj"
    assert complaint.number in said
    assert "上级" in said


def test_danger_is_told_where_help_is_before_anything_else(write, record):
    said = write("着火了")
    assert said.startswith(TEXTS.say("emergency"))
    assert all(number in said for number in ("110", "119", "120", "122"))
    assert ticket(record, TicketKind.EMERGENCY).number in said


def test_the_third_request_for_one_answer_goes_to_a_person(write, record):
    assert [write("补卡")[:4] for _ in range(2)] == ["带身份证"] * 2
    assert record.open_tickets() == []
    said = write("补卡")
    assert ticket(record).number in said


def test_a_text_that_comes_twice_is_one_text(write, record, database_rows):
    first = write("转人工", message="SM1")
    assert write("转人工", message="SM1") == first
    assert len(record.open_tickets()) == 1
    assert database_rows("calls") == 1


def test_a_text_whose_answer_was_lost_is_answered_the_same(write, record, sql_delete_receipts):
    """The process died after it had remembered and before it had answered."""
    write("卡的事")
    first = write("1", message="SM2")
    sql_delete_receipts()
    assert write("1", message="SM2") == first
    assert len(record.turns_of("SM2")) == 1


@pytest.fixture
def sql_delete_receipts(record, clock):
    def run():
        clock.pass_(1)
        record.tidy(clock() + timedelta(seconds=1))

    return run


@pytest.mark.parametrize("word", ["退订", " 退订。", "TD", "stop"])
def test_who_wants_no_texts_gets_none(write, record, word):
    said = write(word)
    assert said == (None if word.isascii() else TEXTS.say("stopped"))
    assert record.sms_stopped(CALLER)
    assert write("补卡") is None
    assert ticket(record).topic == "rsj-001"  # nobody may write it: somebody has to call
    assert write("恢复") == TEXTS.say("resumed")
    assert write("补卡").startswith("带身份证")


def test_twilios_own_opt_out_is_followed(write, record):
    assert write("whatever", OptOutType="STOP") is None
    assert record.sms_stopped(CALLER)
    assert write("whatever", OptOutType="START") is None
    assert not record.sms_stopped(CALLER)


def test_mainland_numbers_get_a_ticket_instead_of_a_text(make_twilio, record):
    write = writing(make_twilio())
    assert write("补卡", number=CHINESE) is None
    assert "补卡" in ticket(record).summary
    allowed = writing(make_twilio(VOICEBOT_SMS_CN="on"))
    assert allowed("补卡", number=CHINESE).startswith("带身份证")


@pytest.mark.parametrize("body", ["", " ", "！！！"])
def test_a_text_without_words(write, body):
    assert write(body) == TEXTS.say("empty")


def test_little_words(write):
    assert write("谢谢") == TEXTS.say("thanks")
    assert write("再说一遍") == TEXTS.say("nothing_to_repeat")
    said = write("补卡")
    assert write("再说一遍") == said


def test_characters_that_xml_cannot_hold_reach_nobody(make_twilio):
    broken = dataclasses.replace(FAQ.entries[0], sms="材料\x00\x0b")
    known = dataclasses.replace(KNOWLEDGE, faq=dataclasses.replace(FAQ, entries=(broken, *FAQ.entries[1:]), _by_id={}))
    assert writing(make_twilio(knowledge=known))("补卡").startswith("材料\n")


def test_without_the_record_nothing_is_promised(make_twilio):
    write = writing(make_twilio(record=LostRecord()))
    assert write("转人工") == TEXTS.say("fault")
    assert write("着火了").startswith(TEXTS.say("emergency"))
    assert write("转人工", number=CHINESE) is None


def test_a_text_without_an_id_is_answered_with_nothing(write, record):
    assert write("转人工", message="") is None
    assert record.open_tickets() == []


def test_a_stranger_is_not_answered(write, record):
    assert write("转人工", message="SM1", signed="another token") == 403
    assert record.call("SM1") is None
