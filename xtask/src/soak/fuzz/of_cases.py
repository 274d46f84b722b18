"""What each operation on cases needs: operation → how to prepare it. A preparation makes what the call is about, and says a body that is right."""

from cases import *


def on(case: Case, body: Any = None, who: Who | None = None, **more: Any) -> Given:
    return Given(path={"id": case.id, "task": case.task}, body={} if body is None else body, who=who, **more)


def of(made: str, body: Any = None, who: Who | None = None) -> Given:
    return Given(path={"id": made}, body=body, who=who)


def track(case: Case, body: Any = None, **path: str) -> Given:
    return Given(path={"track": case.track, **path}, body=body)


def partner(body: Any, took_on: bool = True) -> Given:
    _, secret = linked()
    if took_on:
        post(f"/partner/{secret}/accept", {}, VISITOR)
    return Given(path={"secret": secret}, body=body)


def of_photo() -> Given:
    case, secret = linked()
    return Given(path={"id": case.id, "track": case.track, "secret": secret, "photo": case.seen()["photos"][0]["id"]})


def shared() -> Given:
    case = taken()
    return Given(path={"track": case.track, "share": post(f"/reports/{case.track}/share", None, VISITOR)["share"]})


def whistled() -> Case:
    whistle(case := taken())
    return case


def in_hand(body: Any) -> Given:
    case, caller = called()
    return on(case, body, caller)


def rated() -> Given:
    """Whoever was called by a whistle has come and is ready, so that the whistle can end."""
    case = taken()
    made = whistle(case)
    case.at("report-in", {}).at("done", {"note": "协助完成"})
    grades = [{"unit": u["unit"]["id"], "effort": "good", "result": "fair"} for u in get(f"/whistles/{made}", DESK)["units"]]
    return of(made, {"ratings": grades}, role("street-desk"))


@cache
def signs() -> None:
    """The offices of streets sign their results from now on."""
    put("/settings/incidents.sign_off", {"value": {"kinds": ["office"], "units": []}, "reason": "试用"}, ADMIN)


def signing() -> Case:
    """A result that waits for the signature of the unit's chief."""
    signs()
    case = reported().act("dispatch", {"unit": unit("office"), "reason": "由该所办理"}).hold().at("accept")
    return case.at("done", SOLVED)


def again() -> Given:
    case = closed()
    post(f"/reports/{case.track}/rating", {"contacted": True, "solved": "no", "satisfied": "no"}, VISITOR)
    return track(case, {"cause": "unsolved", "reason": "还是没修好"})


def bulk() -> Given:
    return Given(body={"action": "supervise", "ids": [offered().id, offered().id], "parameters": ORDER}, who=CENTRE)


def excluded(what: str) -> Given:
    wish = {"incident": closed().id, "rate": "solved", "reason": "要求超出政策"}
    if what == "ask":
        return Given(body=wish)
    return of(post("/reports/exclusions", wish, CENTRE)["id"], {"approved": True, "words": "属实"}, SUPERVISOR)


CONFERENCE = {"chair": "区中心", "units": [unit("department"), unit("community")], "minutes": "各方到场商定", "decision": "由原单位继续办理"}
LOOKED_BACK = {"happened": "塌陷", "measures": "围挡", "lessons": "巡查"}
REACHED = {"outcome": "reached", "contacted": True, "solved": "yes", "satisfied": "yes"}
DISMISSED = {"upheld": False, "words": "维持原派单"}
LATER = {"by": {"n": 1, "unit": "hour"}, "reason": "配件缺货"}
SHELF = {"class": "engineering", "reason": "等待改造"}
NOT_OURS = {"reason": "not-our-duty", "basis": "职责清单第三条"}

CASES = {
    "POST /incidents": lambda: Given(body={**words(), "channel": "phone", "name": "叶先生"}),
    "POST /incidents/bulk": bulk,
    "GET /incidents/{id}": lambda: on(taken()),
    "POST /incidents/{id}/accept": lambda: on(received(), {"matter": matter(**OWN)}),
    "POST /incidents/{id}/acknowledge": lambda: on(emergency(), {"words": "已知悉"}, LEADER),
    "POST /incidents/{id}/after-action": lambda: on(ended_emergency(), LOOKED_BACK, LEADER),
    "POST /incidents/{id}/annul": lambda: on(offered(), {"reason": "重复录入", "words": "与前件重复"}, SUPERVISOR),
    "POST /incidents/{id}/archive": lambda: on(closed()),
    "POST /incidents/{id}/ask": lambda: on(taken(), {"question": "请问是几楼？"}),
    "POST /incidents/{id}/bulletins": lambda: on(emergency(), bulletin("first"), LEADER),
    "POST /incidents/{id}/callback": lambda: on(closed(), REACHED),
    "POST /incidents/{id}/close": lambda: on(verified()),
    "POST /incidents/{id}/confer": lambda: on(taken(), CONFERENCE, CENTRE),
    "POST /incidents/{id}/correct": lambda: on(received(), {"matter": matter(**OWN)}),
    "POST /incidents/{id}/dispatch": lambda: on(offered(), {"unit": unit("community"), "reason": "就近办理"}, CENTRE),
    "GET /incidents/{id}/dossier": lambda: on(closed()),
    "POST /incidents/{id}/erasure": lambda: on(closed(), {"reason": "本人要求"}, CENTRE),
    "POST /incidents/{id}/escalate": lambda: on(taken(), {"reason": "需街道协调"}),
    "POST /incidents/{id}/look": lambda: on(taken()),
    "POST /incidents/{id}/merge": lambda: on(offered(), {"into": offered().id}),
    "POST /incidents/{id}/note": lambda: on(taken(), {"text": "已到现场", "photo_ids": [photo()]}),
    "POST /incidents/{id}/object": lambda: on(offered(), {"reason": "不归本单位", "basis": "职责清单第三条"}, DESK),
    "GET /incidents/{id}/orders": lambda: on(taken()),
    "GET /incidents/{id}/photos/{photo}": of_photo,
    "POST /incidents/{id}/place": lambda: on(received(), {"grid": grids()[0]["code"]}),
    "POST /incidents/{id}/refuse": lambda: on(received(), {"reason": "no_request", "words": "没有诉求"}),
    "POST /incidents/{id}/reopen": lambda: on(closed(), {"cause": "unsolved", "reason": "还是没修好"}, CENTRE),
    "POST /incidents/{id}/resume": lambda: on(asked(), {"words": "已问明"}),
    "POST /incidents/{id}/reveal": lambda: on(taken(), {"field": "phone", "purpose": "联系反映人"}),
    "POST /incidents/{id}/shelve": lambda: on(taken(), {**SHELF, "review_on": days(20)[:10]}, LEADER),
    "GET /incidents/{id}/similar": lambda: on(taken()),
    "POST /incidents/{id}/supervise": lambda: on(offered(), ORDER, LEADER),
    "POST /incidents/{id}/tasks/{task}/accept": lambda: on(offered(), {}, DESK),
    "POST /incidents/{id}/tasks/{task}/done": lambda: on(taken(), SOLVED, COLLEAGUE),
    "POST /incidents/{id}/tasks/{task}/escalate": lambda: on(taken(), {"reason": "需街道协调"}, COLLEAGUE),
    "POST /incidents/{id}/tasks/{task}/extend": lambda: on(taken(), LATER, COLLEAGUE),
    "POST /incidents/{id}/tasks/{task}/hand-back": lambda: on(signing(), {"words": "请写明时间"}, role("street-desk")),
    "POST /incidents/{id}/tasks/{task}/link": lambda: on(helped()),
    "POST /incidents/{id}/tasks/{task}/link/revoke": lambda: on(linked()[0]),
    "POST /incidents/{id}/tasks/{task}/report-in": lambda: on(whistled(), {"note": "到场两人"}, COLLEAGUE),
    "POST /incidents/{id}/tasks/{task}/send-back": lambda: on(offered(), NOT_OURS, COLLEAGUE),
    "POST /incidents/{id}/tasks/{task}/sign": lambda: on(signing(), {}, role("street-desk")),
    "POST /incidents/{id}/tasks/{task}/stage": lambda: on(case := taken(STAGED), {"stage": case.seen()["stages"][0]["name"]}),
    "POST /incidents/{id}/unmerge": lambda: on(merged(), {"reason": "不是同一件事"}),
    "POST /incidents/{id}/urgency": lambda: on(offered(), {"urgency": "urgent", "reason": "有人受困"}),
    "POST /incidents/{id}/verify": lambda: on(resolved(), {"passed": True}, DESK),
    "POST /incidents/{id}/what-if": lambda: on(offered(), {"action": "dispatch"}),
    "POST /incidents/{id}/whistle": lambda: on(taken(), CALL, role("street-desk")),
    "GET /whistles/{id}": lambda: of(whistle(taken())),
    "POST /whistles/{id}/call-off": lambda: of(whistle(taken()), {"reason": "误报"}, role("street-desk")),
    "POST /whistles/{id}/ratings": rated,
    "GET /supervisions/{id}": lambda: of(supervised()),
    "POST /supervisions/{id}/reply": lambda: of(supervised(), {"text": "明日更换"}),
    "POST /supervisions/{id}/end": lambda: of(supervised(), {"lifted": True, "words": "已说明"}),
    "POST /objections/{id}/rule": lambda: of(objected().said("review"), DISMISSED, CENTRE),
    "POST /extensions/{id}/decide": lambda: of(extended().said("extension"), {"grant": True}, DESK),
    "POST /erasures/{id}/decide": lambda: of(erasure(), {"approved": True, "words": "同意"}),
    "POST /callbacks/{id}/claim": lambda: on(closed(), {}, role("call-back")),
    "POST /callbacks/{id}/dial": lambda: in_hand({"purpose": "回访"}),
    "POST /callbacks/{id}/release": lambda: in_hand({}),
    "POST /filters": lambda: Given(body={"name": number(), "query": {"state": "open"}}),
    "DELETE /filters/{id}": lambda: of(post("/filters", {"name": number(), "query": {}}, CENTRE)["id"], who=CENTRE),
    "POST /reports": lambda: Given(body=words()),
    "POST /reports/lookup": lambda: Given(body={"code": reported().code, "phone_last4": "1234"}),
    "POST /reports/suggest": lambda: Given(body=words()),
    "GET /reports/{track}": lambda: track(taken()),
    "POST /reports/{track}/answers": lambda: track(asked(), {"text": "在三楼"}),
    "GET /reports/{track}/photos/{photo}": of_photo,
    "POST /reports/{track}/rating": lambda: track(closed(), {"contacted": True, "solved": "yes", "satisfied": "mostly"}),
    "POST /reports/{track}/remarks": lambda: track(taken(), {"text": "又漏了"}),
    "POST /reports/{track}/reopen": again,
    "POST /reports/{track}/share": lambda: track(taken()),
    "DELETE /reports/{track}/share": shared,
    "GET /shared/{share}": shared,
    "GET /partner/{secret}": lambda: partner(None),
    "POST /partner/{secret}/accept": lambda: partner({}, took_on=False),
    "POST /partner/{secret}/done": lambda: partner({"note": "线路已修"}),
    "POST /partner/{secret}/note": lambda: partner({"text": "已到现场"}),
    "GET /partner/{secret}/photos/{photo}": of_photo,
    "POST /reports/exclusions": lambda: excluded("ask"),
    "POST /reports/exclusions/{id}/decide": lambda: excluded("decide"),
}

