"""排班, 日历, 绿色通道: what their pages do, without a browser."""

import io
import re

import pytest

from tests.desk.conftest import ROLES
from voicebot.staffing import keeping
from voicebot.staffing.plan import plan
from voicebot.staffing.sheet import read
from voicebot.staffing.wording import difference
from voicebot.store.seal import Seal

WEEK = "/desk/duty?department=rsj&week=2026-11-24"
TODAY = "2026-11-24"
NEW = {"id": "w9", "name": "新来的", "number": "13800000009"}


@pytest.fixture(autouse=True)
def roster(desk):
    """The sample's roster again after each test; its first version otherwise."""
    first = keeping.load(desk.record).roster
    yield first
    now = keeping.load(desk.record)
    if now.roster != first:
        keeping.save(desk.record, first, who="test", why="again", based_on=now.version)


@pytest.fixture
def supervisor(desk):
    return Person(desk, "supervisor")


class Person:
    """Somebody at the desk, without a browser."""

    def __init__(self, desk, role):
        self.desk, self.client = desk, desk.client(role)

    def get(self, path, code=200):
        response = self.client.get(path)
        assert response.status_code == code, response.get_data(as_text=True)[-2000:]
        return response.get_data(as_text=True)

    def send(self, path, code=303, **fields):
        version = keeping.load(self.desk.record).version
        fields = {"version": version, "department": "rsj", "day": TODAY, **fields}
        response = self.client.send(path, **fields)
        assert response.status_code == code, response.get_data(as_text=True)[-2000:]
        return self.get(response.location) if code == 303 else response.get_data(as_text=True)


def first_rung(desk):
    return [rung.person.id for rung in plan("rsj", desk.bot.office(), desk.clock())]


def test_a_substitution_takes_two_clicks_and_one_to_undo(desk, supervisor):
    link = re.search(r'href="(/desk/duty/shift/0\?[^"]+)"', supervisor.get(WEEK))[1].replace("&amp;", "&")
    page = supervisor.get(link)
    assert "这一天请谁顶班" in page
    assert re.search(r'value="w3"', page)
    assert "本部门" in page
    page = supervisor.send("/desk/duty/substitute", index="0", person="w3")
    assert "11月24日赵三替王一顶班" in page
    assert "不在" in page
    assert first_rung(desk)[0] == "w3"
    assert desk.audited("roster.change")[-1] == ("z1", "rsj")
    supervisor.send("/desk/duty/undo")
    assert first_rung(desk)[0] == "w1"


def test_shifts_are_added_and_removed(desk, supervisor):
    fields = {"person": "w3", "role": "B", "start": "08:30", "end": "12:00"}
    assert "赵三加备岗班次" in supervisor.send("/desk/duty/add", **fields, when="once")
    assert keeping.load(desk.record).roster.shifts[-1].day.isoformat() == TODAY
    supervisor.send("/desk/duty/add", **fields, when="weekly", **{"weekday[]": ["0", "2"]})
    assert keeping.load(desk.record).roster.shifts[-1].weekdays == {0, 2}
    supervisor.send("/desk/duty/remove", index="5")
    assert len(keeping.load(desk.record).roster.shifts) == 5


REFUSED = {
    "backwards": ({"start": "12:00", "end": "09:00"}, "结束要晚于开始"),
    "nobody": ({"person": ""}, "请选一个人"),
    "no time": ({"start": "x"}, "请写开始和结束"),
    "no day": ({"day": "x"}, "请选星期几"),
    "no role": ({"role": "chief"}, "请选主、备或领导"),
    "on what has changed": ({"version": "0"}, "刚刚被别人改过"),
}


@pytest.mark.parametrize(("differs", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_added_is_told_beside_what_was_typed(desk, supervisor, differs, told):
    fields = {"person": "w3", "role": "B", "start": "08:30", "end": "12:00", "when": "once", **differs}
    page = supervisor.send("/desk/duty/add", 422, **fields)
    assert told in page
    assert 'value="w3"' in page


def test_gaps_are_marked(supervisor):
    page = supervisor.send("/desk/duty/remove", index="0")
    assert "没有人接电话" not in page
    page = supervisor.send("/desk/duty/remove", index="0")
    assert "这一周有 10 段时间没有人接电话" in page


def test_two_who_change_the_same_roster_are_told(desk, supervisor):
    version = keeping.load(desk.record).version
    supervisor.send("/desk/duty/substitute", index="0", person="w3", version=version)
    page = Person(desk, "admin").send("/desk/duty/substitute", index="1", person="w3", version=version)
    assert "刚刚被别人改过" in page
    assert first_rung(desk)[:2] == ["w3", "w2"]


def test_leave_is_registered_and_taken_back(desk, supervisor):
    leave = {"person": "w1", "from": f"{TODAY}T08:00", "until": f"{TODAY}T18:00", "why": "年假"}
    assert "年假" in supervisor.send("/desk/duty/leave", **leave)
    assert first_rung(desk)[0] == "w2"
    supervisor.send("/desk/duty/leave/remove", index="0")
    assert first_rung(desk)[0] == "w1"
    assert "没有改" in supervisor.send("/desk/duty/leave", **leave | {"until": "x"})


def test_people_come_change_and_go_and_their_numbers_are_not_shown(desk, supervisor):
    page = supervisor.send("/desk/duty/person", old="", **NEW, **{"unit[]": ["rsj"]})
    assert "****0009" in page
    assert "13800000009" not in page
    assert keeping.load(desk.record).roster.person("w9").number == "+8613800000009"
    supervisor.send("/desk/duty/person", old="w9", name="改了名", number="", **{"unit[]": ["gjj"]})
    changed = keeping.load(desk.record).roster.person("w9")
    assert (changed.name, changed.number, changed.departments) == ("改了名", "+8613800000009", {"gjj"})
    supervisor.send("/desk/duty/person/remove", person="w9")
    assert keeping.load(desk.record).roster.person("w9") is None
    for wrong in ({"id": "w1"}, {"id": "a b"}, {"id": "desk"}, {"number": "123"}, {"name": ""}):
        supervisor.send("/desk/duty/person", 422, old="", **NEW | wrong)


def test_the_table_goes_out_and_comes_in(desk, supervisor, roster):
    table = supervisor.client.get("/desk/duty/export").get_data()
    assert difference(roster, read(table)) == ["没有变化"]
    assert desk.audited("export.roster")[-1][0] == "z1"
    changed = table.decode("utf-8-sig").replace("王一", "王壹")
    version = keeping.load(desk.record).version
    preview = supervisor.send("/desk/duty/import", 200, table=(io.BytesIO(changed.encode()), "roster.csv"))
    assert "改动 王壹（w1）" in preview
    assert "15005550011" not in preview
    assert keeping.load(desk.record).version == version, "only looked at"
    sealed = re.search(r'name="sealed" value="([^"]+)"', preview)[1]
    supervisor.send("/desk/duty/import", sealed=sealed)
    assert keeping.load(desk.record).roster.person("w1").name == "王壹"
    wrong = changed.replace("08:30", "8点半点")
    assert "第 2 行" in supervisor.send("/desk/duty/import", 422, table=(io.BytesIO(wrong.encode()), "roster.csv"))
    forged = Seal("another secret of that length").close(changed)
    supervisor.send("/desk/duty/import", 422, sealed=forged)


def test_clerks_read_their_own_unit_and_change_nothing(desk):
    clerk = Person(desk, "clerk")
    page = clerk.get("/desk/duty")
    assert "王一" in page
    assert "赵三" not in page
    assert "/desk/duty/add" not in page
    clerk.get("/desk/duty?department=gjj", 404)
    assert "这一天请谁顶班" not in clerk.get(
        f"/desk/duty/shift/0?day={TODAY}&version={keeping.load(desk.record).version}"
    )
    assert "周主管" not in clerk.get("/desk/duty/people"), "answers for no department"
    for path in ("substitute", "add", "remove", "undo", "leave", "person", "import"):
        clerk.send(f"/desk/duty/{path}", 403, index="0", person="w2")


@pytest.mark.parametrize("role", ROLES)
def test_numbers_are_shown_to_nobody(desk, role):
    client = desk.client(role)
    for path in (WEEK, "/desk/duty/people", "/desk/duty/person?id=w1", "/desk/duty/history", "/desk/duty/import"):
        page = client.get(path).get_data(as_text=True)
        assert not re.search(r"1500555001\d", page)


def test_history_tells_who_changed_what(supervisor):
    supervisor.send("/desk/duty/substitute", index="0", person="w3")
    page = supervisor.get("/desk/duty/history")
    assert "11月24日赵三替王一顶班" in page
    assert "加班次 rsj 主 w3 2026-11-24" in page


# 日历


def settle(person, code=303, **fields):
    version = person.desk.record.office_days()[0]
    return person.send("/desk/calendar/settle", code, **{"version": version, "what": "free", "department": ""} | fields)


def undo(person):
    return person.send("/desk/calendar/undo", version=person.desk.record.office_days()[0])


def test_coming_holidays_and_make_up_days_are_there(supervisor):
    page = supervisor.get("/desk/calendar")
    assert "元旦" in page
    assert "2027" in page


def test_a_day_that_the_office_settles_counts_at_once(desk, supervisor):
    calendar = desk.bot.office().calendar
    assert calendar.is_open(desk.clock())
    page = settle(supervisor, why="停电")
    assert "停电" in page
    assert not desk.bot.office().calendar.is_open(desk.clock())
    assert desk.audited("calendar.change")[-1][0] == "z1"
    settle(supervisor, what="closed", start="13:30", end="17:30", why="培训")
    assert desk.bot.office().calendar.is_open(desk.clock())
    undo(supervisor)
    assert not desk.bot.office().calendar.is_open(desk.clock())
    supervisor.send("/desk/calendar/unsettle", version=desk.record.office_days()[0], department="")
    assert desk.bot.office().calendar.is_open(desk.clock())


def test_a_department_settles_days_of_its_own(desk, supervisor):
    settle(supervisor, department="rsj")
    office = desk.bot.office()
    assert not office.calendar_of("rsj").is_open(desk.clock())
    assert office.calendar_of("gjj").is_open(desk.clock())
    undo(supervisor)


UNSETTLED = {
    "no day": ({"day": "x"}, "请写日期"),
    "half a time": ({"what": "closed", "start": "13:30"}, "开始和结束"),
    "no such thing": ({"what": "x"}, "请选放假"),
    "an unknown department": ({"department": "x"}, "请选一个部门"),
}


@pytest.mark.parametrize(("fields", "told"), UNSETTLED.values(), ids=UNSETTLED)
def test_what_cannot_be_settled_is_told(supervisor, fields, told):
    assert told in settle(supervisor, 422, **fields)


def test_of_two_who_settle_days_the_second_is_told(desk, supervisor):
    settle(supervisor)
    assert "刚刚被别人改过" in settle(Person(desk, "admin"), 409, version="0")
    undo(supervisor)


def test_clerks_look_at_the_calendar_and_settle_nothing(desk):
    clerk = Person(desk, "clerk")
    assert "定一个日子" not in clerk.get("/desk/calendar")
    settle(clerk, 403)


# 绿色通道

ELDER = "13800000777"


def test_a_caller_is_registered_with_their_consent_and_removed_on_request(desk):
    clerk = Person(desk, "clerk")
    key = desk.record.number_key(ELDER)
    page = clerk.send("/desk/green/add", whom=ELDER, how="window", note="女儿代办", years="1")
    assert desk.record.is_green(key)
    assert "本人到窗口同意，女儿代办（王一 登记）" in page
    assert "2027年11月24日" in page
    assert ELDER not in page
    assert key[:8] in page
    assert desk.audited("green.add")[-1] == ("w1", key[:8])
    assert "取消以后不能恢复" in clerk.get(f"/desk/green/remove/{key}")
    clerk.send("/desk/green/remove", whom=ELDER)
    assert not desk.record.is_green(key)
    assert "没有登记过" in clerk.send("/desk/green/remove", 422, whom=ELDER)


def test_the_caller_of_a_ticket_is_registered_by_whose_ticket_it_is(desk):
    Person(desk, "clerk").send("/desk/green/add", whom=desk.numbers["own"], how="call")
    key = desk.record.number_key("+8613100000001")
    assert desk.record.is_green(key)
    Person(desk, "supervisor").send("/desk/green/remove", key=key)
    page = Person(desk, "clerk").send("/desk/green/add", 422, whom=desk.numbers["other"], how="call")
    assert "不归本单位" in page


UNREGISTERED = [
    ({"how": "call", "whom": "x"}, "看不懂"),
    ({"whom": ELDER}, "没有本人同意不能登记"),
    ({"how": "x", "whom": ELDER}, "同意"),
]


@pytest.mark.parametrize(("fields", "told"), UNREGISTERED)
def test_without_consent_nobody_is_registered(desk, fields, told):
    page = Person(desk, "clerk").send("/desk/green/add", 422, **fields)
    assert told in page
    assert ELDER not in page
    assert not desk.record.is_green(desk.record.number_key(ELDER))
