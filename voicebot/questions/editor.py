"""Editing and publishing: drafts in the record, files on disk, and nothing of anybody lost between them.

A draft remembers what stood on disk when it was begun. Whoever publishes over something else is shown both sides and
decides; nothing is ever overwritten unseen, whether it was changed here, in an editor or by git.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from voicebot.faq.blocks import plain_ends
from voicebot.faq.entry import Faq, Problem
from voicebot.faq.lint import check
from voicebot.faq.load import combine
from voicebot.faq.parse import ParsedFile, free_ids, parse
from voicebot.faq.source import read_source
from voicebot.questions.folder import Folder
from voicebot.questions.publishing import Conflict, EditRefused, Press, Put, Signature, Target, changed_file, standing
from voicebot.questions.rights import Staff, may_edit, may_publish
from voicebot.store.drafts import LIVE, DraftOf, Drafts
from voicebot.store.question_models import DraftState, FaqDraft, FaqVersion

__all__ = ["Conflict", "EditRefused", "Editor", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """What came of publishing."""

    version: FaqVersion
    warning: str = ""
    """What did not work beside it, for the clerk."""


class Editor:
    """What staff do with the FAQ. Methods may raise `EditRefused`, `ContentError` and `StoreLost`."""

    def __init__(
        self, folder: Folder, drafts: Drafts, lock: Path, *, now: Callable[[], datetime], today: Callable[[], date]
    ) -> None:
        """`lock`: a file outside of the FAQ folder, for one writer at a time."""
        self.folder = folder
        self.drafts = drafts
        self._press = Press(folder, lock)
        self._now = now
        self._today = today

    # Drafts

    def edit(self, staff: Staff, entry: str) -> FaqDraft:
        """The draft of an entry on disk, begun now unless there is one of theirs."""
        found = self.folder.entry(entry)
        if found is None:
            raise EditRefused("no-entry", f"磁盘上没有编号 {entry} 的问答，可能刚被删掉")
        self._must(may_edit(staff, found.department), "edit")
        of = DraftOf(found.department, found.file.name, entry)
        base = standing(self.folder, Target(of.file, entry))
        return self.drafts.begin_draft(of, base, base, author=staff.id, name=staff.name)

    def add(self, staff: Staff, department: str, text: Callable[[str], str], gap: int | None = None) -> FaqDraft:
        """A draft of a new entry; `text` writes its Markdown for the id it is given."""
        self._must(may_edit(staff, department), "edit")
        file = self.file_of(department)
        taken = {one.id for one in self.folder.faq().entries}
        taken |= {draft.entry for draft in self.drafts.live_drafts([department])}
        entry = next(free_ids(department, taken))
        of = DraftOf(department, file, entry)
        return self.drafts.begin_draft(of, "", text(entry), author=staff.id, name=staff.name, gap=gap)

    def edit_file(self, staff: Staff, department: str) -> FaqDraft:
        """The draft of a department's whole file."""
        self._must(may_edit(staff, department), "edit")
        of = DraftOf(department, self.file_of(department))
        base = standing(self.folder, Target(of.file))
        return self.drafts.begin_draft(of, base, base, author=staff.id, name=staff.name)

    def file_of(self, department: str) -> str:
        """The name of a department's file."""
        found = self.folder.department(department)
        if found is None:
            raise EditRefused("no-department", f"问答文件夹里没有部门 {department}")
        return found.file.name

    def draft(self, staff: Staff, draft: int) -> FaqDraft:
        """A draft that they may see."""
        row = self.drafts.draft(draft)
        if row is None or not may_edit(staff, row.department):
            raise EditRefused("no-draft", "没有这份草稿，或者它不属于您的部门")
        return row

    def save(
        self, staff: Staff, draft: int, version: int, text: str, why: str = "", *, submit: bool = False
    ) -> FaqDraft:
        """Keep what was typed; `submit` asks for it to be published."""
        row = self._writable(staff, draft)
        state = DraftState.SUBMITTED if submit else DraftState.OPEN
        saved = self.drafts.save_draft(row.id, version, text=plain_ends(text).strip("\n"), why=why.strip(), state=state)
        if saved is None:
            raise EditRefused("stale", "这份草稿在另一个窗口里存过，请先对照：下面是您刚才写的，没有丢")
        return saved

    def discard(self, staff: Staff, draft: int) -> FaqDraft:
        """Give a draft up; `restore` brings it back."""
        row = self._writable(staff, draft)
        self.drafts.close_draft(row.id, DraftState.DISCARDED)
        return row

    def restore(self, staff: Staff, draft: int) -> FaqDraft:
        """A discarded draft, open again."""
        row = self.draft(staff, draft)
        self._must(row.author == staff.id or may_publish(staff, row.department), "edit")
        if not self.drafts.reopen_draft(draft):
            raise EditRefused("not-discarded", "这份草稿没有被放弃过")
        return row

    def text_of(self, file: str, entry: str) -> str:
        """What stands on disk now; empty when there is no such entry."""
        return standing(self.folder, Target(file, entry))

    def standing(self, draft: FaqDraft) -> str:
        """The same in the place of a draft."""
        return self.text_of(draft.file, draft.entry)

    def conflict(self, draft: FaqDraft) -> Conflict | None:
        """What changed on disk since the draft was begun; None when nothing did."""
        now = self.standing(draft)
        return None if now == plain_ends(draft.base) else Conflict(draft.base, now)

    def settle(self, staff: Staff, draft: int, version: int, standing_then: str, text: str) -> FaqDraft:
        """They have seen `standing_then` on disk and decided for `text`: from now on the draft is a change of that.
        Raises `Conflict` when the disk has changed once more.
        """
        row = self._writable(staff, draft)
        seen, now = plain_ends(standing_then), self.standing(row)
        if seen != now:
            raise Conflict(seen, now)
        text = plain_ends(text).strip("\n")
        saved = self.drafts.save_draft(row.id, version, text=text, why=row.why, state=DraftState.OPEN, base=now)
        if saved is None:
            raise EditRefused("stale", "这份草稿在另一个窗口里存过，请重新打开")
        return saved

    # Publishing

    def publish(self, staff: Staff, draft: int, version: int) -> Published:
        """Put a draft on disk. Raises `Conflict` when the disk is another than it was begun from, `EditRefused` when
        the line could not serve it; the draft stays then.
        """
        row = self._writable(staff, draft)
        self._must(may_publish(staff, row.department), "publish")
        if row.version != version:
            raise EditRefused("stale", "这份草稿刚才又改过，请看过再发布")
        if plain_ends(row.text) == plain_ends(row.base):
            raise EditRefused("unchanged", "和现在的内容一样，没有要发布的")
        why = row.why or ("新增" if not row.base else "修改")
        by = Signature(staff.id, staff.name, self._message(row.entry or row.file, why, row.author_name, staff.name))
        target = Target(row.file, row.entry)
        published = self._put(target, row.department, plain_ends(row.base), row.text, by)
        self.drafts.close_draft(row.id, DraftState.PUBLISHED, published.version)
        return published

    def put_back(self, staff: Staff, file: str, entry: str, text: str, seen: str, why: str) -> Published:
        """Make an entry say again what it said before (`text`; empty: take it out), in the place of what they saw."""
        found = next((one for one in self.folder.faq().departments if one.file.name == file), None)
        if found is None:
            raise EditRefused("no-department", f"问答文件夹里没有 {file}")
        self._must(may_publish(staff, found.id), "publish")
        by = Signature(staff.id, staff.name, self._message(entry or file, f"撤回：{why}", staff.name, staff.name))
        published = self._put(Target(file, entry), found.id, plain_ends(seen), text, by)
        self.drafts.keep_version(published.version)
        return published

    def _put(self, target: Target, department: str, base: str, text: str, by: Signature) -> Published:
        with self._press.held():
            now = standing(self.folder, target)
            if now != base:
                raise Conflict(base, now)
            self._must_be_servable(target, text)
            put: Put = self._press.put(target, base, text, by)
        version = FaqVersion(
            at=self._now(),
            department=department,
            file=target.file,
            entry=target.entry,
            who=by.id,
            name=by.name,
            why=by.why.partition("\n")[0],
            before=base,
            after=plain_ends(text),
            commit=put.commit,
        )
        left = [fault for fault in self.faults() if Path(fault.file).name == target.file]
        held_up = f"文件里还有别的错误（第 {left[0].line} 行），改好以前线路继续用上一版" if left else ""
        return Published(version, "；".join(part for part in (put.warning, held_up) if part))

    def faults(self) -> tuple[Problem, ...]:
        """Errors of reading that are on disk now: while there are any, the line serves the last good version."""
        return self.folder.faq().errors

    def _must_be_servable(self, target: Target, text: str) -> None:
        """No errors but those that were there before. Raises `EditRefused`."""
        content = changed_file(self.folder, target, text)
        shown = Path(self.folder.path.name) / target.file
        changed = parse(read_source(content).text, shown)
        after = self._problems(changed)
        before = self._problems(None) if after else ()
        known = {(fault.file, fault.code, fault.message) for fault in before}
        new = [fault for fault in after if (fault.file, fault.code, fault.message) not in known]
        if target.entry and text:
            ids = [entry.id for entry in changed.entries]
            if target.entry not in ids:
                raise EditRefused("other-id", f"编号要写成 {target.entry}，改编号请新建一条，再删掉旧的")
        if new:
            raise EditRefused("broken", f"有错误，不能发布：{new[0].message}（{new[0].file} 第 {new[0].line} 行）")

    def _problems(self, changed: ParsedFile | None) -> tuple[Problem, ...]:
        """Errors of the whole folder, with one file replaced."""
        files = [changed if changed and one.file == changed.file else one for one in self.folder.files()]
        faq = combine(files, self._today())
        return Faq(problems=check(Faq(faq.departments, faq.entries, faq.problems), alike=False)).errors

    @staticmethod
    def _message(what: str, why: str, author: str, publisher: str) -> str:
        """For the commit: what and why; who wrote it when another published it."""
        line = f"{what}：{' '.join(why.split())}"
        return line if author == publisher else f"{line}\n\n起草：{author}；发布：{publisher}"

    def _writable(self, staff: Staff, draft: int) -> FaqDraft:
        """A live draft that is theirs to change: their own, or of whom they supervise."""
        row = self.draft(staff, draft)
        if row.state not in LIVE:
            raise EditRefused("closed", "这份草稿已经发布或者放弃了")
        self._must(row.author == staff.id or may_publish(staff, row.department), "edit")
        return row

    @staticmethod
    def _must(allowed: bool, what: str) -> None:
        if not allowed:
            words = {"edit": "只能改本部门的问答", "publish": "发布和撤回由主管来做，请点“送审”"}
            raise EditRefused("not-allowed", words[what])
