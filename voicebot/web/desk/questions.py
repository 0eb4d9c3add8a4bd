"""常见问题: the list, one entry with its figures, its history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.dialogue.script import answer_clip
from voicebot.errors import VoicebotError
from voicebot.matching import Bands
from voicebot.questions.comparing import side_by_side
from voicebot.questions.editor import Editor
from voicebot.questions.folder import Folder
from voicebot.questions.history import history
from voicebot.questions.listening import Listening
from voicebot.questions.listing import ORDERS, Asked, Listed, listed
from voicebot.questions.rights import may_edit, may_publish
from voicebot.questions.workbench import Workbench
from voicebot.store.counting import ZONE, Fared, week_of
from voicebot.web.desk.drafts import Tools, add_drafts, known_words
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

WEEKS = 12
"""Of figures and trends."""
FRESH = timedelta(minutes=1)


def questions_blueprint(bot: Bot) -> Blueprint:
    """`/desk/questions`."""
    blueprint = Blueprint("questions", __name__, url_prefix="/desk/questions")
    tools = tools_of(bot)
    add_drafts(blueprint, tools)
    _add_list(blueprint, bot, tools)
    _add_entry(blueprint, bot, tools)
    _add_history(blueprint, bot, tools)
    return blueprint


def tools_of(bot: Bot) -> Tools:
    """What the pages about questions work with."""

    def today() -> date:
        return bot.now().astimezone(ZONE).date()

    tuning = bot.tuning
    bands = Bands(tuning.answer, tuning.confirm, tuning.margin)
    folder = Folder(bot.settings.faq, today)
    return Tools(
        Editor(folder, bot.record, bot.settings.data / "publish.lock", now=bot.now, today=today),
        Workbench(bot.knowledge, bands, today, knows=known_words(bot.settings.model)),
        Listening(bot.voice, bot.settings.data / "trials"),
    )


def weeks_of(now: datetime) -> list[date]:
    """The Mondays of the last weeks, the running one last."""
    return [week_of(now) - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def _recent(bot: Bot) -> Callable[[], Mapping[str, Fared]]:
    """How all entries fared over the last weeks, asked of the record once a minute: it is counted every five."""
    kept: list[tuple[datetime, Mapping[str, Fared]]] = []

    def recent() -> Mapping[str, Fared]:
        now = bot.now()
        if not kept or now - kept[0][0] >= FRESH:
            weeks = weeks_of(now)
            kept[:] = [(now, bot.record.fared(weeks[0], weeks[-1] + timedelta(weeks=1)))]
        return kept[0][1]

    return recent


def _add_list(blueprint: Blueprint, bot: Bot, tools: Tools) -> None:
    recent = _recent(bot)

    @blueprint.get("")
    def page() -> str:
        faq = tools.editor.folder.faq()
        unit = g.user.unit if any(one.id == g.user.unit for one in faq.departments) else ""
        asked = Asked(
            request.args.get("department", unit or ""),
            request.args.get("q", "").strip()[:200],
            request.args.get("order", "calls"),
            request.args.get("page", 1, type=int),
        )
        weeks = weeks_of(bot.now())
        fared = recent()
        found = listed(faq.entries, fared, asked, tools.bench.found)
        drafts = bot.record.live_drafts()
        return render_template(
            "desk/questions.html",
            found=found,
            asked=asked,
            orders=ORDERS,
            fared=fared,
            trends=_trends(bot.record.weekly([entry.id for entry in found.entries], weeks[0]), found, weeks),
            departments=faq.departments,
            drafted={draft.entry for draft in drafts},
            waiting=[draft for draft in drafts if may_edit(g.user, draft.department)],
            faults=faq.errors,
            today=bot.now().astimezone(ZONE).date(),
            editable=[one for one in faq.departments if may_edit(g.user, one.id)],
        )


def _add_entry(blueprint: Blueprint, bot: Bot, tools: Tools) -> None:
    @blueprint.get("/entry/<entry>")
    def one(entry: str) -> str:
        found = tools.editor.folder.entry(entry)
        if found is None:
            abort(404)
        weeks = weeks_of(bot.now())
        weekly = bot.record.weekly([entry], weeks[0]).get(entry, {})
        return render_template(
            "desk/question.html",
            entry=found,
            weeks=weeks,
            weekly=weekly,
            counts=[weekly.get(week, Fared()).calls for week in weeks],
            fared=bot.record.fared(weeks[0], weeks[-1] + timedelta(weeks=1), [entry]).get(entry),
            drafts=bot.record.live_drafts(entry=entry),
            heard=tools.listening.hear(answer_clip(found).name, found.answer, make=False),
            editable=may_edit(g.user, found.department),
            served=entry in bot.knowledge().faq,
        )

    @blueprint.get("/sound/<path:key>")
    def sound(key: str) -> Response:
        found = tools.editor.folder.entry(key.removeprefix("answers/"))
        audio = tools.listening.wav(key, found.answer if found else "")
        if audio is None:
            abort(404)
        return Response(audio, mimetype="audio/wav")


def _add_history(blueprint: Blueprint, bot: Bot, tools: Tools) -> None:
    def place(entry: str) -> tuple[str, str]:
        """The file and department of an entry, also of one that was taken out."""
        folder = tools.editor.folder
        found = folder.entry(entry)
        if found is not None:
            return found.file.name, found.department
        department = folder.department(entry.rpartition("-")[0])
        if department is None:
            abort(404)
        return department.file.name, department.id

    @blueprint.get("/entry/<entry>/history")
    def versions(entry: str) -> str:
        return _versions(entry, "")

    def _versions(entry: str, problem: str) -> str:
        file, department = place(entry)
        past = history(tools.editor.folder, bot.record, file, entry)
        found = tools.editor.folder.entry(entry)
        now = tools.editor.text_of(file, entry)
        rows = [
            (one, side_by_side(past[n + 1].text if n + 1 < len(past) else "", one.text)) for n, one in enumerate(past)
        ]
        return render_template(
            "desk/question_history.html",
            entry=entry,
            question=found.question if found else "",
            rows=rows,
            now_text=now,
            seen=_hash(now),
            undoable=may_publish(g.user, department),
            problem=problem,
        )

    @blueprint.post("/entry/<entry>/undo")
    def undo(entry: str) -> ResponseReturnValue:
        file, _ = place(entry)
        past = {one.key: one for one in history(tools.editor.folder, bot.record, file, entry)}
        wanted = past.get(form("key"))
        now = tools.editor.text_of(file, entry)
        if wanted is None or form("seen") != _hash(now):
            return _versions(entry, "这条问答刚才又变过，请看过最新的内容再恢复。"), 409
        try:
            done = tools.editor.put_back(g.user, file, entry, wanted.text, now, form("why") or "恢复以前的内容")
        except VoicebotError as error:
            return _versions(entry, error.message), 409
        audit("question.undo", entry, done.version.why)
        flash("恢复好了，几秒钟后线路就用这个内容。" + (f"注意：{done.warning}。" if done.warning else ""))
        return redirect(url_for("questions.versions", entry=entry), 303)


def _trends(weekly: Mapping[str, Mapping[date, Fared]], found: Listed, weeks: Sequence[date]) -> dict[str, list[int]]:
    """Calls by week of each entry listed."""
    return {entry.id: [weekly.get(entry.id, {}).get(week, Fared()).calls for week in weeks] for entry in found.entries}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
