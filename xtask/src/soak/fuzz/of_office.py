"""What each operation on the catalogue, lists, receivers, publications, figures, settings and the log of a day needs."""

import csv
import io

from cases import *
from of_cases import of, signs

CHECKS = ["within_duty", "within_ability", "training", "joint_mechanism", "authority", "funds", "capacity", "not_enforcement", "not_supervision"]
MET = [{"check": c, "met": True, "words": "说明"} for c in CHECKS]
ITEM = {"department": "区市政中心", "class": "assist", "help": "发现后上报"}
LIST = "事项名称,部门,类别,基层配合内容\n走访,区民政局,基本,\n"
KEPT_AT = "https://10.20.3.4/in"
PERIODS = itertools.count(1)
DESKS, WORKER = role("department-desk"), role("grid-worker")


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


OFFICE = {
    "POST /photos": lambda: Given(body=PICTURE),
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
    "GET /reports/days/export": span,
    "GET /reports/rates": span,
    "GET /reports/rates/export": span,
    "GET /reports/repeats": span,
    "GET /reports/repeats/export": span,
    "GET /whistles/figures": span,
    "GET /reports/periods/{period}": lambda: Given(path={"period": frozen()}),
    "GET /reports/periods/{period}/export": lambda: Given(path={"period": frozen()}),
    "POST /reports/periods/{period}/freeze": lambda: Given(path={"period": past_day()}, who=SUPERVISOR),
    "PUT /settings/{name}": setting,
    "DELETE /settings/{name}": setting,
    "POST /day/entries": lambda: Given(body=entry(), who=WORKER),
    "DELETE /day/entries/{id}": lambda: of(post("/day/entries", entry(), WORKER)["id"], who=WORKER),
    "POST /must-reports/told": lambda: Given(body={"kind": "pregnancy"}, who=WORKER),
}
