"""What the line says, by name. The words live in data files; this is their shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voicebot.dialogue.commands import Clip, Reason
from voicebot.errors import ContentError
from voicebot.faq import Entry

APART = {
    "首次": "apart_new",
    "补办": "apart_lost",
    "到期": "apart_expired",
    "注销": "apart_cancel",
    "更正": "apart_correct",
    "本地": "apart_local",
    "外地": "apart_elsewhere",
    "个人": "apart_person",
    "单位": "apart_company",
    "缴": "apart_pay",
    "领": "apart_receive",
    "买": "apart_buy",
    "卖": "apart_sell",
    "租": "apart_rent",
    "结婚": "apart_marry",
    "离婚": "apart_divorce",
    "职工": "apart_employees",
    "居民": "apart_residents",
    "住院": "apart_inpatient",
    "门诊": "apart_outpatient",
    "孩子": "apart_child",
    "老人": "apart_elderly",
    "大人": "apart_adult",
}
"""The prompt that names one side of a choice, by the contrasting word of the word list (`matching.difference`)."""

PROMPTS = (
    *APART.values(),
    "greeting",
    "green",
    "listening",
    "rephrase",
    "repeat_please",
    "after_answer",
    "still_there",
    "free_to_go",
    "confirm_lead",
    "confirm_tail",
    "choose_lead",
    "choose_or",
    "choose_keys",
    "choose_keys_three",
    "slower",
    "nothing_to_repeat",
    "ask_other",
    "hand_over",
    "hand_over_sorry",
    "hand_over_fault",
    "hand_over_silence",
    "handed_on",
    "handing_on_wait",
    "emergency",
    "complaint",
    "take_message",
    "take_message_fault",
    "message_saved",
    "message_empty",
    "goodbye",
    "whisper",
    "ringing_wait",
    "ringing_next",
    "wait_keys",
    "queue_first",
    "queue_lead",
    "queue_tail",
    "wait_lead",
    "callback_offer",
    "nobody_open",
    "nobody_closed",
    "registered",
    "promise_lead",
    "promise_tail",
    "message_offer",
    "callback_booked",
    "rate",
    "rate_thanks",
    "rate_complaint",
    "green_offer",
    "green_saved",
    "whisper_key",
    "whisper_asked",
    "whisper_green",
    "whisper_complaint",
    "whisper_emergency",
    "whisper_not_understood",
    "whisper_silence",
    "whisper_not_solved",
    "whisper_busy",
    "whisper_fault",
    "whisper_handed_on",
    "hand_on_lead",
    "hand_on_back",
    "hand_on_sent",
    "hand_on_stay",
    "hand_on_waiting",
    "hand_on_met",
    "hand_on_taken_back",
    "whisper_about",
    "whisper_answered",
    "whisper_gone",
    "whisper_late",
    "whisper_lost",
    "whisper_callback",
    "callback_connecting",
    "callback_no_answer",
    "hello_callback",
    "callback_tried_lead",
    "callback_tried_tail",
    "callback_settled",
    "after_answer_text",
    "text_sent",
    "text_offer",
    "text_saved",
    "message_kept",
)
"""Every prompt the line must have."""


@dataclass(frozen=True, slots=True)
class Script:
    """Prompts the caller hears and one-line summaries the staff get. Made by `script_from`."""

    prompts: Mapping[str, str]
    summaries: Mapping[str, str]

    def clip(self, prompt: str) -> Clip:
        """The prompt with that name; `KeyError` if there is none."""
        return Clip(f"prompts/{prompt}", self.prompts[prompt])

    def sides(self, apart: tuple[str, str] | None) -> tuple[Clip, Clip] | None:
        """The two sides of a choice by what tells them apart; None when that has no words of ours."""
        if apart is None or any(side not in APART for side in apart):
            return None
        first, second = (self.clip(APART[side]) for side in apart)
        return first, second

    def summary(self, reason: Reason, *, heard: str, question: str, answered: bool) -> str:
        """One Chinese line for the person who picks up."""
        parts = [self.summaries[reason].format(heard=heard, question=question)]
        if question:
            parts.append(self.summaries["answered" if answered else "about"].format(question=question))
        return "".join(parts)


def script_from(prompts: Mapping[str, str], summaries: Mapping[str, str]) -> Script:
    """A script from parsed TOML. Raises `ContentError` naming every text that is missing, empty or unknown."""
    needed = {
        "prompts.toml": set(PROMPTS),
        "summaries.toml": {*(str(reason) for reason in Reason), "about", "answered"},
    }
    problems = []
    for (file, names), texts in zip(needed.items(), (prompts, summaries), strict=True):
        blank = {name for name in names & texts.keys() if not isinstance(texts[name], str) or not texts[name].strip()}
        problems += [f"{file}: 缺少 {name}" for name in sorted((names - texts.keys()) | blank)]
        problems += [f"{file}: 不认识 {name}" for name in sorted(texts.keys() - names)]
    if problems:
        raise ContentError("script", "；".join(problems))
    return Script(dict(prompts), dict(summaries))


def answer_clip(entry: Entry) -> Clip:
    """The spoken answer of an entry."""
    return Clip(f"answers/{entry.id}", entry.answer)


def question_clip(entry: Entry) -> Clip:
    """The question of an entry, as asked back."""
    return Clip(f"questions/{entry.id}", entry.question)
