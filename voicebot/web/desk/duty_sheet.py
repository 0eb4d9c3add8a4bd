"""排班: the whole roster as a table for Excel and WPS, out and in, as `voicebot roster` reads and writes it."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.staffing import keeping, sheet
from voicebot.staffing.calendar import ZONE
from voicebot.staffing.check import check_office
from voicebot.staffing.roster import Roster
from voicebot.staffing.wording import difference, problem_words
from voicebot.store.seal import Seal
from voicebot.web.desk.duty_changes import change, only_whole_office
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit


def add_sheet(blueprint: Blueprint, bot: Bot) -> None:
    """`/desk/duty/export`, `/desk/duty/import`."""

    @blueprint.get("/export")
    def export() -> ResponseReturnValue:
        only_whole_office()
        kept = keeping.load(bot.record)
        audit("export.roster", detail=f"第 {kept.version} 版，{len(kept.roster.people)} 个人")
        name = f"roster-{bot.now().astimezone(ZONE):%Y%m%d}.csv"
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        return Response(sheet.write(kept.roster), mimetype="text/csv", headers=headers)

    @blueprint.get("/import")
    def importing() -> ResponseReturnValue:
        only_whole_office()
        return render_template("desk/duty_import.html", kept=keeping.load(bot.record))

    @blueprint.post("/import")
    def import_it() -> ResponseReturnValue:
        only_whole_office()
        kept, table = keeping.load(bot.record), request.files.get("table")
        sealed = _seal(bot).open(form("sealed"))
        data = sealed.encode() if sealed else table.read() if table else b""
        try:
            new = sheet.read(data, kept.roster)
        except sheet.SheetError as error:
            return render_template("desk/duty_import.html", kept=kept, problems=error.problems), 422
        lines = difference(kept.roster, new)
        if not sealed:
            text = _seal(bot).close(sheet.write(new).decode("utf-8-sig"))
            return render_template("desk/duty_import.html", kept=kept, lines=lines, sealed=text, gaps=_gaps(bot, new))
        problem = change(bot, kept, lambda before: new, f"导入表格，{len(lines)} 处改动", "")
        if problem:
            return render_template("desk/duty_import.html", kept=kept, problem=problem), 422
        return redirect(url_for("duty.page"), 303)


def _seal(bot: Bot) -> Seal:
    """The table goes through the page once more with the confirmation, with its numbers unreadable."""
    return Seal(bot.record.blind("roster table"))


def _gaps(bot: Bot, roster: Roster) -> list[str]:
    """What would leave callers without anyone in the coming two weeks."""
    found = check_office(roster, bot.office(), bot.now().astimezone(ZONE).date())
    return [problem_words(problem, roster) for problem in found if problem.is_error]
