"""`voicebot serve`: the line for real."""

from __future__ import annotations

import json
import logging
from functools import partial

import click

from voicebot import points, wiring
from voicebot.bot import Bot
from voicebot.errors import StoreLost
from voicebot.staffing.accounts import Accounts
from voicebot.web.server import Server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址；放到公网前请用反向代理加 HTTPS。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="监听的端口。")
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=None,
    help="语音识别进程数；默认比核数多一个，最多五个；0：不听，来电都接人工。",
)
@click.option("--json", "as_json", is_flag=True, help="用一行 JSON 报告地址。")
def serve(host: str, port: int, workers: int | None, as_json: bool) -> None:
    """启动热线：电话接口、公开页面、值班台和健康检查。"""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    env = wiring.environment()
    settings = wiring.settings(env)
    points.arm(env.get("VOICEBOT_CRASH_AT", ""), settings.data)
    base = f"http://{host}:{port}"

    def announce(bot: Bot) -> None:
        click.echo(json.dumps(_facts(base, bot), ensure_ascii=False) if as_json else _readable(base, bot))

    Server(partial(wiring.running, settings, workers=workers), host, port, announce=announce).run()


def _facts(base: str, bot: Bot) -> dict[str, object]:
    settings = bot.settings
    return {
        "url": base,
        "voice": f"{settings.public_url}/twilio/voice" if settings.phone_ready else None,
        "fallback": f"{settings.public_url}/twilio/fallback" if settings.phone_ready else None,
        "status": f"{settings.public_url}/twilio/status" if settings.phone_ready else None,
        "entries": len(bot.knowledge().faq.entries),
        "faq": str(settings.faq),
        "data": str(settings.data),
        "desk": f"{base}/desk/",
        "first_admin": first_admin_link(base, bot),
        "missing": missing(bot),
    }


def first_admin_link(base: str, bot: Bot) -> str | None:
    """Where the first admin makes their account, once; None when there is one, or the record cannot be reached."""
    try:
        token = Accounts(bot.record).first_admin_invite()
    except StoreLost:
        return None
    return f"{base}/desk/welcome/{token}" if token else None


def missing(bot: Bot) -> list[str]:
    """What keeps the phone from ringing, or promises from being right, in Chinese."""
    settings = bot.settings
    lacks = {
        "TWILIO_ACCOUNT_SID": settings.account_sid,
        "TWILIO_AUTH_TOKEN": settings.auth_token,
        "VOICEBOT_PUBLIC_URL": settings.public_url,
    }
    found = [f"缺少 {name}，电话接口没有开" for name, value in lacks.items() if not value]
    office = bot.office()
    if settings.phone_ready and not settings.desk_number:
        lacks_all = "" if office.roster.people else "值班表也是空的，要人工的来电只能留言；"
        found.append(f"没有设 VOICEBOT_DESK_NUMBER：{lacks_all}数据库出故障时没有电话可以响")
    for year in office.unknown_years(bot.now()):
        found.append(f"{year} 年的放假安排还没有，只有固定的节日算放假：请更新 chinesecalendar，或写全 calendar.toml")
    if bot.hearing and (new := bot.hearing.unlearnt()):
        found.append(f"有 {len(new)} 条说法识别模型还没学过，听得不够准：请运行 voicebot model build，不用重新启动")
    return found


def _readable(base: str, bot: Bot) -> str:
    facts = _facts(base, bot)
    lines = [
        "连心线已启动。",
        f"  公开页面    {base}/",
        f"  值班台      {facts['desk']}",
        f"  健康检查    {base}/healthz  {base}/readyz",
        f"  常见问题    {facts['entries']} 条（{facts['faq']}）",
        f"  数据        {facts['data']}",
    ]
    if facts["first_admin"]:
        lines += [f"  第一个管理员：24 小时内打开这个链接设密码，只能用一次：{facts['first_admin']}"]
    if facts["voice"]:
        lines += [
            "在 Twilio 控制台为号码填写（HTTP POST）：",
            f"  A call comes in           {facts['voice']}",
            f"  Primary handler fails     {facts['fallback']}",
            f"  Call status changes       {facts['status']}",
        ]
    return "\n".join([*lines, *(f"  注意：{why}" for why in missing(bot))])
