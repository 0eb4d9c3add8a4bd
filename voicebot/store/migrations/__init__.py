"""Alembic's environment and the migrations.

A new one: ``alembic -x url=sqlite:///some.sqlite3 revision --autogenerate -m "why"`` in a checkout.
"""
