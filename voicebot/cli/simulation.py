"""What `voicebot simulate` does once its options are read: builds the bot, the caller's line, and runs the call."""

from __future__ import annotations

import sys
import time
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import click
import soundfile
from rich.console import Console

from voicebot import audio, content, wiring
from voicebot.audio import Pcm
from voicebot.bot import Bot
from voicebot.call import run_call
from voicebot.errors import DeviceError, FaultError, SpeechLost
from voicebot.events import CallStarted
from voicebot.lines.devices import Loudspeaker, Microphone, sound_system
from voicebot.lines.exchange import Desk, Exchange
from voicebot.lines.jsonl import JsonLines
from voicebot.lines.keyboard import Keyboard
from voicebot.lines.microphone import MicrophoneLine
from voicebot.lines.mouth import Mouth
from voicebot.lines.plain_ear import PlainEar
from voicebot.lines.realtime import RealTime
from voicebot.lines.script import PatientEar, ScriptLine, no_pace
from voicebot.lines.transcript import Transcript
from voicebot.lines.turns import Sounded, TimedKey, Turn, typed_turns
from voicebot.lines.watch import Tell, TimedLine, Watched
from voicebot.speech.pool import SpeechPool
from voicebot.store.words import Channel

SPEECH_START_S = 60.0
"""Longest wait for the recogniser to load; then the call comes in without it, as it would on the phone."""
NAP_S = 0.01


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    turns: tuple[Turn, ...]
    keys: tuple[TimedKey, ...]
    number: str
    green: bool
    desk: Desk
    aloud: bool | None
    """None: whatever suits the way of calling."""
    half_duplex: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Call:
    """Everything around the line of one call."""

    id: str
    bot: Bot
    channel: Channel
    opening: CallStarted
    ear: PatientEar
    exchange: Exchange
    transcript: Transcript
    tell: Tell
    aloud: bool
    """Someone listens, so a script has to keep real time."""

    def script(self, turns: Iterable[Turn], keys: Iterable[TimedKey]) -> ScriptLine:
        """A line that plays the caller."""
        pace = RealTime(time.monotonic, time.sleep) if self.aloud else no_pace
        return ScriptLine(
            turns,
            keys,
            exchange=self.exchange,
            ear=self.ear,
            opening=self.opening,
            nap=partial(time.sleep, NAP_S),
            pace=pace,
        )

    def run(self, line: TimedLine) -> None:
        """Run the call to its end. Raises `FaultError` when the line broke before."""
        record = self.bot.record.for_call(self.id, channel=self.channel)
        watched = Watched(line, record, self.tell)
        run_call(watched, self.bot.dialogue(), watched)
        if not watched.ended:
            raise FaultError("line-broke", "通话没有正常结束，原因见上面的日志。")


def by_microphone(options: Options, microphone: Microphone | None = None) -> None:
    """A call at the microphone. Raises `DeviceError` when there is none."""
    microphone = microphone or Microphone(sound_system())
    with calling(options, Channel.MIC, hears=True, aloud=True) as call:
        call.transcript.hint("keys")
        with call.transcript.live(), microphone, Keyboard(sys.stdin.fileno(), microphone.typed):
            line = MicrophoneLine(
                microphone,
                exchange=call.exchange,
                ear=call.ear,
                opening=call.opening,
                half_duplex=options.half_duplex,
            )
            call.run(line)


def by_script(options: Options) -> None:
    """A call from the texts, sounds and keys of the command line."""
    hears = any(isinstance(turn, Sounded) for turn in options.turns)
    with calling(options, Channel.SCRIPT, hears=hears, aloud=False) as call:
        call.run(call.script(options.turns, options.keys))


def by_typing(options: Options) -> None:
    """A call from lines of standard input, read when it is the caller's turn."""
    interactive = sys.stdin.isatty()
    with calling(options, Channel.SCRIPT, hears=False, aloud=interactive) as call:
        if interactive:
            call.transcript.hint("prompt")
        call.run(call.script(typed_turns(_lines(interactive)), ()))


def by_what_there_is(options: Options) -> None:
    """The microphone on a terminal; typing where there is no microphone, or no terminal."""
    microphone = None
    if sys.stdin.isatty():
        try:
            microphone = Microphone(sound_system())
        except DeviceError as error:
            click.echo(error.message, err=True)
    if microphone:
        by_microphone(options, microphone)
    else:
        by_typing(options)


def _lines(interactive: bool) -> Iterator[str]:
    """Lines as they are typed. Ctrl-C ends them as the end of the input does."""
    try:
        while True:
            if interactive:
                click.echo("> ", nl=False, err=True)
            line = sys.stdin.readline()
            if not line:
                return
            yield line
    except KeyboardInterrupt:
        click.echo(err=True)


@contextmanager
def calling(options: Options, channel: Channel, *, hears: bool, aloud: bool) -> Iterator[Call]:
    """A call about to begin. `hears`: speech has to be recognised; `aloud`: what is said should be heard if it can.

    Raises `VoicebotError` for whatever keeps the line from working.
    """
    with ExitStack() as stack:
        bot = stack.enter_context(wiring.running(wiring.settings(), workers=1 if hears else 0))
        ear = _open_ear(bot) if hears else None
        heard_by = ear or PlainEar()
        stack.callback(heard_by.close)
        number = f"SIM{uuid.uuid4().hex}"
        bot.record.call_started(number, options.number, "", channel)
        caller = bot.record.caller(number)
        caller = replace(caller, green=caller.green or options.green)
        loudspeaker = _open_loudspeaker(options.aloud, aloud, stack)
        mailbox = partial(keep_message, bot, number)
        transcript = _transcript(bot, Console(stderr=options.as_json, highlight=False))
        yield Call(
            id=number,
            bot=bot,
            channel=channel,
            opening=CallStarted(caller, speech_ready=not hears or ear is not None),
            ear=heard_by,
            exchange=Exchange(Mouth(bot.voice, loudspeaker), options.desk, mailbox),
            transcript=transcript,
            tell=JsonLines(click.echo) if options.as_json else transcript,
            aloud=loudspeaker is not None,
        )


def _transcript(bot: Bot, console: Console) -> Transcript:
    names = {department.id: department.name for department in bot.knowledge().faq.departments}
    return Transcript(console, tomllib.loads(content.data_text("transcript.toml")), names)


def _open_ear(bot: Bot) -> PatientEar | None:
    """An ear, once the recogniser is there; None when it does not come."""
    if isinstance(bot.ears, SpeechPool):
        bot.ears.wait_ready(SPEECH_START_S)
    try:
        ear = bot.ears.open()
        if not isinstance(ear, PatientEar):
            raise SpeechLost("speech-hurried", "这个语音识别不能比说话更快地听")
        return ear
    except SpeechLost as error:
        click.echo(error.message, err=True)
        return None


def _open_loudspeaker(asked: bool | None, usual: bool, stack: ExitStack) -> Loudspeaker | None:
    """The loudspeaker if it is wanted; having none matters only to those who asked for it."""
    if not (usual if asked is None else asked):
        return None
    try:
        return stack.enter_context(Loudspeaker(sound_system()))
    except DeviceError as error:
        if asked:
            raise
        click.echo(error.message, err=True)
        return None


def keep_message(bot: Bot, call: str, pcm: Pcm) -> None:
    """Store a message where the staff hears the ones from the phone. Raises `OSError` or `StoreLost`."""
    folder = bot.settings.data / "messages"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{call}-{uuid.uuid4().hex[:8]}.wav"
    with file.open("xb") as out:
        soundfile.write(out, pcm, audio.RATE, format="WAV", subtype="PCM_16")
    bot.record.message_taken(call, file.as_uri(), len(pcm) / audio.RATE)
    bot.record.message_fetched(call, file.as_uri(), str(file))
