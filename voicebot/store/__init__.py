"""The record: what must not be forgotten, in SQLite or PostgreSQL, from the same models.

`record.Record` is the way in; `database.Database` opens and upgrades it. Everything above this package asks in the
project's words (`commit`, `once`, `use_token`, `caller`) and meets one error, `voicebot.errors.StoreLost`.
A keyed hash and the last four digits stand for a telephone number (`numbers.NumberKey`); one that has to be dialled
again is sealed (`seal.Seal`) for as long as that is so.
"""

from voicebot.store import case_models, desk_models, duty_models, models, question_models

__all__ = ["case_models", "desk_models", "duty_models", "models", "question_models"]
