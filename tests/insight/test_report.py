"""The special report on a generated month: its numbers are the figures', it names nobody, every claim cites."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.cases.office import at
from voicebot.cli import main
from voicebot.cli.sample_desk import fill_desk, sample_settings
from voicebot.dialogue.commands import Decision
from voicebot.faq.load import load_folder
from voicebot.insight.counting import Counting
from voicebot.insight.making import Making, compared
from voicebot.insight.period import Period, month_of, week_of
from voicebot.insight.rendering import as_csv, as_docx, as_html
from voicebot.insight.report import Reporter
from voicebot.insight.sample import PREFIX, fill, sample_roster
from voicebot.insight.weighing import Weighing
from voicebot.insight.word import column_shares
from voicebot.matching.types import Outcome
from voicebot.staffing.plan import Office
from voicebot.store.database import Database
from voicebot.store.models import Call, Ticket, Turn
from voicebot.store.words import TicketState

NOW = at("2026-03-31 18:00")
MARCH = month_of(date(2026, 3, 1))
FAQ = load_folder(Path(__file__).parent.parent.parent / "faq", date(2026, 3, 31))
OFFICE = Office(sample_roster(FAQ.departments, MARCH), units={d.id: d.supervisor for d in FAQ.departments})
SECRET_WORDS = "我叫张三，住在幸福小区3号楼，电话13800138000，想问养狗要不要办证"


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """A month of sample calls, and one caller who says far too much."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('report') / 'month.sqlite3'}")
    database.upgrade()
    fill(database, FAQ, OFFICE, Period(date(2026, 2, 1), MARCH.last), 1000, 3, NOW)
    with database.writing() as session:
        ids = session.scalars(select(Call.id).where(Call.started_at >= MARCH.start).limit(40)).all()
        for id_ in ids:
            session.add(
                Turn(
                    call_id=id_,
                    n=9,
                    at_s=1.0,
                    state="listening",
                    heard=[{"text": SECRET_WORDS, "confidence": 1.0}],
                    outcome=Outcome.UNSURE,
                    decision=Decision.ASKED_REPHRASE,
                    audio_s=1.0,
                    decode_s=0.1,
                )
            )
    yield database
    database.close()


@pytest.fixture(scope="module")
def report(month):
    return Reporter(month, OFFICE, FAQ, NOW).make(MARCH)


def test_its_numbers_are_the_figures(month, report):
    total = Counting(month, lambda: NOW).total(MARCH)

    assert report.facts["total"]["figures"]["reach"] == {
        "hit": total["reach"].hit,
        "of": total["reach"].of,
        "rate": total["reach"].rate,
    }
    assert f"来电 {total.volume('calls')} 通" in report.main[0].claims[0].text
    assert [section.title[0] for section in report.main] == list("一二三四五六七")


def test_every_claim_about_calls_or_tickets_cites_some_that_are_there(month, report):
    with month.reading() as session:
        calls = set(session.scalars(select(Call.id)))
        tickets = {ticket.number for ticket in session.scalars(select(Ticket))}
    cited = report.marks()

    assert len(cited) > 10
    for basis in cited:
        assert set(basis.calls) <= calls
        assert set(basis.tickets) <= tickets
        assert basis.calls or basis.tickets
        assert basis.total >= len(basis.calls) + len(basis.tickets)


@pytest.mark.parametrize("render", [as_html, as_csv, as_docx])
def test_no_file_says_who_called(report, render):
    data = render(report)
    if render is as_docx:
        document = docx.Document(io.BytesIO(data))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        text = "\n".join([*(p.text for p in document.paragraphs), *cells])
    else:
        text = data.decode("utf-8-sig")

    assert "养狗要不要办证" in text
    assert not [word for word in ("张三", "幸福小区", "13800138000") if word in text]
    assert report.title in text


def test_the_table_opens_in_a_spreadsheet_without_running_anything(report):
    rows = list(csv.reader(io.StringIO(as_csv(report).decode("utf-8-sig"))))

    assert [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")] == []


def test_of_one_department_nothing_of_others_is_told(month):
    mine = Reporter(month, OFFICE, FAQ, NOW, "rsj").make(MARCH)
    with month.reading() as session:
        tickets = {ticket.number: ticket.unit for ticket in session.scalars(select(Ticket))}

    assert {tickets[number] for basis in mine.marks() for number in basis.tickets} <= {"rsj"}


def test_all_of_it_is_of_one_state_of_the_record(month, report, monkeypatch):
    """Whatever is written while it is made."""
    monkeypatch.setattr(Weighing, "run", lambda weighing: 0)
    monkeypatch.setattr(Database, "reading", None)

    assert Reporter(month, OFFICE, FAQ, NOW).make(MARCH).facts == report.facts


def test_long_words_do_not_fill_the_page(month):
    found = Making(month, OFFICE, FAQ, NOW, None, MARCH).brief(SECRET_WORDS * 5)

    assert len(found) == 48
    assert "张三" not in found


def test_a_month_without_calls_says_so(month):
    empty = Reporter(month, OFFICE, FAQ, NOW).make(month_of(date(2025, 5, 1)))

    assert [claim.text for claim in empty.main[0].claims] == ["这段时间没有来电，无可报告。"]
    assert as_html(empty)
    assert as_docx(empty)


def test_what_is_not_over_is_compared_with_as_many_days():
    assert compared(MARCH, at("2026-03-10 12:00")) == Period(date(2026, 2, 1), date(2026, 2, 10))
    assert compared(MARCH, NOW) == month_of(date(2026, 2, 1))
    assert week_of(date(2026, 3, 4)).before == week_of(date(2026, 2, 25))


def test_the_sample_is_marked_plausible_and_the_same_again(month, tmp_path):
    again = Database(f"sqlite:///{tmp_path / 'again.sqlite3'}")
    again.upgrade()
    period = Period(date(2026, 2, 1), MARCH.last)
    fill(again, FAQ, OFFICE, period, 1000, 3, NOW)
    Weighing(again, lambda: OFFICE, lambda: NOW).run()
    Weighing(month, lambda: OFFICE, lambda: NOW).run()
    ours, theirs = (Counting(database, lambda: NOW).total(MARCH) for database in (month, again))
    with again.reading() as session:
        calls, tickets = list(session.scalars(select(Call))), list(session.scalars(select(Ticket)))
    again.close()

    assert ours == theirs
    assert all(call.id.startswith(PREFIX) for call in calls)
    assert all("【示例】" in ticket.summary for ticket in tickets)
    assert max(call.started_at for call in calls) < NOW
    settled = {TicketState.CONTACTED, TicketState.RESOLVED, TicketState.CONFIRMED}
    assert {ticket.state for ticket in tickets} >= settled
    assert 0.3 < ours["reach"].rate < 0.95
    assert all(ours[id_].of for id_ in ours.tallies)


def test_the_command_writes_every_kind_of_file(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path))
    monkeypatch.setenv("VOICEBOT_SECRET", "a secret of more than sixteen characters")
    record, _, _ = fill_desk(sample_settings(tmp_path), calls=60, days=10)
    record.database.close()
    files = [str(tmp_path / f"r.{ending}") for ending in ("html", "docx", "csv")]
    options = [word for file in files for word in ("--out", file)]

    run = CliRunner().invoke(main, ["report", "--week", "last", *options])
    told = CliRunner().invoke(main, ["report", "--week", "last", "--json"])

    assert (run.exit_code, told.exit_code) == (0, 0), run.output + told.output
    assert all(Path(file).stat().st_size > 1000 for file in files)
    facts = json.loads(told.output)
    assert date.fromisoformat(facts["first"]).weekday() == 0
    assert date.fromisoformat(facts["last"]) - date.fromisoformat(facts["first"]) == timedelta(days=6)
    assert facts["sections"][0]["claims"]


@pytest.mark.parametrize(
    "options",
    [("--week", "yesterday"), ("--month", "2026-13"), ("--week", "last", "--month", "last"), ("--out", "report.pdf")],
)
def test_what_cannot_be_read_is_said(options):
    run = CliRunner().invoke(main, ["report", *options])

    assert run.exit_code == 2
    assert "Error" in run.output


LONG, SHORT = "重新办理一次：第一次的答复没有解决，到现在还没有人与来电人通过话。" * 3, "37"


@pytest.mark.parametrize(
    ("row", "widest"),
    [((SHORT, SHORT, SHORT), None), ((SHORT, LONG, SHORT), 1), ((LONG, SHORT), 0), ((SHORT, LONG * 2, LONG), 1)],
)
def test_short_columns_keep_their_width_and_long_ones_share_the_rest(row, widest):
    shares = column_shares([("数",) * len(row), row])

    assert sum(shares) == pytest.approx(1.0)
    if widest is None:
        assert len(set(shares)) == 1
    else:
        assert max(shares) == shares[widest] > 1 / len(row)
        assert all(share * 112 > len(SHORT) for share in shares)
