"""What an utterance means in each state, and what follows from it. Pure.

The order never changes: sounds without words do nothing; a person, danger or a complaint go first; then the answer to
what we asked; then repeat, slower and goodbye; then the question itself.
"""

from __future__ import annotations

from voicebot.dialogue.commands import Decision, Reason
from voicebot.dialogue.conversation import Commands, Conversation
from voicebot.dialogue.memory import State
from voicebot.events import UtteranceHeard
from voicebot.matching.matter import BRIEF, named
from voicebot.matching.replies import PICKS, Reply, denies, reply
from voicebot.matching.text import tidy
from voicebot.matching.types import Outcome, Understanding

NO_WORDS_S = 1.0
"""Seconds of voice without one recognised word that still count as a failed attempt to tell us something."""

ECHO = 5
"""Syllables."""
FEWEST = 2
"""Syllables."""
SLOWEST = 1.15
"""Syllables in a second of voice; people make two at least, but for the odd drawn-out word."""
BRIEFEST = 0.35
"""Seconds of voice."""
UNREAD_S = 2.0
"""Seconds of voice with hardly a word recognised in them that are a failed attempt to tell us something."""

_TO_A_PERSON = {
    Outcome.HUMAN: Reason.ASKED,
    Outcome.EMERGENCY: Reason.EMERGENCY,
    Outcome.COMPLAINT: Reason.COMPLAINT,
}


def may_ask(event: UtteranceHeard) -> bool:
    """What was heard may be something one asks: not a lone syllable, nor words faster or slower than anyone speaks, as
    music is heard. Typed text has no length.
    """
    said = len(tidy(event.hypotheses[0].text)) if event.hypotheses else 0
    spoken = event.audio_s >= BRIEFEST or not event.audio_s
    return spoken and said >= FEWEST and said >= SLOWEST * event.audio_s


def _is_echo(call: Conversation, event: UtteranceHeard) -> bool:
    """Our own words, and so many that nobody else would say them: “转人工” counts although we say it too."""
    heard = event.hypotheses[0].text
    return len(tidy(heard)) >= ECHO and call.is_echo(heard)


def _nobody_asked(call: Conversation, event: UtteranceHeard) -> Commands:
    """An echo or a stray sound changes nothing, but danger and the wish for a person are heard even so; of somebody who
    spoke long, hardly a word was understood.
    """
    echo = _is_echo(call, event)
    call.voice_ended(() if echo else event.hypotheses)
    if not echo:
        if person := _person(call, event):
            return person
        if event.audio_s >= UNREAD_S and call.memory.playing is None:
            return _failed(call, event, "repeat_please")
    return [call.turn(Decision.IGNORED, call.memory.state, heard=event)]


def heard_question(call: Conversation, event: UtteranceHeard) -> Commands:
    """LISTENING and ANSWERED: the caller may ask anything."""
    if event.hypotheses and (_is_echo(call, event) or not may_ask(event)):
        return _nobody_asked(call, event)
    said = _begin(call, event)
    if said is None:
        return _no_words(call, event)
    return _person(call, event) or _courtesy(call, event, said) or _question(call, event)


def heard_reply_to_confirm(call: Conversation, event: UtteranceHeard) -> Commands:
    """CONFIRMING: yes, no, or the question in other words."""
    said = _begin(call, event, backchannel_is_yes=True)
    if said is None:
        return _no_words(call, event)
    entry = call.memory.asked[0]
    if said is Reply.YES:
        return _answer(call, event, entry)
    if said is Reply.NO:
        return call.refuse_asked(heard=event)
    return _person(call, event) or _courtesy(call, event, said) or _question(call, event, asked=(entry,))


def heard_reply_to_choice(call: Conversation, event: UtteranceHeard) -> Commands:
    """CHOOSING: one of them, none, or the question in other words."""
    said = _begin(call, event)
    if said is None:
        return _no_words(call, event)
    asked = call.memory.asked
    if isinstance(said, Reply) and PICKS.get(said, len(asked)) < len(asked):
        return _answer(call, event, asked[PICKS[said]])
    if meant := _side_named(call, event) or _title_named(call, event):
        return _answer(call, event, meant)
    if said is Reply.NO:
        return call.refuse_asked(heard=event)
    return _person(call, event) or _courtesy(call, event, said) or _question(call, event, asked=asked)


def _side_named(call: Conversation, event: UtteranceHeard) -> str | None:
    """Which entry the caller means who says one of the words we told the two apart by (“丢了的”)."""
    if call.memory.apart is None or len(tidy(event.hypotheses[0].text)) > BRIEF:
        return None
    contrasts = call.knowledge.understand(event.hypotheses).contrasts
    sides = zip(call.memory.asked, call.memory.apart, strict=True)
    meant = [entry for entry, side in sides if side in contrasts]
    return meant[0] if len(meant) == 1 else None


def _title_named(call: Conversation, event: UtteranceHeard) -> str | None:
    """Which entry the caller means who says a part of one question we named."""
    return named(event.hypotheses[0].text, {one: call.knowledge.faq[one].question for one in call.memory.asked})


def heard_in_transit(call: Conversation, event: UtteranceHeard) -> Commands:
    """LEAVING: only a call for a person is heard."""
    return _person(call, event)


def heard_while_waiting(call: Conversation, event: UtteranceHeard) -> Commands:
    """TRANSFERRING: danger or a complaint goes first; then “一” or “回电” is a call back, “二” or “留言” a message.

    All else stops nothing.
    """
    said = reply(event.hypotheses) if event.hypotheses else None
    call.voice_ended(event.hypotheses)
    state = call.memory.state
    understanding = call.knowledge.understand(event.hypotheses) if event.hypotheses else Understanding(Outcome.UNSURE)
    if understanding.outcome in (Outcome.EMERGENCY, Outcome.COMPLAINT):
        turn = call.turn(Decision.HANDED_OVER, state, heard=event, understanding=understanding)
        return [turn, *call.hand_over_again(_TO_A_PERSON[understanding.outcome])]
    if said in (Reply.FIRST, Reply.CALLBACK):
        commands, decision = call.call_back(), Decision.CALLBACK
    elif said in (Reply.SECOND, Reply.MESSAGE):
        commands, decision = call.leave_message(), Decision.MESSAGE
    else:
        return []
    left = call.memory.state is not state
    return [call.turn(decision if left else Decision.PROMPTED, state, heard=event), *commands]


def _begin(call: Conversation, event: UtteranceHeard, *, backchannel_is_yes: bool = False) -> Reply | Outcome | None:
    """Note what was heard. None when there is nothing to act on: no words, or a mere “嗯”."""
    call.voice_ended(event.hypotheses)
    if not event.hypotheses or not event.hypotheses[0].text:
        return None
    said = reply(event.hypotheses)
    if said is Reply.BACKCHANNEL:
        return Reply.YES if backchannel_is_yes and call.memory.playing is None else None
    call.made_sense()
    return said or Outcome.UNSURE


def _no_words(call: Conversation, event: UtteranceHeard) -> Commands:
    """A cough or “嗯” changes nothing; a second of voice we could not read is a failed attempt."""
    if event.hypotheses or event.audio_s < NO_WORDS_S or call.memory.playing is not None:
        return [call.turn(Decision.IGNORED, call.memory.state, heard=event)] if event.hypotheses else []
    return _failed(call, event, "repeat_please")


def _person(call: Conversation, event: UtteranceHeard) -> Commands:
    """A person asked for, danger or a complaint; empty for anything else."""
    understanding = call.knowledge.understand(event.hypotheses) if event.hypotheses else Understanding(Outcome.UNSURE)
    reason = _TO_A_PERSON.get(understanding.outcome)
    if reason is None:
        return []
    turn = call.turn(Decision.HANDED_OVER, call.memory.state, heard=event, understanding=understanding)
    return [turn, *call.hand_over(reason)]


def _courtesy(call: Conversation, event: UtteranceHeard, said: Reply | Outcome) -> Commands:
    """Say it again, slower, goodbye; empty for anything else."""
    state = call.memory.state
    if said is Reply.REPEAT:
        return [call.turn(Decision.REPEATED, state, heard=event), *call.repeat()]
    if said is Reply.SLOWER:
        return [call.turn(Decision.SLOWED, state, heard=event), *call.slow_down()]
    if said is Reply.TEXT and state is State.ANSWERED and (commands := call.text_answer()):
        return [call.turn(Decision.TEXTED, state, heard=event), *commands]
    if said is Reply.DONE and call.memory.answers:
        return [call.turn(Decision.FAREWELL, state, heard=event), *call.ask_rating()]
    if said in (Reply.YES, Reply.NO, *PICKS, Reply.TEXT, Reply.DONE):
        return _failed(call, event, "ask_other" if call.memory.answers else "listening")
    return []


def _question(call: Conversation, event: UtteranceHeard, asked: tuple[str, ...] = ()) -> Commands:
    """The caller's question. One we have just asked about, said again, is a yes to it, unless it begins with a no."""
    denied = len(asked) == 1 and denies(event.hypotheses)
    if denied:
        call.refuse()
    least, refused = call.tuning.confirm, call.memory.refused
    understanding = call.knowledge.understand(event.hypotheses).without(refused, least)
    options, state = understanding.options, call.memory.state
    if not options or understanding.offers_again(asked):
        return _failed(call, event, "rephrase", understanding)
    if options[0] in asked and (denied or not understanding.means(options[0])):
        return _failed(call, event, "rephrase", understanding.as_unsure())
    if understanding.outcome is Outcome.ANSWER or options[0] in asked:
        return _answer(call, event, options[0], understanding)
    if asked and call.memory.failures + 1 >= call.tuning.max_failures:
        return _failed(call, event, "rephrase", understanding)
    instead = understanding.instead((*refused, *options), least)
    if len(options) > 1:
        commands, decision = call.ask_choice(options, understanding.apart, instead), Decision.ASKED_CHOICE
    else:
        commands, decision = call.ask_confirm(options[0], instead), Decision.ASKED_CONFIRM
    if asked:
        call.count_failure()
    return [call.turn(decision, state, heard=event, understanding=understanding), *commands]


def _answer(
    call: Conversation, event: UtteranceHeard, entry: str, understanding: Understanding | None = None
) -> Commands:
    return call.answer_asked(entry, heard=event, understanding=understanding)


def _failed(
    call: Conversation, event: UtteranceHeard, prompt: str, understanding: Understanding | None = None
) -> Commands:
    return call.failed_asked(prompt, heard=event, understanding=understanding)
