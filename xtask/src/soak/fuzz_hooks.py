"""Hooks of the fuzzer: who asks, and for what. Ids come from the lists of the running district, since an id that nothing has proves little."""

import json
import os
import random
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["FUZZ_BASE"]
# The token of a role that holds the permission, by permission.
TOKENS = json.loads(os.environ["FUZZ_TOKENS"])
ANY = TOKENS["incident.read"]
KNOWN: dict[str, list[str]] = {}
# Chance of its own: the fuzzer keeps the common one for its examples.
CHANCE = random.Random(1)


def ask(path: str, token: str) -> dict | list:
    request = urllib.request.Request(BASE + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except (urllib.error.HTTPError, ValueError):
        return {}


def ids(path: str, token: str) -> list[str]:
    """The ids that the list at this path has, read once in a while."""
    if path not in KNOWN or CHANCE.random() < 0.02:
        answer = ask(path, token)
        items = answer if isinstance(answer, list) else answer.get("items", [])
        KNOWN[path] = [str(i.get("id") or i.get("code")) for i in items if isinstance(i, dict) and (i.get("id") or i.get("code"))]
    return KNOWN[path]


def tasks(incident: str) -> list[str]:
    case = ask(f"/api/v1/incidents/{incident}", ANY)
    return [t["id"] for t in case.get("tasks", [])] if isinstance(case, dict) else []


def permission(operation) -> str | None:
    return operation.definition.raw.get("x-permission")


@schemathesis.hook
def before_call(context, case, kwargs):
    wanted = permission(case.operation)
    if wanted:
        case.headers = {**(case.headers or {}), "Authorization": "Bearer " + TOKENS.get(wanted, ANY)}
    else:
        case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != "authorization"}
    # A key that was used before answers what was answered before.
    case.headers["Idempotency-Key"] = f"{CHANCE.getrandbits(128):032x}"
    path = case.operation.path
    if "{" not in path or CHANCE.random() < 0.2:
        return
    values = dict(case.path_parameters or {})
    head = path.split("/{")[0]
    token = TOKENS.get(wanted, ANY) if wanted else ANY
    found = ids(head + ("?limit=50" if head.endswith("incidents") else ""), token)
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if found:
        values[names[0]] = CHANCE.choice(found)
    if "task" in names and found:
        own = tasks(values[names[0]])
        if own:
            values["task"] = CHANCE.choice(own)
    if names[0] == "track":
        values["track"] = os.environ["FUZZ_TRACK"]
    if names[0] == "year":
        values["year"] = "2026"
    case.path_parameters = values
