"""Hooks of the fuzzer. Half of its calls are laid over with what the operation needs: an object in the right state, somebody who may, a body that is
right but for words of the fuzzer's own; of one body in five one value is bent. A quarter keeps the generated body and is sent to such an object; a
quarter stays as it was generated, but for the address of what must not be lost.

What was answered to these calls is written to `FUZZ_REPORT`; what a preparation asked for is no call of the fuzzer and does not count.
"""

import atexit
import json
import os
import threading
from collections import Counter, defaultdict

import requests
import schemathesis

from of_cases import CASES
from of_office import OFFICE
from of_people import PEOPLE
from world import CHANCE, VISITOR, Given, Refused, holder, key

PREPARED = CASES | PEOPLE | OFFICE
ONLY_OWN = {name for name in PEOPLE | OFFICE if "{" in name and not name.startswith("GET ")}
# Words that may be anybody's: a short sentence of the fuzzer's fits as well.
FREE = set("lessons measures happened minutes decision name note public_reply purpose question reason text title words".split())
# What is never added to a body: a version of another object, and a file that takes everything else away.
NEVER = {"version", "versions", "retire_missing", "dry_run", "id"}
# What no form asks for.
NOISE = [None, True, -1, 2**63 - 1, 1e308, "", " ", "a\x00b", "长" * 3000, "%_'\"\\;--\u202e\ufeff🚲"]
NOWHERE = "01957f00-0000-7000-8000-00000000dead"
NOISE += [NOWHERE, "2025-13-45T99:99:99Z", "9999-12-31", [], [[]], {}, {"a": {"b": []}}]

LOCK = threading.Lock()
OWN = threading.local()
LAST: dict[str, Given] = {}
SENT: set[str] = set()
ANSWERS: dict[str, Counter] = defaultdict(Counter)
UNPREPARED: dict[str, str] = {}


def prepared(name: str) -> Given | None:
    """What the call needs, made for it; nothing when that was refused."""
    try:
        LAST[name] = PREPARED[name]() if name in PREPARED else Given()
        return LAST[name]
    except (Refused, LookupError, StopIteration, requests.RequestException) as why:
        UNPREPARED[name.replace(" ", " /api/v1", 1)] = f"{type(why).__name__}: {why}"
        return None


def laid(generated, right):
    """A right body with some of the fuzzer's values where it stays right: its words, and now and then a field that it does not need."""
    if not isinstance(generated, dict) or not isinstance(right, dict):
        return right
    mixed = dict(right)
    for name, value in generated.items():
        words = isinstance(value, str) and isinstance(right.get(name), str) and name in FREE
        fits = words and 1 < len(value.strip()) <= 30 and CHANCE.random() < 0.5
        if fits or name not in right and name not in NEVER and CHANCE.random() < 0.1:
            mixed[name] = value if fits else CHANCE.choice([value, NOWHERE, CHANCE.choice(NOISE)])
    return mixed


def bent(body):
    """The same with noise in place of one value, however deep."""
    places = list(body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ())
    if not places or CHANCE.random() < 0.1:
        return CHANCE.choice(NOISE)
    at, value = CHANCE.choice(places)
    deeper = bent(value) if isinstance(value, (dict, list)) else CHANCE.choice(NOISE)
    return {**body, at: deeper} if isinstance(body, dict) else [*body[:at], deeper, *body[at + 1:]]


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation
    name = f"{case.method.upper()} {operation.path.removeprefix('/api/v1')}"
    wanted = operation.definition.raw.get("x-permission")
    # The first call of each operation is one of the first kind.
    draw = CHANCE.random() if name in LAST else 0
    # A method that the contract does not know stays as it is.
    known = case.method.upper() == operation.method.upper()
    # What is found in answers is tried as well, so that a change beside cases is only ever sent to what was made for it: else the fuzzer would end the
    # grids of its own reports, its own accounts, and the settings that let it go on.
    kept_to = name in ONLY_OWN or draw < 0.75
    given = (prepared(name) if draw < 0.5 else LAST.get(name) if kept_to else None) if known else None
    OWN.after = given.after if given else None
    who = given.who if given and given.who is not None else holder(wanted) if wanted else VISITOR
    kept = {k: v for k, v in (case.headers or {}).items() if k.lower() not in ("authorization", "cookie", "idempotency-key")}
    # A key that was used before answers what was answered before.
    case.headers = {**kept, **who, "Idempotency-Key": key()}
    if not given:
        return
    case.path_parameters = {**(case.path_parameters or {}), **{k: v for k, v in given.path.items() if "{" + k + "}" in operation.path}}
    if draw < 0.5:
        case.query = {**{k: v for k, v in (case.query or {}).items() if CHANCE.random() < 0.1}, **given.query}
        if given.body is not None:
            case.media_type = "image/png" if isinstance(given.body, bytes) else "application/json"
            case.body = laid(case.body, given.body)
            if case.media_type == "application/json" and name in SENT and CHANCE.random() < 0.2:
                case.body = bent(case.body)
        SENT.add(name)


@schemathesis.hook
def after_call(context, case, response):
    with LOCK:
        ANSWERS[f"{case.method.upper()} {case.operation.path}"][str(response.status_code)] += 1
    if OWN.after:
        try:
            OWN.after(response.json() if response.status_code < 300 else None)
        except (Refused, requests.RequestException) as why:
            UNPREPARED[f"after {case.method} {case.operation.path}"] = str(why)
        OWN.after = None


@atexit.register
def report():
    with open(os.environ["FUZZ_REPORT"], "w") as out:
        json.dump({"answers": ANSWERS, "unprepared": UNPREPARED}, out, ensure_ascii=False, indent=1)
