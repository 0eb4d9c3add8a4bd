"""What callers wanted in writing: kept once, in the transaction that is told of, with their number sealed."""

import pytest

from tests.store.conftest import SECRET
from voicebot.cases.delivery import SmsDelivery, SmsPolicy
from voicebot.cases.texts import load_texts, words_of
from voicebot.dialogue.commands import OpenTicket, Reason, SendText, TicketKind
from voicebot.faq import Entry
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.store.words import Kind

NUMBER, MAINLAND = "+15005550009", "+8613800000000"
ENTRY = Entry("rsj-001", "rsj", "问题", (), "答案", sms="带身份证，去市民中心三楼。")
TICKET = OpenTicket(TicketKind.CALL, Reason.KEY, "rsj", None, "来电人按零")


class Phone:
    def __init__(self):
        self.sent = []

    def send(self, to, text, key):
        self.sent.append((to, text))


@pytest.fixture
def phone():
    return Phone()


@pytest.fixture
def policy(phone):
    return SmsPolicy(phone, cn=False)


@pytest.fixture
def sealed(database, clock, policy):
    """A record that can send."""
    return Record(database, NumberKey(SECRET), clock, pause=clock.pass_, seal=Seal(SECRET), textable=policy.may_write)


@pytest.fixture
def deliver(sealed, policy):
    def words(body):
        return words_of(body, {"rsj-001": ENTRY}.get, load_texts())

    return SmsDelivery(sealed, Seal(SECRET), policy, words).run


def test_the_long_answer_is_sent_once(sealed, deliver, phone, sql):
    sealed.call_started("CA1", NUMBER)
    for _ in range(2):
        sealed.for_call("CA1").commit(SendText("rsj-001"))

    assert NUMBER not in str(sql("SELECT body FROM outbox"))
    assert [deliver(), deliver()] == [1, 0]
    ((to, text),) = phone.sent
    assert (to, text.splitlines()[0]) == (NUMBER, ENTRY.sms)


def test_the_promise_names_the_ticket_and_the_time(sealed, deliver, phone):
    sealed.call_started("CA1", NUMBER)
    log = sealed.for_call("CA1")
    promise = log.commit(TICKET)
    log.commit(SendText(None))

    assert deliver() == 1
    assert promise.number in phone.sent[0][1]


def test_an_entry_that_is_gone_is_given_up(sealed, deliver, phone):
    sealed.call_started("CA1", NUMBER)
    sealed.for_call("CA1").commit(SendText("rsj-999"))

    assert (deliver(), phone.sent) == (0, [])
    assert len(sealed.given_up()) == 1


@pytest.mark.parametrize(("number", "entry"), [("", "rsj-001"), (NUMBER, None)], ids=["withheld", "no ticket"])
def test_nothing_to_send(sealed, deliver, number, entry):
    sealed.call_started("CA1", number)
    sealed.for_call("CA1").commit(SendText(entry))

    assert sealed.outbox_waiting() == 0


@pytest.mark.parametrize(
    ("number", "stopped", "textable"),
    [(NUMBER, False, True), (NUMBER, True, False), (MAINLAND, False, False), ("", False, False)],
    ids=["reachable", "stopped", "mainland, switched off", "withheld"],
)
def test_who_is_offered_it(sealed, number, stopped, textable):
    if stopped:
        sealed.call_started("SM1", number)
        sealed.save_sms_thread(sealed.texter("SM1"), {"stopped": True})
    sealed.call_started("CA1", number)

    assert sealed.caller("CA1").textable is textable


def test_a_record_without_text_messages_offers_none(record):
    record.call_started("CA1", NUMBER)

    assert record.caller("CA1").textable is False


def test_ready_words_still_go_out(sealed, deliver, phone):
    body = {"to": Seal(SECRET).close(NUMBER), "text": "已登记", "sms_ok": True}
    sealed.post(Kind.SMS, "sms:1", body)

    assert deliver() == 1
    assert phone.sent == [(NUMBER, "已登记")]
