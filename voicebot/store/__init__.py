"""The record: what must not be forgotten, in SQLite or PostgreSQL, from the same models.

`record.Record` is the way in; `database.Database` opens and upgrades it. Everything above this package asks in the
project's words (`commit`, `once`, `use_token`, `caller`) and meets one error, `voicebot.errors.StoreLost`.
No telephone number is ever stored: a keyed hash and the last four digits stand for it (`numbers.NumberKey`).
"""
