"""What each operation on accounts, people and the organisation needs."""

import base64
import hashlib
import hmac
import struct
import time

from cases import *
from of_cases import of

PASSWORD = "Kuiper-2061-belt"


def code(secret: str) -> str:
    """What an authenticator app shows."""
    padded = secret + "=" * (-len(secret) % 8)
    mac = hmac.new(base64.b32decode(padded), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(int.from_bytes(mac[at:at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def with_password(of_account: str) -> Who:
    who = logged_in(of_account)
    post("/account/password", {"password": PASSWORD}, who)
    return who


def enrolled(role_name: str, person: str | None = None) -> Who:
    """Somebody new with password and second factor."""
    who = with_password(account(role_name, person=person))
    post("/account/totp/confirm", {"code": code(post("/account/totp", {}, who)["secret"])}, who)
    return who


def username(of_account: str) -> str:
    return get(f"/accounts/{of_account}", SECURITY)["username"]


MEMBERS: list[str] = []


def log_in() -> Given:
    """Somebody without second factor; who was refused once has to wait, so that it is somebody else then."""
    if not MEMBERS:
        made = account("part-time-reporter")
        with_password(made)
        MEMBERS.append(username(made))
    name = MEMBERS.pop()
    return Given(body={"username": name, "password": PASSWORD}, after=lambda made: made and MEMBERS.append(name))


def confirming() -> Given:
    who = with_password(account())
    return Given(body={"code": code(post("/account/totp", {}, who)["secret"])}, who=who)


@cache
def owner() -> Who:
    """Somebody whose tokens may go."""
    return enrolled("community-desk")


def person() -> str:
    return post("/people", {"name": "罗川", "staff_no": number()}, ADMIN)["id"]


def of_account(body: Any = None, program: bool = False, **path: str) -> Given:
    return Given(path={"account": account(program=program)}, body=body, who=SECURITY)


def of_grant() -> Given:
    made = account()
    return Given(path={"account": made, "grant": get(f"/accounts/{made}", SECURITY)["grants"][0]["id"]}, who=SECURITY)


@cache
def told() -> Who:
    """Somebody at the centre, who is told when a dispatch is objected to."""
    return enrolled("district-dispatch")


def notice() -> Given:
    who = told()
    objected()
    return of(items("/notices", who)[0]["id"], who=who)


# ── the organisation ──


def new_unit(kind: str = "department") -> dict:
    parent = unit("district")
    return {"kind": kind, "code": f"F-{number().upper()}", "name": f"试用单位{number()}", "parent": parent}


def made_unit() -> str:
    return post("/units", new_unit(), ADMIN)["id"]


def changed_unit() -> Given:
    body = new_unit()
    made = post("/units", body, ADMIN)["id"]
    return of(made, {k: v for k, v in body.items() if k != "parent"} | {"alias": "试用"}, ADMIN)


@cache
def office() -> str:
    return made_unit()


def made_post(filled: bool = False) -> str:
    made = post(f"/units/{office()}/posts", {"slot": "desk", "title": "联络员"}, ADMIN)["id"]
    if filled:
        post(f"/posts/{made}/assign", {"person": person()}, ADMIN)
    return made


def employed() -> str:
    """Somebody with a post."""
    made = person()
    post(f"/posts/{made_post()}/assign", {"person": made}, ADMIN)
    return made


@cache
def stand_in() -> str:
    return employed()


def leave(deputy: str | None = None) -> dict:
    return {"person": employed(), "deputy": deputy or stand_in(), "from": days(0.1), "to": days(3), "reason": "年休假"}


def made_leave(deputy: str | None = None) -> str:
    return post("/leave", leave(deputy), ADMIN)["id"]


def confirmed_leave(deputy: str | None = None) -> str:
    made = made_leave(deputy)
    post(f"/leave/{made}/confirm", {}, ADMIN)
    return made


def offer() -> Given:
    return Given(body={"leave": confirmed_leave()}, who=role("community-desk"))


def stands_in() -> Given:
    deputy = employed()
    made = post("/handovers", {"leave": confirmed_leave(deputy)}, role("community-desk"))["id"]
    return of(made, {}, enrolled("grid-worker", deputy))


def shift(to: str) -> dict:
    return {"unit": unit("community"), "shift": "夜班", "to": to, "words": "无异常"}


@cache
def next_shift() -> tuple[str, Who]:
    made = person()
    return made, enrolled("community-desk", made)


def taken_over() -> Given:
    to, who = next_shift()
    return of(post("/duty/handovers", shift(to), DESK)["id"], {"words": "已接班"}, who)


def orgs() -> str:
    return f"code,name,kind,parent_code\nF-{number().upper()},试用单位,department,990101\n"


PEOPLE = {
    "POST /account/password": lambda: Given(body={"password": PASSWORD}, who=logged_in(account())),
    "GET /account/tokens": lambda: Given(who=owner()),
    "POST /account/tokens": lambda: Given(body={"name": "试用", "days": 3}, who=owner()),
    "DELETE /account/tokens/{token}": lambda: Given(path={"token": post("/account/tokens", {"name": "试用"}, owner())["id"]}, who=owner()),
    "POST /account/totp": lambda: Given(body={}, who=with_password(account())),
    "POST /account/totp/confirm": confirming,
    "POST /session": log_in,
    "DELETE /session": lambda: Given(who=logged_in(account())),
    "POST /session/link": lambda: Given(body={"token": invited(account())}),
    "GET /session/lease": lambda: Given(who=with_password(account("part-time-reporter"))),
    "POST /accounts": lambda: Given(body={"username": f"f{key()[-12:]}", "name": "试用账号", "program": True}),
    "GET /accounts/{account}": of_account,
    "POST /accounts/{account}/disable": of_account,
    "POST /accounts/{account}/enable": of_account,
    "POST /accounts/{account}/link": of_account,
    "POST /accounts/{account}/grants": lambda: of_account({"role": "call-back", "path": "/"}),
    "DELETE /accounts/{account}/grants/{grant}": of_grant,
    "POST /notices/{id}/read": notice,
    "POST /notices/read-all": lambda: Given(body={}, who=told()),
    "PUT /notices/wishes": lambda: Given(body={"mail": "desk@example.org"}, who=told()),
    "GET /units/{id}": lambda: of(unit("community")),
    "POST /units": lambda: Given(body=new_unit()),
    "PUT /units/{id}": changed_unit,
    "POST /units/{id}/end": lambda: of(made_unit(), {}, ADMIN),
    "POST /units/{id}/move": lambda: of(made_unit(), {"parent": unit("department")}, ADMIN),
    "POST /units/{id}/posts": lambda: of(made_unit(), {"slot": "desk", "title": "联络员"}, ADMIN),
    "POST /posts/{id}/assign": lambda: of(made_post(), {"person": person()}, ADMIN),
    "POST /posts/{id}/vacate": lambda: of(made_post(filled=True), {}, ADMIN),
    "POST /posts/{id}/end": lambda: of(made_post(), {}, ADMIN),
    "PUT /people/{id}": lambda: of(person(), {"name": "罗川", "phone_public": False}, ADMIN),
    "POST /people": lambda: Given(body={"name": "罗川", "staff_no": number()}),
    "POST /leave": lambda: Given(body=leave(), who=ADMIN),
    "POST /leave/{id}/confirm": lambda: of(made_leave(), {}, ADMIN),
    "POST /leave/{id}/end": lambda: of(confirmed_leave(), {}, ADMIN),
    "POST /handovers": offer,
    "POST /handovers/{id}/confirm": stands_in,
    "GET /duty": lambda: Given(query={"unit": units("community")[0]["code"]}),
    "POST /duty/handovers": lambda: Given(body=shift(next_shift()[0]), who=DESK),
    "POST /duty/handovers/{id}/confirm": taken_over,
    "POST /imports/preview": lambda: Given(body={"content": orgs()}, who=ADMIN),
    "POST /imports/{what}": lambda: Given(path={"what": "orgs"}, body={"content": orgs()}, who=ADMIN),
    "GET /grids/{code}/board": lambda: Given(path={"code": grids()[0]["code"]}, query={"origin": "https://grid.example"}),
    "GET /place": lambda: Given(query={k: grids()[0][k] for k in ("lon", "lat")}),
    "GET /responsible": lambda: Given(query={"lead": units("department")[0]["name"]}),
}
