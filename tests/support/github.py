"""A small GitHub: one repository behind the documented REST API, with paging by Link header, limits and faults."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from support.listener import listening
from support.proxy import Answer

from collector.config import GithubRepository
from collector.model import instant

REPOSITORY = "acme/serving"
TOKEN = "github_pat_made_up_0123456789"


def account(login: str, kind: str = "User") -> dict[str, Any]:
    return {"login": login, "id": 1, "type": kind, "site_admin": False}


def stamp(time: datetime) -> str:
    """A time as GitHub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def pull(number: int, age: timedelta = timedelta(days=1), **changed: Any) -> dict[str, Any]:
    """A pull request that was merged some time ago, as it is in lists; `merged_by` is only shown by itself."""
    merged = stamp(instant.now() - age)
    return {
        "number": number,
        "state": "closed",
        "title": f"a title {number}",
        "body": "a body",
        "user": account("engineer-1"),
        "base": {"ref": "main", "sha": "b" * 40},
        "head": {"ref": "feature", "sha": f"{number:040x}"},
        "merge_commit_sha": f"{number + 4096:040x}",
        "merged_at": merged,
        "closed_at": merged,
        "updated_at": merged,
        "merged_by": account("owner-1"),
        **changed,
    }


def review(number: int, state: str = "APPROVED", login: str = "owner-1", **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "user": account(login),
        "body": "a body",
        "state": state,
        "commit_id": "c" * 40,
        "submitted_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
        **changed,
    }


@dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


Rule = Callable[[Request], Answer | None]


@dataclass
class Github:
    """What the repository holds; `rules` come before it; `requests` is all that came."""

    full_name: str = REPOSITORY
    pulls: list[dict[str, Any]] = field(default_factory=list)
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    clock: Callable[[], datetime] = instant.now
    url: str = ""

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        given = next((answer for rule in self.rules if (answer := rule(request)) is not None), None)
        return given or self._real(request)

    def _real(self, request: Request) -> Answer:
        # Links lead to the repository by its number, as GitHub's do.
        path = request.path.replace("/repositories/1300192", f"/repos/{REPOSITORY}")
        if path == "/user":
            return answer(account("collector-1"))
        if path == f"/repos/{REPOSITORY}":
            return answer({"id": 1300192, "full_name": self.full_name, "private": True})
        parts = path.removeprefix(f"/repos/{REPOSITORY}/pulls").split("/")[1:]
        match parts:
            case []:
                newest = sorted(self.pulls, key=lambda p: p["updated_at"], reverse=True)
                assert request.query["sort"] == ["updated"], "a list that is not sorted by update"
                assert request.query["direction"] == ["desc"], "a list that begins with the oldest"
                shown = [{name: p[name] for name in p if name != "merged_by"} for p in newest]
                return self._page(request, shown)
            case [number]:
                return answer(next(p for p in self.pulls if p["number"] == int(number)))
            case [number, "reviews"]:
                return self._page(request, self.reviews.get(int(number), []))
        return message(404, "Not Found")

    def _page(self, request: Request, entries: list[dict[str, Any]]) -> Answer:
        size, number = int(request.query["per_page"][0]), int(request.query.get("page", ["1"])[0])
        assert size <= 100, "more on a page than GitHub gives"
        headers = {}
        if number * size < len(entries):
            path = request.path.replace(f"/repos/{REPOSITORY}", "/repositories/1300192")
            following = urlencode({**request.query, "page": [number + 1]}, doseq=True)
            headers["Link"] = f'<{self.url}{path}?{following}>; rel="next", <{self.url}{path}?page=9>; rel="last"'
        return answer(entries[(number - 1) * size : number * size], **headers)


def answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """JSON, with headers whose names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json; charset=utf-8", **named})


def message(status: int, text: str, **headers: str) -> Answer:
    """An error as GitHub writes it."""
    return answer({"message": text, "documentation_url": "https://docs.example.com/rest"}, status, **headers)


def at(path: str, given: Answer | Callable[[Request], Answer | None]) -> Rule:
    """Answer one path, below the repository if it begins with /pulls."""
    whole = f"/repos/{REPOSITORY}{path}" if path.startswith("/pulls") else path
    return lambda request: (given if isinstance(given, Answer) else given(request)) if request.path == whole else None


def settings(url: str, **changes: Any) -> GithubRepository:
    """Settings that lose no time on retries."""
    told = {"repository": REPOSITORY, "api_url": url, "token_variable": "IT_TOKEN", "max_attempts": 1}
    return GithubRepository(**{**told, "connect_timeout": 2, "read_timeout": 5, **changes})


@contextmanager
def github() -> Iterator[Github]:
    """Run it on a free loopback port."""
    state = Github()

    def answered(handler: BaseHTTPRequestHandler) -> Answer:
        parts = urlsplit(handler.path)
        given = state.answer(Request(parts.path, parse_qs(parts.query), dict(handler.headers.items())))
        stated = {"Date": format_datetime(state.clock(), usegmt=True), "X-GitHub-Request-Id": f"R{len(state.requests)}"}
        return replace(given, headers={**stated, **given.headers})

    with listening(answered) as url:
        state.url = url
        yield state
