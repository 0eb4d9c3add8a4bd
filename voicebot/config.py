"""Settings (environment) and tuning (data files) as frozen values. Reading them is `wiring`'s job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from voicebot.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """What varies between deployments. Made by `settings_from`."""

    data: Path
    """Folder for the SQLite file, messages, caches."""
    faq: Path
    recordings: Path
    model: str
    """Name of an installed speech model or a folder; ``bundled`` is the one in the package."""
    database_url: str
    """SQLAlchemy URL."""
    secret: str
    """Key for hashing caller numbers and signing sessions; empty: one is made and kept in `data`."""
    public_url: str
    """What Twilio calls and signs, without a trailing slash; empty when there is no phone."""
    account_sid: str
    auth_token: str
    desk_number: str
    """The number rung when the caller needs a person (E.164); empty: a message is taken."""
    line_number: str
    """The line's own number, shown to staff as caller id (E.164); empty: the number that was called."""
    api_url: str
    """The provider's REST address, without a trailing slash; another than Twilio's only for an emulated one."""
    sms: str
    """How text messages leave: ``off``, ``twilio``, or ``file``: into a file of the data folder."""
    sms_cn: bool
    """Text messages may go to +86 numbers too; Twilio carries none back from there."""
    calls_back: bool
    """The line places promised calls back by itself; otherwise `voicebot callbacks run` does, or staff dial."""
    speech_servers: tuple[str, ...]
    """Addresses of standard Vosk servers that listen instead of this machine, as long as they are there."""
    keep_days: int
    """Days after which everything personal of a call that is settled is forgotten."""

    @property
    def phone_ready(self) -> bool:
        """Twilio can be served."""
        return bool(self.account_sid and self.auth_token and self.public_url)


KEEP_DAYS = 180
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def settings_from(env: Mapping[str, str], *, data: Path, faq: Path, recordings: Path) -> Settings:
    """Settings from environment variables; `data`, `faq` and `recordings` are where they are unless set.

    Raises `SettingsError` with every problem at once.
    """
    problems: list[str] = []

    def get(name: str) -> str:
        return env.get(name, "").strip()

    public_url = get("VOICEBOT_PUBLIC_URL").rstrip("/")
    if public_url and (urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).netloc):
        problems.append(f"VOICEBOT_PUBLIC_URL must start with https://, not {public_url!r}")
    sid, token = get("TWILIO_ACCOUNT_SID"), get("TWILIO_AUTH_TOKEN")
    if bool(sid) != bool(token):
        problems.append("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set together")
    if sid and not re.fullmatch(r"AC[0-9a-fA-F]{32}", sid):
        problems.append("TWILIO_ACCOUNT_SID must be AC followed by 32 hexadecimal digits")
    for name in ("VOICEBOT_DESK_NUMBER", "VOICEBOT_LINE_NUMBER"):
        if get(name) and not _E164.fullmatch(get(name)):
            problems.append(f"{name} must be in E.164 form such as +861012345678")
    problems += _texting_problems(env)
    problems += [
        f"VOICEBOT_SPEECH_SERVERS: {url} must start with ws:// or wss://"
        for url in _servers(env)
        if urlsplit(url).scheme not in ("ws", "wss") or not urlsplit(url).netloc
    ]
    folder = Path(get("VOICEBOT_DATA") or data).expanduser()
    for name in ("VOICEBOT_FAQ", "VOICEBOT_RECORDINGS"):
        if get(name) and not Path(get(name)).expanduser().is_dir():
            problems.append(f"{name}: no such folder: {get(name)}")
    if problems:
        raise SettingsError(problems)
    return Settings(
        data=folder,
        faq=Path(get("VOICEBOT_FAQ") or faq).expanduser(),
        recordings=Path(get("VOICEBOT_RECORDINGS") or recordings).expanduser(),
        model=get("VOICEBOT_MODEL") or "bundled",
        database_url=get("VOICEBOT_DATABASE_URL") or f"sqlite:///{folder / 'voicebot.sqlite3'}",
        secret=get("VOICEBOT_SECRET"),
        public_url=public_url,
        account_sid=sid,
        auth_token=token,
        desk_number=get("VOICEBOT_DESK_NUMBER"),
        line_number=get("VOICEBOT_LINE_NUMBER"),
        api_url=(get("VOICEBOT_TWILIO_API") or "https://api.twilio.com").rstrip("/"),
        sms=get("VOICEBOT_SMS") or "off",
        sms_cn=get("VOICEBOT_SMS_CN") == "on",
        calls_back=get("VOICEBOT_CALLBACKS") != "manual",
        speech_servers=tuple(_servers(env)),
        keep_days=int(get("VOICEBOT_KEEP_DAYS") or KEEP_DAYS),
    )


def _servers(env: Mapping[str, str]) -> list[str]:
    return env.get("VOICEBOT_SPEECH_SERVERS", "").replace(",", " ").split()


def _texting_problems(env: Mapping[str, str]) -> list[str]:
    """What is wrong with the settings of text messages, calls back and forgetting."""
    sms, cn, keep = (env.get(f"VOICEBOT_{name}", "").strip() for name in ("SMS", "SMS_CN", "KEEP_DAYS"))
    problems = []
    if env.get("VOICEBOT_CALLBACKS", "").strip() not in ("", "auto", "manual"):
        problems.append(f"VOICEBOT_CALLBACKS must be auto or manual, not {env['VOICEBOT_CALLBACKS']!r}")
    if sms not in ("", "off", "twilio", "file"):
        problems.append(f"VOICEBOT_SMS must be off, twilio or file, not {sms!r}")
    if sms == "twilio" and not all(
        env.get(name, "").strip() for name in ("TWILIO_ACCOUNT_SID", "VOICEBOT_LINE_NUMBER")
    ):
        problems.append("VOICEBOT_SMS=twilio needs TWILIO_ACCOUNT_SID and VOICEBOT_LINE_NUMBER")
    if cn not in ("", "off", "on"):
        problems.append(f"VOICEBOT_SMS_CN must be on or off, not {cn!r}")
    if keep and not re.fullmatch(r"[1-9][0-9]{0,3}", keep):
        problems.append(f"VOICEBOT_KEEP_DAYS must be a number of days from 1 to 9999, not {keep!r}")
    return problems


@dataclass(frozen=True, slots=True)
class Tuning:
    """Thresholds, from ``tuning.toml``. Seconds are seconds of audio."""

    answer: float
    confirm: float
    margin: float
    max_failures: int
    max_silences: int
    silence: float
    silence_after_answer: float
    end_silence_normal: float
    end_silence_slow: float
    early_silence_normal: float
    early_silence_slow: float
    open_silence_normal: float
    open_silence_slow: float
    patient_silence_normal: float
    patient_silence_slow: float
    start_voiced: float
    pre_roll: float
    max_utterance: float
    lead: float
    lines_per_worker: int
    most_delay: float


_TUNING: dict[str, tuple[str, float, float]] = {
    # field: (path in the file, least, most)
    "answer": ("bands.answer", 0.5, 1.0),
    "confirm": ("bands.confirm", 0.0, 1.0),
    "margin": ("bands.margin", 0.0, 1.0),
    "max_failures": ("dialogue.max_failures", 1, 2),
    "max_silences": ("dialogue.max_silences", 1, 2),
    "silence": ("dialogue.silence", 1.0, 30.0),
    "silence_after_answer": ("dialogue.silence_after_answer", 1.0, 30.0),
    "end_silence_normal": ("pace.normal.end_silence", 0.2, 5.0),
    "end_silence_slow": ("pace.slow.end_silence", 0.2, 5.0),
    "early_silence_normal": ("pace.normal.early_silence", 0.1, 5.0),
    "early_silence_slow": ("pace.slow.early_silence", 0.1, 5.0),
    "open_silence_normal": ("pace.normal.open_silence", 0.2, 5.0),
    "open_silence_slow": ("pace.slow.open_silence", 0.2, 5.0),
    "patient_silence_normal": ("pace.normal.patient_silence", 0.2, 5.0),
    "patient_silence_slow": ("pace.slow.patient_silence", 0.2, 5.0),
    "start_voiced": ("endpoint.start_voiced", 0.02, 1.0),
    "pre_roll": ("endpoint.pre_roll", 0.0, 1.0),
    "max_utterance": ("endpoint.max_utterance", 5.0, 60.0),
    "lead": ("voice.lead", 0.04, 2.0),
    "lines_per_worker": ("capacity.lines_per_worker", 1, 1000),
    "most_delay": ("capacity.most_delay", 0.1, 5.0),
}


def tuning_from(*documents: Mapping[str, Any]) -> Tuning:
    """Tuning from parsed TOML documents; a later one overrides an earlier one, value by value.

    Raises `SettingsError` with every problem: unknown keys, wrong types, values out of range.
    """
    problems: list[str] = []
    flat: dict[str, Any] = {}
    for document in documents:
        flat.update(_flatten(document))
    known = {path for path, _, _ in _TUNING.values()}
    problems += [f"tuning: unknown setting {path}" for path in sorted(flat.keys() - known)]
    values: dict[str, Any] = {}
    for name, (path, least, most) in _TUNING.items():
        value = flat.get(path)
        whole = get_type_hints(Tuning)[name] is int
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            problems.append(f"tuning: {path} must be a {'whole ' if whole else ''}number, not {value!r}")
        elif not least <= value <= most:
            problems.append(f"tuning: {path} must be between {least} and {most}, not {value}")
        else:
            values[name] = value
    if problems:
        raise SettingsError(problems)
    return Tuning(**values)


def _flatten(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
