"""Logging in and out, one's own password, and the admin's pages about accounts."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from voicebot.bot import Bot
from voicebot.errors import VoicebotError
from voicebot.staffing.accounts import IDLE, INVITED, AccountRefused, Accounts
from voicebot.store.accounts import AccountExists
from voicebot.store.desk_models import Account
from voicebot.store.words import DeskRole
from voicebot.web.desk.forms import form, units_of
from voicebot.web.desk.sessions import audit, end_session, session_token, start_session
from voicebot.web.origin import origin_of


def accounts_blueprint(bot: Bot) -> Blueprint:
    """`/desk/login`, `/desk/welcome/…`, `/desk/me`, `/desk/accounts/…`."""
    blueprint = Blueprint("accounts", __name__, url_prefix="/desk")
    accounts = Accounts(bot.record)
    _add_door(blueprint, accounts)
    _add_own(blueprint, accounts)
    _add_listing(blueprint, bot, accounts)
    _add_admin(blueprint, bot, accounts)
    return blueprint


def _add_door(blueprint: Blueprint, accounts: Accounts) -> None:
    @blueprint.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "GET":
            return render_template("desk/login.html", back=_inside(request.args.get("next", "")))
        back = _inside(form("next"))
        try:
            token, user = accounts.log_in(form("account"), request.form.get("password", ""), _address())
        except AccountRefused as error:
            if accounts.record.account(form("account")) is not None:
                audit("login.failed", form("account"), error.code)
            return render_template("desk/login.html", back=back, problem=error.message, account=form("account")), 422
        session.clear()
        g.user = user
        audit("login.ok", user.id)
        return start_session(make_response(redirect(back or url_for("desk.home"), 303)), token)

    @blueprint.post("/logout")
    def logout() -> ResponseReturnValue:
        accounts.log_out(session_token())
        audit("logout", g.user.id)
        session.clear()
        flash("已退出登录")
        return end_session(make_response(redirect(url_for("accounts.login"), 303)))

    @blueprint.route("/welcome/<token>", methods=["GET", "POST"])
    def welcome(token: str) -> ResponseReturnValue:
        try:
            invite = accounts.invited(token)
        except AccountRefused as error:
            return render_template("desk/welcome_over.html", problem=error.message), 410
        row = accounts.record.account(invite.account_id) if invite.account_id else None
        if request.method == "GET":
            return render_template("desk/welcome.html", account=row, given={})
        try:
            who = accounts.accept(token, _new_password(), account=form("account"), name=form("name"))
        except (AccountRefused, AccountExists) as error:
            page = render_template("desk/welcome.html", account=row, given=request.form, problem=error.message)
            return page, 422
        audit("account.password", who, "invite")
        flash("密码设好了，请登录")
        return redirect(url_for("accounts.login"), 303)


def _add_own(blueprint: Blueprint, accounts: Accounts) -> None:
    @blueprint.route("/me", methods=["GET", "POST"])
    def me() -> ResponseReturnValue:
        if request.method == "GET":
            return render_template("desk/me.html")
        try:
            accounts.change_password(g.user.id, request.form.get("old", ""), _new_password(), session_token())
        except AccountRefused as error:
            return render_template("desk/me.html", problem=error.message), 422
        audit("account.password", g.user.id)
        flash("密码改好了，其他地方的登录已经全部退出")
        return redirect(url_for("accounts.me"), 303)


def _add_listing(blueprint: Blueprint, bot: Bot, accounts: Accounts) -> None:
    @blueprint.get("/accounts")
    def listing() -> str:
        return render_template(
            "desk/accounts.html", accounts=accounts.record.accounts(), on=accounts.record.sessions_open(IDLE)
        )

    @blueprint.route("/accounts/new", methods=["GET", "POST"])
    def new() -> ResponseReturnValue:
        page = "desk/account_new.html"
        units, people = units_of(bot), bot.office().roster.people
        if request.method == "GET":
            return render_template(page, units=units, people=people, given={})
        try:
            accounts.create(form("account"), name=form("name"), role=_role(), unit=form("unit") or None)
        except VoicebotError as error:
            if not isinstance(error, AccountRefused | AccountExists):
                raise
            problem = error.message
            return render_template(page, units=units, people=people, given=request.form, problem=problem), 422
        audit("account.new", form("account"), f"{_role()} {form('unit')}".strip())
        return _invited(accounts, form("account"))


def _add_admin(blueprint: Blueprint, bot: Bot, accounts: Accounts) -> None:
    @blueprint.route("/accounts/<account>", methods=["GET", "POST"])
    def one(account: str) -> ResponseReturnValue:
        row = _found(accounts, account)
        page, units = "desk/account.html", units_of(bot)
        if request.method == "GET":
            on = accounts.record.sessions_open(IDLE).get(account, 0)
            return render_template(page, account=row, units=units, given={}, on=on)
        closed = form("closed") == "yes"
        try:
            accounts.change(account, name=form("name"), role=_role(), unit=form("unit") or None, closed=closed)
        except AccountRefused as error:
            return render_template(page, account=row, units=units, given=request.form, problem=error.message), 422
        audit("account.change", account, f"{_role()} {form('unit')} {'closed' if closed else ''}".strip())
        flash("已保存")
        return redirect(url_for("accounts.listing"), 303)

    @blueprint.post("/accounts/<account>/invite")
    def invite(account: str) -> ResponseReturnValue:
        _found(accounts, account)
        audit("account.invite", account)
        return _invited(accounts, account)

    @blueprint.post("/accounts/<account>/end")
    def end(account: str) -> ResponseReturnValue:
        _found(accounts, account)
        count = accounts.record.end_sessions(account)
        audit("account.end", account)
        flash(f"已让 {account} 的 {count} 处登录退出")
        return redirect(url_for("accounts.one", account=account), 303)


def _found(accounts: Accounts, account: str) -> Account:
    row = accounts.record.account(account)
    if row is None:
        abort(404)
    return row


def _invited(accounts: Accounts, account: str) -> ResponseReturnValue:
    """The link is shown this once; what is kept of it cannot be turned back."""
    link = url_for("accounts.welcome", token=accounts.invite(account), _external=True)
    return render_template("desk/account_invited.html", account=_found(accounts, account), link=link, days=INVITED.days)


def _role() -> DeskRole:
    try:
        return DeskRole(form("role"))
    except ValueError:
        abort(400)


def _new_password() -> str:
    """Typed twice. Raises `AccountRefused`."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise AccountRefused("not-the-same", "两次写的新密码不一样")
    return new


def _inside(target: str) -> str:
    """Where to go after logging in: only pages of the desk."""
    return target if target.startswith("/desk/") and "\\" not in target and "//" not in target else ""


def _address() -> str:
    """Where the browser is; empty when only a proxy on this machine is known that does not tell."""
    origin = origin_of(request)
    return "" if origin is None or origin.is_loopback else str(origin)
