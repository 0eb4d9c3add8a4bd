"""高频缺口: what the line could not answer, gathered, and what is done about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.data_files import load_lexicon
from voicebot.errors import VoicebotError
from voicebot.events import typed
from voicebot.matching.lexicon import Lexicon
from voicebot.questions.editor import Editor
from voicebot.questions.folder import Folder
from voicebot.questions.gaps import PERIOD, Saving, entry_text, helped, season
from voicebot.questions.redact import redacted
from voicebot.questions.rights import may_edit, sees
from voicebot.store.counting import ZONE, week_of
from voicebot.store.gaps import GapFilter
from voicebot.store.question_models import GapGroup, GapState
from voicebot.web.desk.forms import form
from voicebot.web.desk.sessions import audit

PAGE = 20
YEAR = timedelta(days=365)
FRESH = timedelta(minutes=1)
CHOICES = 50
"""Groups offered to be joined with."""


class GapDesk:
    """What the pages ask."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.record = bot.record
        self.folder = Folder(bot.settings.faq, lambda: bot.now().astimezone(ZONE).date())
        self.editor = Editor(
            self.folder,
            bot.record,
            bot.settings.data / "publish.lock",
            now=bot.now,
            today=lambda: bot.now().astimezone(ZONE).date(),
        )
        self._lexicon: Lexicon | None = None
        self._helped: tuple[datetime, float | None] | None = None

    @property
    def lexicon(self) -> Lexicon:
        """The matcher's word lists, read when first needed."""
        self._lexicon = self._lexicon or load_lexicon()
        return self._lexicon

    def filter(self, state: GapState, department: str = "", least: int = 1) -> GapFilter:
        """The last 90 days, of what they may see."""
        now = self.bot.now()
        return GapFilter(now - PERIOD, now, sees(g.user) or department or None, state, least)

    def group(self, group: int) -> GapGroup:
        """A group they may see; 404 for any other."""
        found = self.record.gap(group)
        unit = sees(g.user)
        if found is None or (unit is not None and found.department not in (None, unit)):
            abort(404)
        return found

    def helped(self) -> float | None:
        """How often answers of the last 90 days helped; asked of the record once a minute."""
        now = self.bot.now()
        if self._helped is None or now - self._helped[0] >= FRESH:
            self._helped = (now, self._how_often(now))
        return self._helped[1]

    def _how_often(self, now: datetime) -> float | None:
        return helped(list(self.record.fared(week_of(now - PERIOD), week_of(now) + timedelta(weeks=1)).values()))


def gaps_blueprint(bot: Bot) -> Blueprint:
    """`/desk/gaps`."""
    blueprint = Blueprint("gaps", __name__, url_prefix="/desk/gaps")
    desk = GapDesk(bot)
    _add_looking(blueprint, desk)
    _add_deciding(blueprint, desk)
    return blueprint


def _add_looking(blueprint: Blueprint, desk: GapDesk) -> None:
    record = desk.record

    @blueprint.get("")
    def page() -> str:
        wanted = request.args.get("state", "open")
        state = GapState(wanted) if wanted in list(GapState) else GapState.OPEN
        department = request.args.get("department", "")
        number = max(1, request.args.get("page", 1, type=int))
        which = desk.filter(state, department, 2 if state is GapState.OPEN and "all" not in request.args else 1)
        lines, total = record.gap_lines(which, limit=PAGE, offset=(number - 1) * PAGE)
        asked = record.gap_weeks([line.group.id for line in lines], desk.bot.now() - YEAR)
        seasons = {line.group.id: season(asked.get(line.group.id, []), desk.bot.now()) for line in lines}
        share = desk.helped()
        return render_template(
            "desk/gaps.html",
            lines=lines,
            total=total,
            number=number,
            pages=max(1, -(-total // PAGE)),
            seasons=seasons,
            savings={line.group.id: Saving(line.calls, line.group.told, share) for line in lines},
            state=state,
            department=department,
            departments={} if sees(g.user) else {one.id: one.name for one in desk.folder.faq().departments},
            everything="all" in request.args,
        )

    @blueprint.get("/<int:group>")
    def one(group: int) -> str:
        found = desk.group(group)
        now = desk.bot.now()
        asked = record.gap_weeks([group], now - YEAR).get(group, [])
        recent = sum(at >= now - PERIOD for at in asked)
        wordings = record.gap_wordings(group)
        outcomes = [(ticket, redacted(why)) for ticket, why in record.gap_outcomes(group, sees(g.user))]
        lines, _ = record.gap_lines(desk.filter(GapState.OPEN), limit=CHOICES)
        audit("gap.view", str(group))
        departments = {one.id: one.name for one in desk.folder.faq().departments if may_edit(g.user, one.id)}
        return render_template(
            "desk/gap.html",
            group=found,
            wordings=wordings,
            season=season(asked, now),
            saving=Saving(recent, found.told, desk.helped()),
            calls=recent,
            reasons=record.gap_reasons(group, now - PERIOD),
            outcomes=outcomes,
            others=[line for line in lines if line.group.id != group],
            departments=departments,
            nearest=desk.bot.knowledge().understand(typed(found.title)).ranking.best,
            moved=set(request.args.get("moved", "").split(",")),
        )


def _add_deciding(blueprint: Blueprint, desk: GapDesk) -> None:
    record = desk.record

    @blueprint.post("/<int:group>/draft")
    def draft(group: int) -> ResponseReturnValue:
        found = desk.group(group)
        wordings = record.gap_wordings(group)
        today = desk.bot.now().astimezone(ZONE).date()

        def text(id_: str) -> str:
            return entry_text(id_, found.title, wordings, desk.lexicon, today)

        try:
            row = desk.editor.add(g.user, form("department") or found.department or "", text, gap=group)
        except VoicebotError as error:
            return render_template("desk/question_refused.html", why=error.message), 403
        record.decide_gap(group, GapState.DRAFTED, g.user.id, row.id)
        audit("gap.draft", str(group), row.entry)
        flash("起好了草稿：问法和关键词已经填上，请写答案，再删去不合适的问法。")
        return redirect(url_for("questions.draft", draft=row.id), 303)

    @blueprint.post("/<int:group>/split")
    def split(group: int) -> ResponseReturnValue:
        desk.group(group)
        chosen = [int(id_) for id_ in request.form.getlist("question") if id_.isdigit()]
        made = record.split_gap(group, chosen, g.user.id)
        if made is None:
            flash("请勾选要分出去的说法；不能一条不选，也不能全选。")
            return redirect(url_for("gaps.one", group=group), 303)
        audit("gap.split", str(group), str(made.id))
        flash(f"分出了 {len(chosen)} 种说法，成了现在这一组。以后也按这样分。要还原，用下面的“合并”。")
        return redirect(url_for("gaps.one", group=made.id), 303)

    @blueprint.post("/<int:group>/join")
    def join(group: int) -> ResponseReturnValue:
        desk.group(group)
        other = request.form.get("other", 0, type=int)
        title = desk.group(other).title
        moved = record.join_gaps(group, other, g.user.id)
        if moved is None:
            flash("这两组不能合并。")
            return redirect(url_for("gaps.one", group=group), 303)
        audit("gap.join", str(group), str(other))
        flash(f"“{title}”并进来了，共 {len(moved)} 种说法。以后新的来电也按这样合。要还原，勾上它们再点“分出去”。")
        return redirect(url_for("gaps.one", group=group, moved=",".join(map(str, moved))), 303)

    @blueprint.post("/<int:group>/decide")
    def decide(group: int) -> ResponseReturnValue:
        desk.group(group)
        state = GapState.DISMISSED if form("state") == "dismissed" else GapState.OPEN
        record.decide_gap(group, state, g.user.id)
        audit("gap.decide", str(group), str(state))
        flash("放到“不写进问答”里了，随时可以放回来。" if state is GapState.DISMISSED else "放回待处理了。")
        return redirect(url_for("gaps.one", group=group), 303)
