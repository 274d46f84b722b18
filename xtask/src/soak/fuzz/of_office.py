"""What each operation beside cases needs: people and accounts, the organisation, the catalogue, lists, settings, publications, figures."""

import base64
import csv
import hashlib
import hmac
import io
import struct
import time

from cases import *
from of_cases import of, signs

PASSWORD = "Kuiper-2061-belt"
CHECKS = ["within_duty", "within_ability", "training", "joint_mechanism", "authority", "funds", "capacity", "not_enforcement", "not_supervision"]
MET = [{"check": c, "met": True, "words": "说明"} for c in CHECKS]
ITEM = {"department": "区市政中心", "class": "assist", "help": "发现后上报"}
KEPT_AT = "https://10.20.3.4/in"
PERIODS = itertools.count(1)


# ── people, and accounts that are there for one call ──


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


def log_in() -> Given:
    made = account("part-time-reporter")
    with_password(made)
    return Given(body={"username": username(made), "password": PASSWORD})


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


# ── catalogue, calendars, lists ──


@cache
def exported() -> list[dict]:
    text = send("GET", "/catalogue/export", ADMIN, params={"format": "csv"}).content.decode("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text))]


def one_matter(name: str, access: str = "基本") -> str:
    """A table with one matter more."""
    row = {**exported()[0], "三级分类": name, "履职类别": access, "牵头单位": "属地社区"}
    out = io.StringIO()
    writer = csv.DictWriter(out, row.keys())
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()


def upload() -> dict:
    return {"name": "matters.csv", "content": one_matter(f"试用事项{number()}")}


def made_matter(access: str = "基本") -> dict:
    name = f"试用事项{number()}"
    post("/catalogue/import", {"name": "matters.csv", "content": one_matter(name, access)}, ADMIN)
    return next(m for m in items("/catalogue", ADMIN) if m["level3"] == name)


def revised() -> Given:
    made = made_matter()
    rules = {k: made[k] for k in ("level1", "level2", "level3", "class", "lead", "helpers", "urgency", "accept", "handle", "verify", "publishable")}
    return of(made["id"], {"version": made["version"], "rules": {**rules, "evidence": "照片"}}, ADMIN)


def retired() -> Given:
    made = made_matter()
    return of(made["id"], {"version": made["version"]}, ADMIN)


def calendar() -> dict:
    return {"name": "calendar.csv", "content": "date,kind,name\n2027-01-01,holiday,元旦\n"}


def year() -> Given:
    return Given(path={"year": "2026"})


LIST = "事项名称,部门,类别,基层配合内容\n走访,区民政局,基本,\n"


def drafted(full: bool = True) -> str:
    made = post("/admission/lists", {"name": f"第{number()}批"}, CENTRE)["id"]
    if full:
        post(f"/admission/lists/{made}/items", {"content": LIST}, CENTRE)
    return made


@cache
def in_force() -> str:
    made = drafted()
    post(f"/admission/lists/{made}/approve", {}, CENTRE)
    return made


def wish() -> dict:
    return {"kind": "admission", "list": in_force(), "item": {**ITEM, "name": f"路灯巡查{number()}"}, "reason": "人手不足", "checks": MET}


def wished() -> str:
    return post("/admission/requests", wish(), role("department-desk"))["id"]


def proposal() -> Given:
    """A matter on no list that was dispatched by hand."""
    fresh = made_matter("未列入")["id"]
    received().act("accept", {"matter": fresh}).act("dispatch", {"unit": unit("department"), "reason": "先行处理"}, CENTRE)
    return of(fresh, {}, CENTRE)


def burden(*steps: str) -> tuple[str, int]:
    """A complaint about a burden that has come so far."""
    form = {"about": unit("department"), "kind": "forms", "words": "每天重复填三张表"}
    made = post("/burdens", form, role("grid-worker"))["id"]
    who = {"notify": SUPERVISOR, "plan": role("department-desk"), "corrected": role("department-desk")}
    for n, step in enumerate(steps, 1):
        body = {"version": n, "words": "请核减报表", **({"reply_by": days(5)} if step == "notify" else {})}
        post(f"/burdens/{made}/{step}", body, who[step])
    return made, len(steps) + 1


def burdened(who: Who, *steps: str, **more: Any) -> Given:
    made, version = burden(*steps)
    return of(made, {"version": version, "words": "照办", **more}, who)


# ── receivers, publications, figures, settings ──


@cache
def reachable() -> None:
    put("/settings/webhooks.networks", {"value": {"allowed": ["10.20.0.0/16"]}, "reason": "试用"}, ADMIN)


def receiver() -> dict:
    reachable()
    return {"name": f"城运平台{number()}", "url": KEPT_AT, "kinds": ["incident.absorb"]}


def made_receiver() -> str:
    return post("/webhooks", receiver(), ADMIN)["id"]


def take_out(made: str) -> None:
    """Takes a receiver out if it is still there, so that nothing waits for it."""
    if any(r["id"] == made for r in items("/webhooks", ADMIN)):
        send("DELETE", f"/webhooks/{made}", ADMIN)


def rid(body: Any = None) -> Given:
    """A receiver that is taken out again."""
    made = made_receiver()
    return Given(path={"id": made}, body=body, who=ADMIN, after=lambda _: take_out(made))


def publication() -> dict:
    return {"kind": "notice", "title": "停水通知", "text": "周六上午检修，请提前储水。", "unit": "990101"}


def published(body: dict) -> Given:
    return of(post("/publications", publication(), CENTRE)["id"], {"version": 1, **body}, CENTRE)


def span() -> Given:
    return Given(query={"from": days(-60), "to": days(0)})


def past_day() -> str:
    """A day of the past that was not frozen yet."""
    return days(-30 - next(PERIODS))[:10]


@cache
def frozen() -> str:
    post(f"/reports/periods/{(period := past_day())}/freeze", {}, SUPERVISOR)
    return period


@cache
def settings() -> list[dict]:
    """Every setting as it was before the first was tried, but for what preparations set."""
    reachable(), signs()
    return [s for s in get("/settings", ADMIN) if s["value"] is not None]


def setting() -> Given:
    """A setting, whichever, that is left as it was found, so that it does not decide over the rest of the run."""
    found = CHANCE.choice(settings())
    path, value = f"/settings/{found['name']}", {"value": found["value"], "reason": "试用"}
    put(path, value, ADMIN)
    return Given(path={"name": found["name"]}, body=value, who=ADMIN, after=lambda _: put(path, value, ADMIN))


def today() -> str:
    return days(8 / 24)[:10]


def entry() -> dict:
    return {"day": today(), "words": "走访独居老人"}


DESKS, WORKER, REPORTER = role("department-desk"), role("grid-worker"), role("part-time-reporter")

OFFICE = {
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
    "POST /photos": lambda: Given(body=PICTURE),
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
    "GET /calendars/{year}": year,
    "POST /calendars/import": lambda: Given(body=calendar()),
    "GET /catalogue/{id}": lambda: of(matter(**OWN)),
    "PUT /catalogue/{id}": revised,
    "POST /catalogue/{id}/retire": retired,
    "POST /catalogue/import": lambda: Given(body=upload()),
    "PUT /dispatch/reasons/{code}": lambda: Given(path={"code": f"try-{number()}"}, body={"words": "试用", "counts": "neutral", "active": True}),
    "POST /admission/lists": lambda: Given(body={"name": f"第{number()}批"}),
    "GET /admission/lists/{id}": lambda: of(in_force()),
    "DELETE /admission/lists/{id}": lambda: of(drafted(full=False), who=CENTRE),
    "POST /admission/lists/{id}/approve": lambda: of(drafted(), {"effective_at": days(400)}, CENTRE),
    "GET /admission/lists/{id}/file": lambda: of(in_force()),
    "POST /admission/lists/{id}/items": lambda: of(drafted(full=False), {"content": LIST}, CENTRE),
    "POST /admission/proposals/{id}/dismiss": proposal,
    "POST /admission/requests": lambda: Given(body=wish(), who=DESKS),
    "POST /admission/requests/{id}/decide": lambda: of(wished(), {"approve": False, "checks": MET, "words": "经审核"}, CENTRE),
    "POST /admission/requests/{id}/withdraw": lambda: of(wished(), {}, DESKS),
    "POST /burdens": lambda: Given(body={"about": unit("department"), "kind": "forms", "words": "重复填表"}, who=WORKER),
    "GET /burdens/{id}": lambda: of(burden()[0], who=WORKER),
    "POST /burdens/{id}/dismiss": lambda: burdened(SUPERVISOR),
    "POST /burdens/{id}/notify": lambda: burdened(SUPERVISOR, reply_by=days(5)),
    "POST /burdens/{id}/plan": lambda: burdened(DESKS, "notify"),
    "POST /burdens/{id}/corrected": lambda: burdened(DESKS, "notify", "plan"),
    "POST /burdens/{id}/review": lambda: burdened(WORKER, "notify", "plan", "corrected", satisfied=True),
    "POST /webhooks": lambda: Given(body=receiver(), after=lambda made: made and take_out(made["id"])),
    "PUT /webhooks/{id}": lambda: rid({"name": "城运平台"}),
    "DELETE /webhooks/{id}": lambda: of(made_receiver(), who=ADMIN),
    "GET /webhooks/{id}/deliveries": rid,
    "POST /webhooks/{id}/ping": rid,
    "POST /webhooks/{id}/rotate": rid,
    "POST /publications": lambda: Given(body=publication()),
    "PUT /publications/{id}": lambda: published({k: v for k, v in publication().items() if k != "unit"}),
    "POST /publications/{id}/withdraw": lambda: published({"reason": "施工取消"}),
    "GET /reports/days": span,
    "GET /reports/rates": span,
    "GET /reports/rates/export": span,
    "GET /reports/repeats": span,
    "GET /whistles/figures": span,
    "GET /reports/periods/{period}": lambda: Given(path={"period": frozen()}),
    "POST /reports/periods/{period}/freeze": lambda: Given(path={"period": past_day()}, who=SUPERVISOR),
    "PUT /settings/{name}": setting,
    "DELETE /settings/{name}": setting,
    "POST /day/entries": lambda: Given(body=entry(), who=WORKER),
    "DELETE /day/entries/{id}": lambda: of(post("/day/entries", entry(), WORKER)["id"], who=WORKER),
    "POST /must-reports/told": lambda: Given(body={"kind": "pregnancy"}, who=WORKER),
}
