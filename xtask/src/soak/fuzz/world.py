"""The running district as the fuzzer meets it: who may ask, how one asks, and what there is to ask about."""

import itertools
import json
import os
import random
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Callable
from uuid import uuid4

import requests

BASE = os.environ["FUZZ_BASE"]
# Two tokens of every role, each of an account of its own that holds the role in the whole district.
TOKENS: dict[str, list[str]] = json.loads(os.environ["FUZZ_TOKENS"])
# The roles that hold a permission.
MAY: dict[str, list[str]] = json.loads(os.environ["FUZZ_MAY"])
# Chance of its own: the fuzzer keeps the common one for its examples.
CHANCE = random.Random(int(os.environ["FUZZ_SEED"]))

Who = dict[str, str]
NUMBERS = itertools.count(1)
CONNECTIONS = threading.local()


@dataclass
class Given:
    """What a call needs in order to be carried out, and what is done once it was."""

    path: dict[str, str] = field(default_factory=dict)
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    # Nobody said: a role that holds the permission.
    who: Who | None = None
    # Told what was answered, or nothing when the call was refused.
    after: Callable[[Any], Any] | None = None


class Refused(Exception):
    """A preparation was not carried out."""


def role(name: str, which: int = 0) -> Who:
    return {"Authorization": f"Bearer {TOKENS[name][which]}"}


VISITOR: Who = {}
DESK, COLLEAGUE = role("community-desk"), role("community-desk", 1)
CENTRE, SUPERVISOR, LEADER = role("district-dispatch"), role("supervisor"), role("street-leader")
ADMIN, SECURITY = role("system-admin"), role("security-admin")


def holder(permission: str) -> Who:
    """Somebody who may; the district's own desks reach every case, so they are asked first."""
    roles = MAY.get(permission, ["district-dispatch"])
    first = ("district-dispatch", "community-desk", "supervisor", "system-admin", "security-admin")
    return role(next((r for r in first if r in roles), roles[0]))


def number() -> str:
    """What no other object of this run is called."""
    return f"{next(NUMBERS)}-{CHANCE.getrandbits(32):x}"


def key() -> str:
    """What no command was sent under before, in no run."""
    return str(uuid4())


def send(method: str, path: str, who: Who, body: Any = None, **more: Any) -> requests.Response:
    if not hasattr(CONNECTIONS, "own"):
        CONNECTIONS.own = requests.Session()
        # Cookies are whoever asks, so they are sent by hand.
        CONNECTIONS.own.cookies.set_policy(requests.cookies.cookielib.DefaultCookiePolicy(allowed_domains=[]))
    also = more.pop("headers", {})
    for _ in range(8):
        headers = {"Idempotency-Key": key(), **who, **also}
        answer = CONNECTIONS.own.request(method, f"{BASE}/api/v1{path}", headers=headers, json=body, timeout=20, **more)
        # The organisation or the catalogue was changed at this moment.
        if answer.status_code != 409:
            break
        time.sleep(CHANCE.random() / 8)
    if answer.status_code >= 300:
        raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
    return answer


def get(path: str, who: Who, **query: Any) -> Any:
    return send("GET", path, who, params=query).json()


def items(path: str, who: Who, **query: Any) -> list[dict]:
    answer = get(path, who, **query)
    return answer if isinstance(answer, list) else answer["items"]


def post(path: str, body: Any, who: Who) -> Any:
    return send("POST", path, who, {} if body is None else body).json()


def put(path: str, body: Any, who: Who) -> Any:
    return send("PUT", path, who, body).json()


# ── what there is ──


@cache
def units(kind: str) -> list[dict]:
    return items("/units", DESK, kind=kind, limit=100)


def unit(kind: str, which: int = 0) -> str:
    return units(kind)[which]["id"]


@cache
def grids() -> list[dict]:
    """The grids with a point in each; one whose middle lies outside is left out."""
    found = []
    for feature in get("/grids.geojson", VISITOR)["features"]:
        ring = feature["geometry"]["coordinates"][0][0]
        middle = [sum(p[n] for p in ring) / len(ring) for n in (0, 1)]
        place, code = {"lon": middle[0], "lat": middle[1]}, feature["properties"]["code"]
        if (get("/place", VISITOR, **place).get("grid") or {}).get("code") == code:
            found.append({"code": code, **place})
    return found


@cache
def matters() -> list[dict]:
    return items("/catalogue", ADMIN)


def matter(**wanted: Any) -> str:
    """A matter whose rules are these; `stages` says whether it is worked on in stages."""
    fits = lambda m: all(bool(m[k]) == v if k == "stages" else m[k] == v for k, v in wanted.items())
    return next(m["id"] for m in matters() if fits(m))


@cache
def people() -> list[dict]:
    return items("/people", ADMIN, limit=200)


def photo() -> str:
    """A photograph that nobody has claimed yet."""
    made = send("POST", "/photos", VISITOR, data=PICTURE, headers={"Content-Type": "image/png"})
    return made.json()["id"]


# ── people who are there for one call ──


def account(role_name: str = "community-desk", program: bool = False, person: str | None = None) -> str:
    """A new account with a role in the whole district."""
    made = post("/accounts", {"username": f"f{key()[-12:]}", "name": "试用账号", "program": program, "person": person}, SECURITY)["id"]
    post(f"/accounts/{made}/grants", {"role": role_name, "path": "/"}, SECURITY)
    return made


def invited(of: str) -> str:
    return post(f"/accounts/{of}/link", None, SECURITY)["path"].rsplit("/", 1)[-1]


def logged_in(of: str) -> Who:
    """A session that may be lost: a browser's cookie and the word that its commands carry."""
    answer = send("POST", "/session/link", VISITOR, {"token": invited(of)})
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf"]}


def picture() -> bytes:
    """Four grey pixels."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\x80\x80" * 2)) + chunk(b"IEND", b"")


PICTURE = picture()
