"""The outbox emptied: whatever fails is tried again, by itself, and nothing is done for nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.conftest import SECRET
from tests.store.test_calls import TICKET
from voicebot.cases.delivery import DEAF_FOR, MOST_DEATHS, MessageDelivery, SmsDelivery, SmsPolicy, reachable
from voicebot.errors import OperatorError, RemoteError, SpeechLost
from voicebot.events import TransferOutcome
from voicebot.store.outbox import LEASE, MOST_TRIES
from voicebot.store.seal import Seal
from voicebot.store.words import Kind

TO = "+15005550009"
CHINESE = "+8613800000000"
URL = "https://api.example.invalid/Recordings/RE0"
AN_HOUR = 3600


class Phone:
    """Sends, or raises what it is told to first."""

    def __init__(self, *fails):
        self.fails = list(fails)
        self.sent = []

    def send(self, to, text, key):
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((to, text))


@pytest.fixture
def sms(record):
    words = lambda body: body.get("text", "")  # noqa: E731
    return lambda phone, cn=False: SmsDelivery(record, Seal(SECRET), SmsPolicy(phone, cn=cn), words)


@pytest.fixture
def want(record):
    """What a caller agreed to, in the outbox."""

    def order(key, to, text, *, sms_ok=True):
        return record.post(Kind.SMS, key, {"to": Seal(SECRET).close(to), "text": text, "sms_ok": sms_ok})

    return order


def test_a_text_is_sent_once(sms, want, sql):
    phone = Phone()
    delivery = sms(phone)
    assert [want("sms:1", TO, "已登记"), want("sms:1", TO, "已登记")] == [True, False]
    assert TO not in str(sql("SELECT body FROM outbox"))  # sealed while it waits
    assert [delivery.run(), delivery.run()] == [1, 0]
    assert phone.sent == [(TO, "已登记")]


REFUSED = {
    "who did not agree": {"sms_ok": False},
    "a number that cannot be reached": {"to": CHINESE},
    "a withheld number": {"to": ""},
    "an extension": {"to": "8001"},
    "when it is switched off": {"phone": None},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_nobody_is_written_to_unasked(sms, want, record, change):
    case = {"sms_ok": True, "to": TO, "phone": Phone()} | change
    want("sms:1", case["to"], "已登记", sms_ok=case["sms_ok"])
    assert sms(case["phone"]).run() == 0
    assert (case["phone"].sent if case["phone"] else []) == []
    assert len(record.given_up()) == 1


def test_mainland_numbers_only_when_switched_on(sms, want):
    phone = Phone()
    want("sms:1", CHINESE, "已登记")
    want("sms:2", TO, "已登记")
    assert sms(phone).run() == 1
    want("sms:3", CHINESE, "已登记")
    assert sms(phone, cn=True).run() == 1
    assert [to for to, _ in phone.sent] == [TO, CHINESE]
    assert [reachable(number, cn=cn) for number in (CHINESE, TO) for cn in (False, True)] == [False, True, True, True]


def test_what_was_enqueued_without_consent_is_not_sent(sms, record):
    phone = Phone()
    record.post(Kind.SMS, "sms:1", {"to": Seal(SECRET).close(TO), "text": "已登记"})
    sms(phone).run()
    assert phone.sent == []
    assert len(record.given_up()) == 1


def test_who_said_stop_meanwhile_gets_nothing(sms, want, record):
    phone = Phone()
    delivery = sms(phone)
    want("sms:1", TO, "已登记")
    record.call_started("SM1", TO)
    record.save_sms_thread(record.texter("SM1"), {"stopped": True})
    assert delivery.run() == 0
    assert (phone.sent, record.outbox_waiting(), record.given_up()) == ([], 0, [])


def test_a_provider_in_trouble_is_asked_again(sms, want, clock):
    phone = Phone(OperatorError("busy", "busy"), OperatorError("busy", "busy"))
    delivery = sms(phone)
    want("sms:1", TO, "已登记")
    sent = []
    for _ in range(5):
        sent.append(delivery.run())
        clock.pass_(AN_HOUR)
    assert sent == [0, 0, 1, 0, 0]


def test_a_number_that_is_none_is_given_up_at_once(sms, want, record):
    delivery = sms(Phone(RemoteError("sms-refused", "no such number")))
    want("sms:1", TO, "已登记")
    delivery.run()
    assert [row.error for row in record.given_up()] == ["no such number"]


def test_one_bad_text_does_not_hold_up_the_others(sms, want):
    phone = Phone(RemoteError("sms-refused", "no such number"))
    delivery = sms(phone)
    for n in range(3):
        want(f"sms:{n}", TO, str(n))
    assert delivery.run() == 2


# Messages


class Mailbox:
    """Keeps one recording; `fetch` and `delete` raise what they are told to first."""

    def __init__(self, folder, *, fetch=(), delete=()):
        self._file = folder / "RE0.wav"
        self._fetch, self._delete = list(fetch), list(delete)
        self.fetched = self.deleted = 0

    def fetch(self, url):
        if self._fetch:
            raise self._fetch.pop(0)
        self.fetched += 1
        self._file.write_bytes(b"RIFF")
        return self._file

    def delete(self, url):
        if self._delete:
            raise self._delete.pop(0)
        self.deleted += 1


class Scribe:
    """Reads a file, or raises what it is told to first."""

    def __init__(self, *fails):
        self.fails = list(fails)
        self.heard = []

    def __call__(self, file):
        self.heard.append(file.name)
        if self.fails:
            raise self.fails.pop(0)
        return "社保卡丢了"


@pytest.fixture
def message(record):
    """A message on a ticket, ready at the provider."""
    record.open_ticket("CA1", TICKET)
    record.message_taken("CA1", URL, 7.5)
    record.recording_ready("CA1", URL)
    return lambda: record.message("CA1", URL)


def runs(delivery, clock, most=10, pause=AN_HOUR):
    """Runs until a message is finished: how many it took."""
    for n in range(1, most + 1):
        if delivery.run():
            return n
        clock.pass_(pause)
    return None


def test_a_message_comes_home(record, message, clock, tmp_path):
    mailbox, scribe = Mailbox(tmp_path), Scribe()
    assert MessageDelivery(record, mailbox, scribe, clock).run() == 1
    kept = message()
    assert (kept.file, kept.text) == (str(tmp_path / "RE0.wav"), "社保卡丢了")
    assert kept.fetched_at == kept.deleted_at == clock.time
    assert kept.ticket_id == record.tickets_of("CA1")[0].id
    clock.pass_(AN_HOUR)
    assert MessageDelivery(record, mailbox, scribe, clock).run() == 0
    assert (mailbox.fetched, mailbox.deleted, scribe.heard) == (1, 1, ["RE0.wav"])


BUSY = OperatorError("busy", "busy")
DEAF = SpeechLost("speech-lost", "nobody listens")
DIED = SpeechLost("speech-died", "somebody did")
TROUBLES = {
    "not there yet": ({"fetch": [BUSY, BUSY]}, [], 3),
    "not deleted": ({"delete": [BUSY, BUSY]}, [], 3),
    "nobody listens": ({}, [DEAF, DEAF, DEAF], 4),
    "one recogniser dies": ({}, [DIED], 2),
    "everything": ({"fetch": [BUSY], "delete": [BUSY, BUSY]}, [DEAF, DIED], 4),
}


@pytest.mark.parametrize(("mailbox", "scribe", "needed"), TROUBLES.values(), ids=TROUBLES)
def test_each_step_is_tried_again_by_itself(record, message, clock, tmp_path, mailbox, scribe, needed):
    mailbox, scribe = Mailbox(tmp_path, **mailbox), Scribe(*scribe)
    assert runs(MessageDelivery(record, mailbox, scribe, clock), clock) == needed
    assert (mailbox.fetched, mailbox.deleted) == (1, 1)
    assert message().text == "社保卡丢了"
    assert record.outbox_waiting() == 0


def test_waiting_for_a_recogniser_is_never_given_up(record, message, clock, tmp_path):
    tries = MOST_TRIES[Kind.FETCH] + 5
    delivery = MessageDelivery(record, Mailbox(tmp_path), Scribe(*[DEAF] * tries), clock)
    assert runs(delivery, clock, most=tries + 1, pause=DEAF_FOR.total_seconds()) == tries + 1
    assert message().deleted_at is not None


def test_a_message_that_ends_recognisers_is_left_to_human_ears(record, message, clock, tmp_path):
    scribe = Scribe(*[DIED] * 10)
    assert runs(MessageDelivery(record, Mailbox(tmp_path), scribe, clock), clock) is None
    assert len(scribe.heard) == MOST_DEATHS
    assert [row.error for row in record.given_up()] == ["somebody did"]
    assert (message().text, message().deleted_at is not None) == (None, True)


def test_a_file_that_is_no_sound_is_kept_and_not_read_again(record, message, clock, tmp_path):
    scribe = Scribe(*[OperatorError("audio-unreadable", "no sound")] * 10)
    assert runs(MessageDelivery(record, Mailbox(tmp_path), scribe, clock), clock) is None
    assert len(scribe.heard) == 1


def test_what_is_elsewhere_is_given_up(record, message, clock, tmp_path):
    delivery = MessageDelivery(record, Mailbox(tmp_path, fetch=[RemoteError("elsewhere", "no")] * 9), Scribe(), clock)
    assert runs(delivery, clock) is None
    assert [row.error for row in record.given_up()] == ["no"]


LOST = {
    "elsewhere": (Mailbox, {"fetch": [RemoteError("elsewhere", "no")]}, 1),
    "never there": (Mailbox, {"fetch": [BUSY] * 99}, MOST_TRIES[Kind.FETCH]),
    "its worker dies": (None, {}, MOST_TRIES[Kind.FETCH]),
}


@pytest.mark.parametrize(("mailbox", "fails", "tries"), LOST.values(), ids=LOST)
def test_a_message_that_is_given_up_is_told_to_who_owns_the_ticket(
    record, message, clock, tmp_path, mailbox, fails, tries
):
    delivery = mailbox and MessageDelivery(record, mailbox(tmp_path, **fails), Scribe(), clock)
    for _ in range(tries):
        assert record.notices() == []
        delivery.run() if delivery else record.claim({Kind.FETCH})
        clock.pass_(AN_HOUR)
    record.claim({Kind.FETCH})  # who finds that its worker has died
    (ticket,) = record.tickets_of("CA1")

    assert [(n.level, n.unit, n.ticket_id) for n in record.notices()] == [("undelivered", "rsj", ticket.id)]
    assert "留言" in record.history_of(ticket.id)[-1].why
    (row,) = record.given_up()
    assert record.tickets_of_outbox([row])[row.id].id == ticket.id
    assert record.try_again(row.id)
    assert MessageDelivery(record, Mailbox(tmp_path), Scribe(), clock).run() == 1
    assert (message().text, record.given_up()) == ("社保卡丢了", [])


@pytest.mark.parametrize("before", ["nobody tried", "it was given up"])
def test_what_was_forgotten_before_it_was_fetched_is_deleted_at_the_provider(record, message, clock, tmp_path, before):
    if before == "it was given up":
        lost = Mailbox(tmp_path, fetch=[RemoteError("elsewhere", "no")])
        assert runs(MessageDelivery(record, lost, Scribe(), clock), clock, most=1) is None
    record.attempt_ended("CA1", TransferOutcome.ACCEPTED)
    clock.pass_(days=100)
    assert record.forget(clock(), pytest.fail).calls == 1
    assert message() is None
    mailbox = Mailbox(tmp_path, delete=[BUSY])
    assert runs(MessageDelivery(record, mailbox, Scribe(), clock), clock)
    clock.pass_(AN_HOUR)
    MessageDelivery(record, mailbox, Scribe(), clock).run()
    assert (mailbox.fetched, mailbox.deleted > 0, record.outbox_waiting()) == (0, True, 0)


def test_a_worker_that_died_at_any_step_is_followed_by_another(record, another, message, clock, tmp_path):
    """It died after fetching and after deleting; nothing of that is done again."""
    mailbox, scribe = Mailbox(tmp_path), Scribe()
    record.claim({Kind.FETCH})
    record.message_fetched("CA1", URL, str(mailbox.fetch(URL)))
    record.message_deleted(message().id)
    clock.pass_(LEASE.total_seconds())
    assert MessageDelivery(another, mailbox, scribe, clock).run() == 1
    assert (mailbox.fetched, mailbox.deleted, message().text) == (1, 0, "社保卡丢了")


def test_a_file_on_another_machine_is_fetched_again_while_it_can_be(record, message, clock, tmp_path):
    record.message_fetched("CA1", URL, str(tmp_path / "gone.wav"))
    assert MessageDelivery(record, Mailbox(tmp_path), Scribe(), clock).run() == 1
    assert message().file == str(tmp_path / "RE0.wav")


def test_a_message_that_was_forgotten_is_not_fetched(record, message, clock, tmp_path, sql):
    sql("DELETE FROM messages")
    mailbox = Mailbox(tmp_path)
    assert MessageDelivery(record, mailbox, Scribe(), clock).run() == 1
    assert mailbox.fetched == 0


def test_retention_removes_file_and_text(record, message, clock, tmp_path, sql):
    MessageDelivery(record, Mailbox(tmp_path), Scribe(), clock).run()
    sql("UPDATE tickets SET state = 'resolved'")
    clock.pass_(days=1)
    discarded = []
    record.forget(clock() - timedelta(hours=1), discarded.append)
    assert discarded == [str(tmp_path / "RE0.wav")]
    assert message() is None
