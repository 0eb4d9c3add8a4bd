"""The roster as a table: out to Excel and WPS, and back."""

import csv
import io
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.staffing.roster import Person, Role, Roster, Shift
from voicebot.staffing.sheet import COLUMNS, SheetError, read, weekday_words, weekdays_of, write

HEAD = ",".join(COLUMNS)
WEEK = frozenset(range(5))


def table(*lines, head=HEAD):
    return "\r\n".join([head, *lines]).encode("utf-8-sig")


names = st.text("王李赵=+-@'\"，, 主任\t", min_size=1, max_size=6).filter(
    lambda n: n.strip(" \t'") == n and n[0] != "="
)
ids = st.text("abcwE.-0123", min_size=1, max_size=4)
minutes = st.integers(0, 1438).map(lambda m: time(m // 60, m % 60))


@st.composite
def rosters(draw):
    people = draw(st.lists(st.builds(Person, ids, names, st.sampled_from(["", "+8613000000000", "+15005550006"]),
                                     st.frozensets(st.sampled_from(["rsj", "gjj"]))), min_size=1, max_size=4,
                           unique_by=lambda p: p.id))  # fmt: skip
    shifts = []
    for person in people:
        for _ in range(draw(st.integers(0, 2))):
            start, end = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
            dated = draw(st.booleans())
            shifts.append(
                Shift(
                    person.id,
                    draw(st.sampled_from(["rsj", "gjj"])),
                    draw(st.sampled_from(Role)),
                    start,
                    end,
                    frozenset() if dated else draw(st.frozensets(st.integers(0, 6), min_size=1)),
                    draw(st.dates(date(2026, 1, 1), date(2030, 1, 1))) if dated else None,
                )
            )
    return Roster(tuple(people), tuple(shifts))


@given(rosters(), st.sampled_from(["utf-8-sig", "gb18030"]))
def test_what_is_written_is_read(roster, encoding):
    assert read(write(roster).decode("utf-8-sig").encode(encoding)) == roster


def test_it_opens_right_in_excel_and_wps():
    data = write(Roster((Person("w1", "=HYPERLINK(1)", "+8613000000000"),)))

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    heading, row = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert heading == list(COLUMNS)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert row[2] == "tel:+8613000000000"


KEPT = ["001", "00", "3-1", "3.10", "1E5", "MAR1", "may-5", "true", "123456789012", "2026.12", ".5"]


@pytest.mark.parametrize("name", KEPT)
def test_what_excel_would_rewrite_is_text(name):
    """As an id, as a department, and among the departments somebody stands in for."""
    roster = Roster(
        (Person(name, "王一", "", frozenset({name})),), (Shift(name, name, Role.A, time(8), time(9), WEEK),)
    )
    data = write(roster)
    row = dict(zip(COLUMNS, list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1], strict=True))

    assert [row[column] for column in ("编号", "部门", "还能接的部门")] == [f"'{name}"] * 3
    assert (row["开始"], row["结束"]) == ("08:00", "09:00"), "times are times"
    assert read(data) == roster


@pytest.mark.parametrize("name", ["w1", "1001", "7", "0", "窗口1", "mara", "12345678901"])
def test_what_excel_leaves_alone_is_bare(name):
    assert f"\r\n{name},".encode() in write(Roster((Person(name, "王一", ""),)))


ONE = "w1,王一,13000000000,rsj,主,周一至周五,,8:30,17:30,"
READ = {
    "a national number": (ONE, ("+8613000000000", WEEK, time(8, 30))),
    "full-width": (
        "w1,王一,１３０００００００００,rsj,主,１-５,,８：３０,１７：３０,",
        ("+8613000000000", WEEK, time(8, 30)),
    ),
    "another order of words": (
        "w1,王一,tel:+8613000000000,rsj,A角,一二三四五,,8点30,17.30,",
        ("+8613000000000", WEEK, time(8, 30)),
    ),
}


@pytest.mark.parametrize(("line", "expected"), READ.values(), ids=READ.keys())
def test_as_clerks_write(line, expected):
    [person], [shift] = read(table(line)).people, read(table(line)).shifts

    assert (person.number, shift.weekdays, shift.start) == expected


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(delimiter):
    data = table(ONE.replace(",", delimiter), head=HEAD.replace(",", delimiter))

    assert read(data) == read(table(ONE))


WRONG = {
    "no number": ("w1,王一,12,rsj,主,周一,,8:30,17:30,", "电话看不懂"),
    "Excel's number": ("w1,王一,8.613E+12,rsj,主,周一,,8:30,17:30,", "科学计数法"),
    "no such role": ("w1,王一,13000000000,rsj,正,周一,,8:30,17:30,", "角色"),
    "over night": ("w1,王一,13000000000,rsj,主,周一,,22:00,6:00,", "跨夜"),
    "no time": ("w1,王一,13000000000,rsj,主,周一,,早上,17:30,", "开始和结束"),
    "no day": ("w1,王一,13000000000,rsj,主,,,8:30,17:30,", "写一个"),
    "both days": ("w1,王一,13000000000,rsj,主,周一,2026-12-01,8:30,17:30,", "只写一个"),
    "not a date": ("w1,王一,13000000000,rsj,主,,2026-13-01,8:30,17:30,", "日期"),
    "not a weekday": ("w1,王一,13000000000,rsj,主,周八,,8:30,17:30,", "星期"),
    "nobody": (",王一,13000000000,rsj,主,周一,,8:30,17:30,", "编号"),
    "the desk's name": ("desk,王一,13000000000,rsj,主,周一,,8:30,17:30,", "总值班台"),
}


@pytest.mark.parametrize(("line", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong(line, message):
    with pytest.raises(SheetError, match=message):
        read(table(line))


def test_every_problem_is_told_at_once_with_its_line():
    with pytest.raises(SheetError) as error:
        read(table(ONE, *(line for line, _ in WRONG.values()), ONE.replace("王一", "王二")))

    assert sorted({p.line for p in error.value.problems}) == list(range(3, 15))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a,b\r\n1,2"])
def test_not_our_table(data):
    with pytest.raises(SheetError):
        read(data)


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_weekdays(days):
    assert weekdays_of(weekday_words(days)) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("工作日", WEEK),
        ("每天", frozenset(range(7))),
        ("周六和周日", {5, 6}),
        ("星期天", {6}),
        ("五至一", None),
        ("", set()),
    ],
)
def test_weekday_words(text, days):
    assert weekdays_of(text) == days
