"""Figures, missed calls, staffing advice and the special report, as a leader, an auditor and a clerk meet them."""

import io
import re
from datetime import timedelta

import docx
import pytest

from tests.desk import sample
from tests.desk.conftest import Desk, make_bot, served, until
from tests.store.conftest import Clock
from voicebot.dialogue.commands import TicketKind
from voicebot.insight.counting import Counting
from voicebot.insight.figures import load_figures
from voicebot.insight.period import Period
from voicebot.insight.sample import fill, sample_roster
from voicebot.staffing.keeping import save
from voicebot.store.models import Ticket
from voicebot.web import create_app

DAYS = Period(sample.NOW.date() - timedelta(days=29), sample.NOW.date())
PAGES = [
    "/desk/figures",
    "/desk/figures/reach",
    "/desk/figures/on-time",
    "/desk/missed",
    "/desk/staffing",
    "/desk/report",
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk with a generated month behind it."""
    clock = Clock()
    clock.time = sample.NOW
    bot, database = make_bot(tmp_path_factory.mktemp("insight"), clock)
    sample.make_accounts(bot.record)
    roster = sample_roster(bot.knowledge().faq.departments, DAYS)
    save(bot.record, roster, who="z1", why="示例", based_on=0)
    fill(database, bot.knowledge().faq, bot.office(), DAYS, 2500, 1, sample.NOW)
    app = create_app(bot)
    with served(app) as url:
        yield Desk(bot, app, url, clock, {})
    database.close()


def text_of(desk, path, role="leader"):
    answer = desk.client(role).get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["leader", "clerk", "auditor"])
def test_every_page_stands_for_whoever_may_see_it(desk, path, role):
    expected = 403 if role == "auditor" and path == "/desk/report" else 200
    assert desk.client(role).get(path).status_code == expected


def test_the_page_says_what_is_counted_and_opens_it(desk):
    numbers = Counting(desk.record.database, desk.clock).numbers(DAYS)
    page = text_of(desk, "/desk/figures")

    assert f"{numbers.total['reach'].rate:.1%}" in page
    assert "与工作人员通上话的来电 ÷ 要人工的来电" in page
    listed = text_of(desk, "/desk/figures/reach/behind?part=miss")
    assert f"没有接通的：{numbers.total['reach'].miss} 通" in listed
    assert listed.count('class="quiet callid"') == min(50, numbers.total["reach"].miss)


def test_a_clerk_sees_the_own_unit_and_never_who_complained_about_it(desk):
    mine = text_of(desk, "/desk/figures/complaints/behind?part=hit&department=gjj", "clerk")
    numbers = Counting(desk.record.database, desk.clock).numbers(DAYS, "rsj")

    assert numbers.total["complaints"].hit > 0
    assert 'class="quiet callid"' not in mine
    assert f"另有 {numbers.total['complaints'].hit} 通由上级单位处理" in mine
    with desk.record.database.reading() as session:
        complaint = session.query(Ticket).where(Ticket.kind == TicketKind.COMPLAINT, Ticket.department == "rsj").first()
    for path in ("/desk/figures/on-time/behind?part=all", "/desk/figures/responded/behind?part=all", "/desk/report"):
        assert complaint.number not in text_of(desk, path, "clerk")
    for figure in load_figures():
        assert complaint.call_id not in text_of(desk, f"/desk/figures/{figure}/behind?part=all", "clerk")
    assert complaint.call_id not in text_of(desk, "/desk/missed/behind", "clerk")


def test_an_auditor_sees_calls_without_any_part_of_a_number(desk):
    assert "****" in text_of(desk, "/desk/missed/behind")
    assert "****" not in text_of(desk, "/desk/missed/behind", "auditor")


def test_a_call_behind_a_figure_opens_for_whoever_may_read_it(desk):
    path = re.search(r'href="(/desk/calls/[^"]+)"', text_of(desk, "/desk/missed/behind"))[1]
    assert path.split("/")[-1] in text_of(desk, path)
    assert "/desk/calls/" not in text_of(desk, "/desk/missed/behind", "auditor")
    with desk.record.database.reading() as session:
        complaint = session.query(Ticket).where(Ticket.kind == TicketKind.COMPLAINT, Ticket.department == "rsj").first()
    assert desk.client("clerk").get(f"/desk/calls/{complaint.call_id}").status_code == 404


def test_looking_behind_and_taking_out_is_kept(desk):
    client = desk.client("leader")
    for ending in ("html", "docx", "csv"):
        answer = client.get(f"/desk/report/download.{ending}?first=2026-11-01&last=2026-11-23")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
    assert client.get("/desk/figures/export.csv").status_code == 200
    assert [about for _, about in desk.audited("export.report")][-3:] == ["html", "docx", "csv"]
    assert desk.audited("export.figures")
    assert ("l1", "missed") in desk.audited("figures.behind")


def test_the_word_file_opens_and_says_the_same(desk):
    path = "?first=2026-11-01&last=2026-11-23"
    data = desk.client("leader").get(f"/desk/report/download.docx{path}").data
    written = docx.Document(io.BytesIO(data))

    words = "\n".join(paragraph.text for paragraph in written.paragraphs)
    page = text_of(desk, f"/desk/report{path}")
    assert re.search(r"来电 \d+ 通，比上期", words)[0] in page
    assert "六、为什么没有接通" in words


@pytest.mark.parametrize(
    "query",
    ["first=2026-11-20&last=2026-11-01", "first=x&last=y", "first=2020-01-01&last=2026-11-01", "department=nirgends"],
)
def test_what_cannot_be_shown_is_said(desk, query):
    page = text_of(desk, f"/desk/figures?{query}")
    assert ("日期不对" in page) or ("这段时间没有来电" in page)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/figures/nothing", 404),
        ("/desk/figures/reach/behind?part=x&hour=99&day=x&page=-3", 200),
        ("/desk/missed/behind?weekday=9&hour=-1&reason=x&page=0", 200),
        ("/desk/staffing?weekday=77&goal=3&department=x", 200),
        ("/desk/report/download.exe", 404),
    ],
)
def test_odd_addresses_are_no_fault(desk, path, status):
    assert desk.client("leader").get(path).status_code == status


# In a browser


@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
def test_pages_can_be_read_by_everybody(page, as_role, axe, shot, fits, path):
    as_role(page, "leader").goto(path)
    page.wait_for_load_state("networkidle")

    shot(page, path.removeprefix("/desk/").replace("/", "-"))
    axe(page)
    fits(page)


@pytest.mark.browser
def test_from_a_bad_figure_to_its_calls_by_keyboard(page, as_role, axe, shot):
    as_role(page, "leader").goto("/desk/figures")
    page.locator(".worst a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/desk/figures/.+"))
    page.locator(".actions a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("behind"))

    assert page.locator("tbody tr").count() > 0
    shot(page, "figures-behind")
    axe(page)


@pytest.mark.browser
def test_from_the_map_to_the_calls_of_one_hour(page, as_role, axe, shot):
    as_role(page, "leader").goto("/desk/missed")
    cell = page.locator(".map a").first
    count = int(cell.locator("strong").inner_text())
    cell.click()
    page.wait_for_url(re.compile("behind"))

    assert page.locator("tbody tr").count() == min(count, 50)
    shot(page, "missed-behind")
    axe(page)


@pytest.mark.browser
def test_charts_are_drawn_from_their_tables(page, as_role):
    as_role(page, "leader").goto("/desk/figures/reach")

    until(page, "Object.keys(Chart.instances).length === 2")
    drawn = page.evaluate("Chart.getChart(document.querySelector('canvas')).data.datasets[0].data.length")
    assert drawn == page.locator("#by-day tbody tr").count()


def test_what_leaders_read_is_one_printed_page(page, as_role, desk):
    as_role(page, "leader")
    page.set_content(desk.client("leader").get("/desk/report/download.html?first=2026-11-01&last=2026-11-23").text)
    whole = page.pdf(prefer_css_page_size=True)
    page.evaluate("document.querySelector('.annex').remove()")

    assert sheets(page.pdf(prefer_css_page_size=True)) == 1
    assert sheets(whole) > 1


def sheets(pdf):
    return len(re.findall(rb"/Type /Page\b", pdf))
