"""Who signs in to the panel, for administrators: everybody as a list, somebody new, and what may be done about each.

A password that is drawn stands in the answer to the form that asked for it, and nowhere else: neither in an address nor in the
answer that is kept for a form that comes twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Final

from aiohttp import web

from desk.errors import Conflict, Invalid
from desk.keeping import as_seen
from desk.office import passwords, staff
from desk.office.staff import User, UserForm
from desk.work import Work
from locales.catalog import tags
from models.office import ROLES
from web.keys import DESK, SETTINGS, VISITOR, Visitor
from web.problems import problem_of
from web.views.forms import Fields, fields_of, now_or_before, once, operator_id
from web.views.users_view import UsersView

DONE: Final = (
    "added", "added_before", "changed", "disabled", "enabled", "signed_out", "password_set", "password_before", "factor_forgotten"
)  # fmt: skip
Deed = Callable[[Work, int, int], Awaitable[None]]
DEEDS: Final[Mapping[str, tuple[Deed, str]]] = {
    "disable": (staff.disable, "disabled"),
    "enable": (staff.enable, "enabled"),
    "forget_factor": (staff.forget_factor, "factor_forgotten"),
}


async def listed(request: web.Request) -> web.StreamResponse:
    """Everybody of the office, and a form for somebody new."""
    return await _list(request)


async def add(request: web.Request) -> web.StreamResponse:
    """Somebody new; the password that was drawn for him is shown with the answer."""
    fields, by = await fields_of(request), _visitor(request).operator
    try:
        login, form = staff.checked_login(fields.get("login", "")), staff.checked(_form(fields))
        drawn, kept = await _password(fields)

        async def act(work: Work) -> str:
            await staff.add(work, by.id, by.office_id, login, form, kept)
            return "added"

        _, now = await now_or_before(request, _open(fields), act)
    except (Invalid, Conflict) as error:
        return await _list(request, problem_of(error).status, _refusal(error), fields)
    if now and drawn is not None:
        return await _list(request, drawn=(login, drawn))
    return _to(request, "added" if now or drawn is None else "added_before")


async def shown(request: web.Request) -> web.StreamResponse:
    """One of them, with all that may be done."""
    return await _one(request)


async def act(request: web.Request) -> web.StreamResponse:
    """What the form asks for."""
    fields = await fields_of(request)
    try:
        if fields.get("do") == "password":
            return await _new_password(request, fields)
        done = await once(request, _open(fields), lambda work: _do(request, work, fields))
    except (Invalid, Conflict) as error:
        return await _one(request, problem_of(error).status, _refusal(error), fields)
    if done == "changed" and _id(request) == operator_id(request) and fields.get("role") not in staff.KEEPERS:
        raise web.HTTPSeeOther("/")  # he has stepped down: these pages are none of his any more
    return _to(request, done)


async def _do(request: web.Request, work: Work, fields: Fields) -> str:
    do, who, visitor = fields.get("do", ""), _id(request), _visitor(request)
    if do == "change":
        await staff.change(work, visitor.operator.id, who, _form(fields), fields.get("seen"))
        return "changed"
    if do == "sign_out":
        here = visitor.session_id if who == visitor.operator.id else None
        await staff.end_sessions(work, visitor.operator.id, who, here)
        return "signed_out"
    if do not in DEEDS:
        raise Invalid("there is no such deed", field="do")
    deed, done = DEEDS[do]
    await deed(work, visitor.operator.id, who)
    return done


async def _new_password(request: web.Request, fields: Fields) -> web.StreamResponse:
    by, user = operator_id(request), await _user(request)
    drawn, kept = await _password(fields)

    async def act(work: Work) -> str:
        await staff.set_password(work, by, user.id, kept)
        return "password_set"

    _, now = await now_or_before(request, _open(fields), act)
    if now and drawn is not None:
        return await _one(request, drawn=(user.login, drawn))
    return _to(request, "password_set" if now or drawn is None else "password_before")


async def _password(fields: Fields) -> tuple[str | None, str]:
    """The one that was drawn, unless one was typed; and the hash to keep. Raises Invalid."""
    typed = fields.get("password", "")
    drawn = None if typed else passwords.new_password()
    return drawn, await passwords.hashed(drawn or typed)


def _open(fields: Fields) -> Fields:
    """What may be written down of a form: with a fast hash of a password in it, the slow one would be for nothing."""
    return {name: value for name, value in fields.items() if name != "password"}


def _form(fields: Fields) -> UserForm:
    told = {name: fields.get(name, "") for name in ("name", "role", "extension", "locale")}
    return UserForm(told["name"], told["role"], told["extension"], told["locale"])


def _refusal(error: Invalid | Conflict) -> str:
    return str(error.details.get("field") or error.code) if isinstance(error, Invalid) else error.code


def _to(request: web.Request, done: str) -> web.Response:
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    there = request.rel_url.with_query({**kept, "done": done})
    return web.Response(status=303, headers={"Location": str(there)})


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _visitor(request: web.Request) -> Visitor:
    visitor = request[VISITOR]
    assert visitor is not None
    return visitor


async def _user(request: web.Request) -> User:
    async with request.app[DESK].look() as session:
        return await staff.one(session, _visitor(request).operator.office_id, _id(request))


async def _list(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    drawn: tuple[str, str] | None = None,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await UsersView.of(request, session)
        users = await staff.listed(session, view.office.id)
    new = asdict(UserForm("", "operator", "", view.visitor.operator.locale)) | {"login": ""}
    form = new | {name: (typed or {}).get(name, new[name]) for name in new}
    return await _page(request, view, "list", status, refused, drawn, users=users, form=form)


async def _one(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    drawn: tuple[str, str] | None = None,
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await UsersView.of(request, session)
        user = await staff.one(session, view.office.id, _id(request))
    stands = asdict(user.form)
    changed = typed if typed is not None and typed.get("do") == "change" else {}
    form = {name: changed.get(name, stands[name]) for name in stands}
    return await _page(
        request, view, "one", status, refused, drawn,
        user=user, form=form, seen=as_seen.mark(user.form), oneself=user.id == view.visitor.operator.id,
    )  # fmt: skip


async def _page(
    request: web.Request,
    view: UsersView,
    here: str,
    status: int,
    refused: str | None,
    drawn: tuple[str, str] | None,
    **values: object,
) -> web.Response:
    asked = request.query.get("done")
    return await view.page(
        here,
        status,
        refused=refused,
        done=asked if asked in DONE and drawn is None and refused is None else None,
        drawn=drawn,
        roles=ROLES,
        languages=tags(),
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
        longest_login=staff.LONGEST_LOGIN,
        longest_extension=staff.LONGEST_EXTENSION,
        asks_factor=request.app[SETTINGS].totp != "off",
        **values,
    )
