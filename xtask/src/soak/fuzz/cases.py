"""Cases in the states that operations want them in, each made anew through the API by the people who would."""

from datetime import datetime, timedelta, timezone

from world import *

def days(n: float) -> str:
    """An instant so many days from now."""
    return (datetime.now(timezone.utc) + timedelta(days=n)).isoformat(timespec="seconds").replace("+00:00", "Z")


OWN = {"class": "own", "verify": "desk", "urgency": "normal", "stages": False}
STAGED = {"stages": True, "urgency": "normal"}
EMERGENCY = {"class": "own", "urgency": "emergency"}
CALL = {"units": [{"unit": unit("department"), "role": "helper"}], "words": "路面塌陷，请立即到场"}
ORDER = {"card": "yellow", "reply_by": days(2), "words": "超期未办，请说明"}
SOLVED = {"result": "solved", "public_reply": "已处理好"}


class Case:
    """A case that was reported just now; `task` is that of its lead, `track` what its reporter follows it by."""

    def __init__(self, receipt: dict):
        self.id, self.code, self.track = receipt["id"], receipt["code"], receipt.get("track", "")
        self.task = ""

    def seen(self, who: Who = DESK) -> dict:
        return get(f"/incidents/{self.id}", who)

    def act(self, verb: str, body: Any = None, who: Who = DESK) -> "Case":
        post(f"/incidents/{self.id}/{verb}", body, who)
        return self

    def at(self, verb: str, body: Any = None, who: Who = COLLEAGUE) -> "Case":
        return self.act(f"tasks/{self.task}/{verb}", body, who)

    def said(self, name: str) -> str:
        """The id of what the last step made."""
        made = self.seen()["steps"][-1]["details"][name]
        return made["id"] if isinstance(made, dict) else made

    def hold(self, role_name: str = "lead") -> "Case":
        """Takes the open task of this role into the hand."""
        seen = self.seen()
        found = [t["id"] for t in seen["tasks"] if t["role"] == role_name and t["state"] in ("offered", "accepted")]
        if not found:
            raise Refused(f"no {role_name}: {seen['state']} {seen['attention']} {seen['grid']} {seen['reasons']}")
        self.task = found[0]
        return self


def words() -> dict:
    """What a report says, and where. It says nothing that a machine could learn to understand."""
    place = CHANCE.choice(grids())
    said = "".join(chr(CHANCE.randrange(0x4E00, 0x9FA5)) for _ in range(12))
    return {"text": f"{said} {number()}", "lon": place["lon"], "lat": place["lat"]}


def reported(rules: dict = OWN, **more: Any) -> Case:
    """A report of a matter whose rules are these: it is dispatched at once, lead and helper have a task."""
    return Case(post("/reports", {**words(), "matter": matter(**rules), "phone": "14000001234", **more}, VISITOR))


def received() -> Case:
    """A report that says nothing a machine understands waits at the desk."""
    return Case(post("/reports", words(), VISITOR))


def offered(rules: dict = OWN) -> Case:
    return reported(rules).hold()


def taken(rules: dict = OWN) -> Case:
    return offered(rules).at("accept")


def resolved() -> Case:
    return taken().at("done", SOLVED)


def verified() -> Case:
    return resolved().act("verify", {"passed": True})


def closed() -> Case:
    return verified().act("close")


def objected() -> Case:
    return offered().act("object", {"reason": "不归本单位", "basis": "职责清单第三条"}, COLLEAGUE)


def extended() -> Case:
    return taken().at("extend", {"by": {"n": 1, "unit": "hour"}, "reason": "配件缺货"})


def asked() -> Case:
    return taken().act("ask", {"question": "请问是几楼？"})


def merged() -> Case:
    case = offered()
    return case.act("merge", {"into": offered().id})


def emergency() -> Case:
    return offered(EMERGENCY)


def ended_emergency() -> Case:
    return emergency().at("accept").at("done", SOLVED)


def bulletin(kind: str) -> dict:
    return {"kind": kind, "words": "现场已围挡，无人受伤"}


def whistle(case: Case) -> str:
    """Calls one unit more to a case, which then holds the task of who was called."""
    before = {t["id"] for t in case.seen()["tasks"]}
    case.act("whistle", CALL, role("street-desk"))
    case.task = next(t["id"] for t in case.seen()["tasks"] if t["id"] not in before)
    return case.said("whistle")


def supervised() -> str:
    return offered().act("supervise", ORDER, LEADER).said("supervision")


def called() -> tuple[Case, Who]:
    """A closed case that a caller has taken out of the queue."""
    caller = role("call-back")
    case = closed()
    post(f"/callbacks/{case.id}/claim", {}, caller)
    return case, caller


def helped() -> Case:
    """The helper's task of a case with a photograph; not every grid has a unit that helps."""
    for _ in range(20):
        case = reported(photo_ids=[photo()]).hold().at("accept")
        try:
            return case.hold("helper")
        except Refused:
            continue
    raise Refused("no grid has a unit that helps")


def linked() -> tuple[Case, str]:
    """A case whose helper without accounts has a link, and the secret of the link."""
    case = helped()
    return case, post(f"/incidents/{case.id}/tasks/{case.task}/link", {}, DESK)["secret"]


def erasure() -> str:
    case = closed().act("erasure", {"reason": "本人要求"}, CENTRE)
    return next(e["id"] for e in items("/erasures", SUPERVISOR, open="true", limit=200) if e["incident"] == case.id)
