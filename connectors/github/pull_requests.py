"""`github.pull_requests`: what was merged lately, by whom, and every review of it.

Source: GitHub REST API, "List pull requests", "Get a pull request", "List reviews for a pull request".
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.github.answers import MERGE, PULL_REQUESTS, REVIEWS, Account, PullRequest, Review
from connectors.github.session import GithubSession
from connectors.rest import malformed

WINDOW = timedelta(days=30)
"""How far back merges are read: longer than any pause between two collections in which a change must not get lost."""

_JITTER = timedelta(minutes=1)
"""GitHub sorts by the update of the issue behind a pull request, and shows that of the pull request itself."""

_PASSES = 5
_LIST, _GET, _LIST_REVIEWS = "github:pulls/list", "github:pulls/get", "github:pulls/list-reviews"
_SORTED: dict[str, Json] = {"direction": "desc", "per_page": 100, "sort": "updated", "state": "closed"}
_ENDING = (FailureClass.THROTTLED, FailureClass.UNREACHABLE)
"""What one call fails with and the next would too: the reading ends."""


def pull_requests(github: GithubSession) -> Iterator[Draft]:
    """Yield every pull request that was merged within the window.

    Raises:
        SourceError: the list is not whole.

    """
    since = github.clock() - WINDOW
    updated = _updated(github, since)
    for number in sorted(updated):
        pull = updated[number]
        if pull.merged_at is not None and pull.merged_at >= since:
            yield _draft(github, pull, pull.merged_at)


def _updated(github: GithubSession, since: datetime) -> dict[int, PullRequest]:
    """Give what was updated since a time, which is at least all that was merged since, by number.

    A pull request that is updated meanwhile moves to the front, where it is not looked for again, and pushes one that
    was read onto the next page. So when one comes twice, the front is read again.
    """
    found: dict[int, PullRequest] = {}
    until = since
    for _ in range(_PASSES):
        in_this_pass: dict[int, PullRequest] = {}
        front, came = until, 0
        for page in github.pages(_LIST, "/pulls", PULL_REQUESTS, _SORTED):
            _check_order(page)
            front = max(front, *(pull.updated_at for pull in page)) if page and not came else front
            came += len(page)
            in_this_pass.update((pull.number, pull) for pull in page)
            if page and page[-1].updated_at < until - _JITTER:
                break
        found |= in_this_pass
        if len(in_this_pass) == came:
            return found
        until = front
    raise malformed(_LIST, "MovingList", f"the list moved each of {_PASSES} times that it was read")


def _check_order(page: tuple[PullRequest, ...]) -> None:
    """Refuse a list that is not sorted as asked: the end of what is new could not be known."""
    for newer, older in pairwise(page):
        if older.updated_at > newer.updated_at + _JITTER:
            raise malformed(_LIST, "UnsortedList", "the list is not sorted by update")


def _draft(github: GithubSession, pull: PullRequest, merged_at: datetime) -> Draft:
    name = f"{github.settings.repository}#{pull.number}"
    content: dict[str, Json] = {
        "author": _login(pull.user),
        "author_is_bot": pull.user is not None and pull.user.type == "Bot",
        "base": pull.base.ref,
        "head_sha": pull.head.sha,
        "merge_commit": pull.merge_commit_sha,
        "merged_at": format_instant(merged_at),
        "number": pull.number,
    }
    failures: list[Failure] = []
    for facet, read in (("merged_by", _merged_by), ("reviews", _reviews)):
        try:
            content[facet] = read(github, pull.number)
        except SourceError as error:
            if error.failure.failure_class in _ENDING:
                raise
            failures.append(replace(error.failure, item=name, facet=facet))
    return Draft(name, content, tuple(failures))


def _merged_by(github: GithubSession, number: int) -> Json:
    merge = github.get(_GET, f"/pulls/{number}", MERGE)
    if merge.number != number:
        raise malformed(_GET, "WrongPullRequest", "the answer is of another pull request")
    return _login(merge.merged_by)


def _reviews(github: GithubSession, number: int) -> Json:
    """Give the submitted reviews, oldest first; only its own author sees one that is pending."""
    pages = github.pages(_LIST_REVIEWS, f"/pulls/{number}/reviews", REVIEWS, {"per_page": 100})
    found = [review for page in pages for review in page if review.state != "PENDING"]
    return [_review(submitted, review) for submitted, _, review in sorted(map(_dated, found), key=lambda d: d[:2])]


def _dated(review: Review) -> tuple[datetime, int, Review]:
    if review.submitted_at is None:
        raise malformed(_LIST_REVIEWS, "UndatedReview", "a review does not say when it was submitted")
    return review.submitted_at, review.id, review


def _review(submitted: datetime, review: Review) -> Json:
    return {
        "commit": review.commit_id,
        "reviewer": _login(review.user),
        "state": review.state,
        "submitted_at": format_instant(submitted),
    }


def _login(account: Account | None) -> str | None:
    """Give the name of an account, None when it was deleted. Those of apps end with `[bot]`."""
    return account.login if account else None


MERGED_PULL_REQUESTS = Population("github.pull_requests", ("metadata=read", "pull_requests=read"), pull_requests)
