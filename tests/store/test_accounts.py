"""Accounts: getting in, staying in, getting thrown out."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from tests.store.conftest import all_at_once
from voicebot.staffing import accounts as accounts_module
from voicebot.staffing.accounts import (
    IDLE,
    LONGEST,
    MOST_BY_NAME,
    WINDOW,
    AccountRefused,
    Accounts,
    check_password,
)
from voicebot.store.accounts import AccountExists
from voicebot.store.words import DeskRole

GOOD = "一句好记的话就够了吧"


def of(record):
    return Accounts(record, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def accounts(record):
    return of(record)


def code(act, *args, **named):
    with pytest.raises((AccountRefused, AccountExists)) as refused:
        act(*args, **named)
    return refused.value.code


def make(accounts, account="w1", role=DeskRole.CLERK, unit="rsj", password=GOOD):
    accounts.create(account, name="王一", role=role, unit=unit, password=password)


def test_who_knows_the_password_gets_in(accounts):
    make(accounts)
    token, user = accounts.log_in(" w1 ", GOOD)
    assert (user.id, user.name, user.role, user.unit) == ("w1", "王一", DeskRole.CLERK, "rsj")
    assert accounts.user(token) == user
    accounts.log_out(token)
    assert accounts.user(token) is None
    assert accounts.user("") is None


def test_nothing_that_lets_anybody_in_is_stored(accounts, sql):
    make(accounts)
    token, _ = accounts.log_in("w1", GOOD)
    link = accounts.invite("w1")
    for table in ("accounts", "desk_sessions", "invites", "login_tries"):
        rows = str(sql(f"SELECT * FROM {table}"))
        assert all(secret not in rows for secret in (GOOD, token, link))
    assert sql("SELECT password FROM accounts")[0][0].startswith("$argon2id$")


WRONG = {
    "another password": ("w1", "另一句好记的话也够"),
    "no such account": ("w9", GOOD),
    "no password": ("w1", ""),
    "no password chosen yet": ("w2", ""),
    "closed": ("w3", GOOD),
    "far too long": ("w1", GOOD * 100),
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG.keys())
def test_whoever_does_not_is_told_no_more_than_that(accounts, given):
    make(accounts)
    make(accounts, "w2", password="")
    make(accounts, "w3")
    make(accounts, "a1", DeskRole.ADMIN, None)
    accounts.change("w3", name="赵三", role=DeskRole.CLERK, unit="rsj", closed=True)
    with pytest.raises(AccountRefused) as refused:
        accounts.log_in(*given)
    assert (refused.value.code, refused.value.message) == ("wrong-password", "工号或密码不对")


def test_who_guesses_is_stopped_and_others_are_not(accounts, clock):
    make(accounts)
    make(accounts, "w2")
    for _ in range(MOST_BY_NAME):
        assert code(accounts.log_in, "w1", "猜一猜猜一猜猜一猜", "192.0.2.1") == "wrong-password"
    assert code(accounts.log_in, "W1", GOOD, "192.0.2.1") == "too-many-tries"
    accounts.log_in("w2", GOOD, "192.0.2.1")
    clock.pass_(seconds=WINDOW.total_seconds())
    accounts.log_in("w1", GOOD, "192.0.2.1")


def test_guessing_all_at_once_is_no_way_round(replicas):
    """Attempts of two replicas at the same moment are counted together."""
    parts = [of(replicas[n % 2]) for n in range(12)]
    make(parts[0])

    def guess(accounts):
        return code(accounts.log_in, "w1", "猜一猜猜一猜猜一猜")

    assert all_at_once(parts, guess).count("wrong-password") == MOST_BY_NAME


def test_a_flood_of_logins_takes_no_threads_from_calls(accounts):
    """Whoever comes while many wait is sent away at once, and let in when they are done."""
    make(accounts)
    with ExitStack() as stack:
        for _ in range(16):
            assert accounts_module._IN_LINE.acquire(blocking=False)
            stack.callback(accounts_module._IN_LINE.release)
        assert code(accounts.log_in, "w1", GOOD) == "busy"
    accounts.log_in("w1", GOOD)


def test_many_accounts_from_one_address_are_stopped_too(accounts):
    found = [code(accounts.log_in, f"w{n}", "猜", "192.0.2.1") for n in range(52)]
    assert found.count("wrong-password") == 50
    assert found[-1] == "too-many-tries"
    assert code(accounts.log_in, "w1", "猜", "192.0.2.2") == "wrong-password"


def test_a_session_ends_by_itself(accounts, clock):
    make(accounts)
    token, _ = accounts.log_in("w1", GOOD)
    clock.pass_(seconds=IDLE.total_seconds() - 1)
    assert accounts.user(token, active=False) is not None  # a page that refreshes itself keeps nobody in
    clock.pass_(seconds=1)
    assert accounts.user(token) is None

    token, _ = accounts.log_in("w1", GOOD)
    for _ in range(int(LONGEST / timedelta(hours=1))):
        assert accounts.user(token) is not None
        clock.pass_(hours=1)
    assert accounts.user(token) is None


def test_every_replica_knows_who_was_thrown_out(accounts, another):
    make(accounts)
    make(accounts, "a1", DeskRole.ADMIN, None)
    elsewhere = of(another)
    token, _ = accounts.log_in("w1", GOOD)
    assert elsewhere.user(token) is not None
    accounts.change("w1", name="王一", role=DeskRole.CLERK, unit="gjj", closed=False)
    assert elsewhere.user(token) is None
    token, user = elsewhere.log_in("w1", GOOD)
    assert user.unit == "gjj"
    accounts.change("w1", name="王一", role=DeskRole.CLERK, unit="gjj", closed=True)
    assert elsewhere.user(token) is None


def test_a_new_password_ends_what_the_old_one_began(accounts):
    make(accounts)
    here, _ = accounts.log_in("w1", GOOD)
    there, _ = accounts.log_in("w1", GOOD)
    assert code(accounts.change_password, "w1", "不是这一句话吧你说", "又一句好记的话够了", here) == "wrong-password"
    accounts.change_password("w1", GOOD, "又一句好记的话够了呀", here)
    assert accounts.user(here) is not None
    assert accounts.user(there) is None
    accounts.log_in("w1", "又一句好记的话够了呀")


def test_a_link_is_used_once_and_the_latest_counts(accounts, clock):
    make(accounts, password="")
    old, new = accounts.invite("w1"), accounts.invite("w1")
    assert code(accounts.accept, old, GOOD) == "no-such-invite"
    assert code(accounts.accept, new, "短") == "bad-password"
    assert accounts.accept(new, GOOD) == "w1"
    assert code(accounts.accept, new, GOOD) == "no-such-invite"
    accounts.log_in("w1", GOOD)
    late = accounts.invite("w1")
    clock.pass_(days=3)
    assert code(accounts.accept, late, GOOD) == "no-such-invite"


def test_there_is_one_first_admin(replicas):
    parts = [of(record) for record in replicas]
    links = [part.first_admin_invite() for part in parts]

    def become(n):
        try:
            return parts[n].accept(links[n], GOOD, account=f"a{n}", name="管理员")
        except AccountRefused as error:
            return error.code

    assert sorted(all_at_once([0, 1], become)) in (["a0", "no-such-invite"], ["a1", "no-such-invite"])
    assert parts[0].first_admin_invite() is None


def test_an_admin_is_always_left(accounts):
    make(accounts, "a1", DeskRole.ADMIN, None)
    same = {"name": "王一", "unit": "rsj"}
    assert code(accounts.change, "a1", role=DeskRole.ADMIN, closed=True, **same) == "last-admin"
    assert code(accounts.change, "a1", role=DeskRole.CLERK, closed=False, **same) == "last-admin"
    make(accounts, "a2", DeskRole.ADMIN, None)
    accounts.change("a1", role=DeskRole.CLERK, closed=False, **same)


REFUSED = {
    "taken": ({"account": "w1"}, "account-exists"),
    "no id": ({"account": ""}, "bad-id"),
    "chinese id": ({"account": "王一"}, "bad-id"),
    "path in id": ({"account": "../x"}, "bad-id"),
    "no unit": ({"account": "w2", "unit": " "}, "unit-missing"),
    "short password": ({"account": "w2", "password": "一句话"}, "bad-password"),
}


@pytest.mark.parametrize(("given", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_accounts_that_cannot_be(accounts, given, why):
    make(accounts)
    assert code(make, accounts, **given) == why


@pytest.mark.parametrize(
    "password", ["12345678901", "9876543210", "aaaaaaaaaaaa", "password2026", "zhangsan01", "woaini1314520"]
)
def test_passwords_that_anybody_would_guess(password):
    assert code(check_password, password, "zhangsan") == "bad-password"


def test_the_log_of_what_was_done_only_grows(accounts, record, sql):
    record.audit("w1", "clerk", "case.view", "100024")
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="only ever added"):
            sql(statement)
    assert [(line.who, line.about) for line in record.audit_lines()] == [("w1", "100024")]


def test_an_old_hash_is_made_anew(accounts, record):
    make(accounts)
    before = record.account("w1").password
    Accounts(record, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)).log_in("w1", GOOD)
    assert record.account("w1").password != before
    accounts.log_in("w1", GOOD)
