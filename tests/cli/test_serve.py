"""What `voicebot serve` tells whoever starts it."""

from tests.desk.conftest import make_bot
from tests.store.conftest import Clock
from voicebot.cli.serve import _facts, _readable, first_admin_link
from voicebot.staffing.accounts import Accounts
from voicebot.store.words import DeskRole

BASE = "http://127.0.0.1:8000"


def test_the_first_start_shows_how_the_first_admin_gets_in(tmp_path):
    bot, database = make_bot(tmp_path, Clock())
    link = first_admin_link(BASE, bot)
    assert link.startswith(f"{BASE}/desk/welcome/")
    assert "第一个管理员" in _readable(BASE, bot)
    Accounts(bot.record).accept(link.rpartition("/")[2], "一句好记的话就够了吧", account="a1", name="管理员")
    assert bot.record.account("a1").role is DeskRole.ADMIN
    assert _facts(BASE, bot)["first_admin"] is None
    assert "第一个管理员" not in _readable(BASE, bot)
    database.close()


def test_a_lost_record_keeps_nobody_from_starting(tmp_path):
    bot, database = make_bot(tmp_path, Clock())
    database.close()
    (tmp_path / "voicebot.sqlite3").write_bytes(b"no database at all" * 100)
    assert _facts(BASE, bot)["first_admin"] is None
    database.close()
