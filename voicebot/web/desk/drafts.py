"""Drafts of questions: writing, checking, trying, listening, publishing, settling conflicts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.errors import ModelError, VoicebotError
from voicebot.faq.entry import Entry
from voicebot.faq.form import Form, Written, form_from, form_of, parse_block, written
from voicebot.faq.hearing import Knows
from voicebot.questions.comparing import side_by_side
from voicebot.questions.confusion import SINCE
from voicebot.questions.editor import Conflict, Editor
from voicebot.questions.listening import Listening
from voicebot.questions.rights import may_publish
from voicebot.questions.workbench import Workbench
from voicebot.speech import models
from voicebot.speech.vocabulary import vocabulary
from voicebot.store.question_models import DraftState, FaqDraft
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

PANELS = ("check", "try", "confusion", "listen")
"""Buttons that show something about the draft as it is typed, saved or not."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the pages about questions work with."""

    editor: Editor
    bench: Workbench
    listening: Listening


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as it stands in the browser."""

    text: str
    form: Form | None
    """None: it is edited as Markdown."""
    lines: Written | None
    why: str


def known_words(model: str) -> Callable[[], Knows | None]:
    """The speech model's word list, read once when first needed; None when it cannot be read."""
    lock = threading.Lock()
    found: list[Knows | None] = []

    def knows() -> Knows | None:
        with lock:
            if not found:
                try:
                    found.append(vocabulary(models.find(model)))
                except ModelError:
                    found.append(None)
            return found[0]

    return knows


def add_drafts(blueprint: Blueprint, tools: Tools) -> None:
    """`/desk/questions/draft/…`, and how drafts begin."""
    _add_beginning(blueprint, tools.editor)
    _add_working(blueprint, tools)


def _add_beginning(blueprint: Blueprint, editor: Editor) -> None:
    @blueprint.get("/drafts")
    def drafts() -> str:
        unit = g.user.unit
        rows = editor.drafts.live_drafts(None if unit is None else [unit])
        return render_template("desk/drafts.html", drafts=rows)

    @blueprint.post("/entry/<entry>/edit")
    def edit(entry: str) -> ResponseReturnValue:
        return _begin(lambda: editor.edit(g.user, entry))

    @blueprint.post("/new")
    def new() -> ResponseReturnValue:
        question = form("question")[:100]
        return _begin(lambda: editor.add(g.user, form("department"), lambda id_: written(Form(id_, question)).text))

    @blueprint.post("/file/<department>/edit")
    def edit_file(department: str) -> ResponseReturnValue:
        return _begin(lambda: editor.edit_file(g.user, department))

    @blueprint.post("/draft/<int:draft>/restore")
    def restore(draft: int) -> ResponseReturnValue:
        return _begin(lambda: editor.restore(g.user, draft))


def _add_working(blueprint: Blueprint, tools: Tools) -> None:
    editor = tools.editor

    @blueprint.get("/draft/<int:draft>")
    def draft(draft: int) -> ResponseReturnValue:
        try:
            row = editor.draft(g.user, draft)
        except VoicebotError as error:
            return _sorry(error)
        return _page(tools, row, _of(row, markdown=request.args.get("as") == "markdown"))

    @blueprint.post("/draft/<int:draft>")
    def change(draft: int) -> ResponseReturnValue:
        try:
            row = editor.draft(g.user, draft)
        except VoicebotError as error:
            return _sorry(error)
        return _change(tools, row, form("do"))

    @blueprint.post("/draft/<int:draft>/settle")
    def settle(draft: int) -> ResponseReturnValue:
        version = request.form.get("version", 0, type=int)
        try:
            row = editor.settle(g.user, draft, version, form("standing"), request.form.get("text", ""))
        except Conflict:
            flash("磁盘上的内容又变了，请再对照一次。")
            return redirect(url_for("questions.draft", draft=draft), 303)
        except VoicebotError as error:
            return _sorry(error)
        audit("question.settle", row.entry or row.file)
        flash("按您写的接着改，磁盘上别人的修改您已经看过。")
        return redirect(url_for("questions.draft", draft=draft), 303)


def _begin(make: Callable[[], FaqDraft]) -> ResponseReturnValue:
    try:
        row = make()
    except VoicebotError as error:
        return _sorry(error)
    audit("question.draft", row.entry or row.file)
    return redirect(url_for("questions.draft", draft=row.id), 303)


def _sorry(error: VoicebotError) -> ResponseReturnValue:
    status = {"not-allowed": 403, "no-draft": 404, "no-entry": 404, "no-department": 404}.get(error.code, 409)
    return render_template("desk/question_refused.html", why=error.message), status


def _of(row: FaqDraft, *, markdown: bool = False) -> Typed:
    """The draft as it was saved; as a form where that loses nothing."""
    fields = None if markdown or not row.entry else form_of(row.text)
    return Typed(row.text, fields, written(fields) if fields else None, row.why)


def _typed(row: FaqDraft) -> Typed:
    """The draft as it was sent from the browser."""
    if request.form.get("as") != "form":
        text = request.form.get("text", "").replace("\r\n", "\n").strip("\n")
        return Typed(text, None, None, form("why"))
    saved = form_of(row.text)
    names = ("question", "variants", "keywords", "validity", "basis", "answer", "sms")
    values = {name: request.form.get(name, "") for name in names}
    fields = form_from(row.entry, **values, comments=saved.comments if saved else ())
    lines = written(fields)
    return Typed(lines.text, fields, lines, form("why"))


def _change(tools: Tools, row: FaqDraft, do: str) -> ResponseReturnValue:
    """Save, hand in, publish, give up, or show a panel."""
    typed = _typed(row)
    if do in PANELS:
        return _panel(tools, row, typed, do)
    editor, version = tools.editor, request.form.get("version", 0, type=int)
    if do == "markdown":
        return _page(tools, row, Typed(typed.text, None, None, typed.why))
    if do == "form":
        fields = form_of(typed.text)
        return _page(tools, row, Typed(typed.text, fields, written(fields) if fields else None, typed.why))
    try:
        if do == "discard":
            editor.discard(g.user, row.id)
            audit("question.discard", row.entry or row.file)
            return render_template("desk/draft_gone.html", draft=row)
        text = "" if do == "remove" else typed.text
        saved = editor.save(g.user, row.id, version, text, typed.why, submit=do == "submit")
        audit("question.save", row.entry or row.file)
        if do == "publish":
            return _publish(tools, saved)
    except VoicebotError as error:
        latest = editor.draft(g.user, row.id)
        return _page(tools, latest, typed, status=409, problem=error.message, stale=error.code == "stale")
    flash("已经送审，主管会看到。" if do == "submit" else "草稿存好了，还没有发布。")
    return redirect(url_for("questions.draft", draft=row.id), 303)


def _publish(tools: Tools, row: FaqDraft) -> ResponseReturnValue:
    try:
        done = tools.editor.publish(g.user, row.id, row.version)
    except Conflict:
        return redirect(url_for("questions.draft", draft=row.id), 303)
    except VoicebotError as error:
        markdown = request.form.get("as") != "form"
        return _page(tools, row, _of(row, markdown=markdown), status=422, problem=error.message)
    what = row.entry or row.file
    audit("question.publish", what, done.version.why)
    flash(f"{what} 发布了，几秒钟后线路就用新的内容。" + (f"注意：{done.warning}。" if done.warning else ""))
    if not row.entry:
        return redirect(url_for("questions.page", department=row.department), 303)
    return redirect(url_for("questions.versions", entry=row.entry), 303)


def _page(tools: Tools, row: FaqDraft, typed: Typed, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    live = row.state in (DraftState.OPEN, DraftState.SUBMITTED)
    try:
        conflict = tools.editor.conflict(row) if live else None
    except VoicebotError as error:
        return _sorry(error)
    if conflict is not None:
        rows = side_by_side(conflict.standing, typed.text)
        given = {"draft": row, "typed": typed, "conflict": conflict, "rows": rows, **more}
        return render_template("desk/draft_conflict.html", **given), status
    others = [one for one in tools.editor.drafts.live_drafts(entry=row.entry) if one.id != row.id and row.entry]
    page = render_template(
        "desk/draft.html",
        draft=row,
        typed=typed,
        live=live,
        others=others,
        publishes=may_publish(g.user, row.department),
        formable=bool(row.entry) and typed.form is None and form_of(typed.text) is not None,
        **{"panel": "", "problem": "", "stale": False, "marks": None, **more},
    )
    return page, status


def _marks(tools: Tools, row: FaqDraft, typed: Typed, *, thorough: bool) -> Any:
    if not row.entry:
        return ()
    return tools.bench.check(typed.text, row.department, row.entry, tools.editor.folder.faq(), thorough=thorough)


def _panel(tools: Tools, row: FaqDraft, typed: Typed, do: str) -> ResponseReturnValue:
    """What a button shows: alone for htmx, within the whole page without scripts."""
    values = {"panel": do, **_panel_values(tools, row, typed, do)}
    if "HX-Request" in request.headers:
        return render_template(f"desk/_draft_{do}.html", draft=row, typed=typed, **values)
    return _page(tools, row, typed, **values)


def _panel_values(tools: Tools, row: FaqDraft, typed: Typed, do: str) -> dict[str, Any]:
    bench = tools.bench
    if do == "check":
        return {"marks": _marks(tools, row, typed, thorough="thorough" in request.form)}
    if do == "try":
        question = form("try")[:200]
        trial = bench.ask(question, typed.text, row.department, row.entry) if question else None
        return {"question": question, "trial": trial}
    if do == "confusion":
        return {"taken": bench.confusion(typed.text, row.department, row.entry), "since": SINCE}
    entry = _entry(typed.text)
    return {"heard": tools.listening.hear(f"answers/{row.entry}", entry.answer if entry else "")}


def _entry(text: str) -> Entry | None:
    entries = parse_block(text).entries
    return entries[0] if len(entries) == 1 else None
