"""Merged pull requests and their reviews, read over HTTP: whole, or a gap that says why."""

import gzip
import json
import re
import threading
from datetime import timedelta

import pytest
from support.github import REPOSITORY, TOKEN, account, answer, at, github, message, pull, review, settings, stamp
from support.proxy import Answer

from collector.cli.permissions import words
from collector.model import instant
from collector.model.errors import ConfigurationError
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.github import session as session_module
from connectors.registry import connect

POPULATION = "github.pull_requests"


@pytest.fixture
def repository(monkeypatch):
    monkeypatch.setenv("IT_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as state:
        yield state


@pytest.fixture
def read(repository):
    """Reads the repository; whatever comes of it does not hold the token."""

    def read_once(**changes):
        source = connect(settings(repository.url, **changes), clock=instant.now, progress=lambda *_: None)
        outcome = source.read(POPULATION)
        assert TOKEN not in repr(outcome)
        return outcome

    return read_once


def contents(snapshot):
    assert isinstance(snapshot, Snapshot), snapshot
    return {item.id: json.loads(item.body) for item in snapshot}


def numbers(snapshot):
    return sorted(content["number"] for content in contents(snapshot).values())


def calls(snapshot):
    return {operation.name: operation.calls for operation in snapshot.provenance.operations}


def test_a_merged_pull_request_is_read_with_every_review_and_without_its_texts(repository, read):
    merged = pull(12)
    repository.pulls = [merged]
    repository.reviews[12] = [
        review(1, "CHANGES_REQUESTED", "reviewer-1"),
        review(2, "DISMISSED", "reviewer-2"),
        review(3, "APPROVED", commit_id=None),
    ]
    found = contents(read())
    assert found == {
        f"{REPOSITORY}#12": {
            "author": "engineer-1",
            "author_is_bot": False,
            "base": "main",
            "head_sha": merged["head"]["sha"],
            "merge_commit": merged["merge_commit_sha"],
            "merged_at": merged["merged_at"].replace("Z", ".000000Z"),
            "merged_by": "owner-1",
            "number": 12,
            "reviews": [
                {
                    "commit": "c" * 40,
                    "reviewer": "reviewer-1",
                    "state": "CHANGES_REQUESTED",
                    "submitted_at": "2026-01-01T00:00:01.000000Z",
                },
                {
                    "commit": "c" * 40,
                    "reviewer": "reviewer-2",
                    "state": "DISMISSED",
                    "submitted_at": "2026-01-01T00:00:02.000000Z",
                },
                {
                    "commit": None,
                    "reviewer": "owner-1",
                    "state": "APPROVED",
                    "submitted_at": "2026-01-01T00:00:03.000000Z",
                },
            ],
        }
    }


def test_what_was_not_merged_or_not_lately_is_not_in_the_population(repository, read):
    long_ago = stamp(instant.now() - timedelta(days=31))
    repository.pulls = [
        pull(1, timedelta(days=29)),
        pull(2, merged_at=None),
        pull(3, timedelta(days=31)),
        # Merged long ago and commented on today.
        pull(4, merged_at=long_ago),
    ]
    assert numbers(read()) == [1]


def test_reading_stops_at_the_first_page_that_is_too_old(repository, read):
    repository.pulls = [*(pull(n) for n in range(1, 51)), *(pull(n, timedelta(days=40)) for n in range(51, 400))]
    snapshot = read()
    assert numbers(snapshot) == list(range(1, 51))
    assert calls(snapshot)["github:pulls/list"] == 1


def test_long_lists_are_read_to_their_end(repository, read):
    repository.pulls = [pull(n, timedelta(minutes=n)) for n in range(1, 251)]
    repository.reviews[7] = [review(n) for n in range(1, 231)]
    snapshot = read()
    assert numbers(snapshot) == list(range(1, 251))
    assert len(contents(snapshot)[f"{REPOSITORY}#7"]["reviews"]) == 230
    assert calls(snapshot) == {
        "github:pulls/get": 250,
        "github:pulls/list": 3,
        "github:pulls/list-reviews": 252,
        "github:repos/get": 1,
        "github:users/get-authenticated": 1,
    }


def test_one_that_moves_to_the_front_while_pages_are_read_is_not_lost(repository, read):
    repository.pulls = [pull(n, timedelta(minutes=10 * n)) for n in range(1, 151)]

    def touch(request):
        if "page" in request.query and repository.pulls[-1]["number"] == 150:
            last = repository.pulls.pop()
            repository.pulls.insert(0, {**last, "updated_at": stamp(instant.now())})

    repository.rules.append(at("/repositories/1300192/pulls", touch))
    snapshot = read()
    assert numbers(snapshot) == list(range(1, 151))
    assert calls(snapshot)["github:pulls/list"] == 3


def test_a_list_that_never_stands_still_is_a_gap(repository, read):
    repository.pulls = [pull(n, timedelta(seconds=n // 10)) for n in range(1, 151)]

    def touch(request):
        if "page" in request.query:
            oldest = min(repository.pulls, key=lambda p: p["updated_at"])
            oldest["updated_at"] = stamp(instant.now() + timedelta(seconds=len(repository.requests)))

    repository.rules.append(at("/repositories/1300192/pulls", touch))
    gap = read()
    assert isinstance(gap, Gap)
    assert "MovingList" in gap.reason


def test_reviews_are_oldest_first_and_a_pending_one_is_not_a_review_yet(repository, read):
    repository.pulls = [pull(1)]
    pending = review(9, "PENDING")
    del pending["submitted_at"]
    repository.reviews[1] = [review(3), pending, review(1, "COMMENTED")]
    (content,) = contents(read()).values()
    assert [given["state"] for given in content["reviews"]] == ["COMMENTED", "APPROVED"]


def test_bots_and_deleted_accounts_are_told_apart_from_people(repository, read):
    repository.pulls = [pull(1, user=account("updater[bot]", "Bot")), pull(2, user=None, merged_by=None)]
    repository.reviews[2] = [review(1, user=None)]
    first, second = contents(read()).values()
    assert (first["author"], first["author_is_bot"]) == ("updater[bot]", True)
    assert (second["author"], second["author_is_bot"], second["merged_by"]) == (None, False, None)
    assert second["reviews"][0]["reviewer"] is None


def test_the_provenance_says_who_asked_and_whose_clock_differs(repository, read):
    repository.clock = lambda: instant.now() + timedelta(seconds=90)
    provenance = read().provenance
    assert provenance.caller == "collector-1"
    assert provenance.endpoint == repository.url
    assert (provenance.first_request, provenance.last_request) == ("R1", "R3")
    assert 88 <= provenance.clock_skew <= 91
    sent = repository.requests[-1].headers
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert sent["X-GitHub-Api-Version"] == "2022-11-28"
    assert sent["Accept"] == "application/vnd.github+json"


def test_an_app_installation_has_no_login(repository, read):
    repository.rules.append(at("/user", message(403, "Resource not accessible by integration")))
    assert read().provenance.caller == "app installation"


def test_without_a_configured_token_nothing_signs_in_not_even_netrc(repository, read, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login it password it\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    snapshot = read(token_variable=None)
    assert snapshot.provenance.caller == "anonymous"
    assert not any("Authorization" in request.headers for request in repository.requests)


@pytest.mark.parametrize(("token", "said"), [(None, "is not set"), (" ", "is not set"), ("a b\x07", "holds no token")])
def test_a_variable_without_a_token_is_an_error_of_the_configuration(repository, read, monkeypatch, token, said):
    monkeypatch.delenv("IT_TOKEN")
    if token is not None:
        monkeypatch.setenv("IT_TOKEN", token)
    with pytest.raises(ConfigurationError, match=f"the environment variable IT_TOKEN {said}") as caught:
        read()
    assert "a b" not in f"{caught.value.message}{caught.value.mend}"
    assert repository.requests == []


PULLS = "/pulls"
FAULTS = {
    "a token that is none": ("/user", message(401, "Bad credentials"), FailureClass.DENIED, "Bad credentials"),
    "a token without the permission": (
        PULLS,
        message(
            403, "Resource not accessible by personal access token", X_Accepted_GitHub_Permissions="pull_requests=read"
        ),
        FailureClass.DENIED,
        r"token \(needed: pull_requests=read\)",
    ),
    "a repository that is not visible": (
        f"/repos/{REPOSITORY}",
        message(404, "Not Found"),
        FailureClass.DENIED,
        "not visible to this token",
    ),
    "the primary limit": (
        PULLS,
        message(403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset="1767225600"),
        FailureClass.THROTTLED,
        r"used up until 2026-01-01T00:00:00\.000000Z",
    ),
    "a reset of no calendar": (
        PULLS,
        message(429, "it", X_RateLimit_Remaining="0", X_RateLimit_Reset="9" * 30),
        FailureClass.THROTTLED,
        "a time that GitHub does not say",
    ),
    "a limit with a time to wait": (
        PULLS,
        message(429, "it", Retry_After="60"),
        FailureClass.THROTTLED,
        "no call for 60 s",
    ),
    "a secondary limit, told in words": (
        PULLS,
        message(403, "You have exceeded a secondary rate limit"),
        FailureClass.THROTTLED,
        "wait a minute at least",
    ),
    "a limit of who asks": ("/user", message(403, "it", Retry_After="60"), FailureClass.THROTTLED, "no call for 60 s"),
    "a server that fails": (PULLS, message(502, "Server Error"), FailureClass.UNREACHABLE, "HTTP502"),
    "a page for people": (
        PULLS,
        Answer(200, b"<html>sign in", {"Content-Type": "text/html"}),
        FailureClass.MALFORMED,
        "json_invalid",
    ),
    "an answer that is no list": (PULLS, answer({"message": "it"}), FailureClass.MALFORMED, "UnexpectedAnswer"),
    "a list of something else": (PULLS, answer([{"number": 1}]), FailureClass.MALFORMED, "documented form at user"),
    "a time without a zone": (
        PULLS,
        answer([pull(1, updated_at="2026-01-01T00:00:00")]),
        FailureClass.MALFORMED,
        "at updated_at",
    ),
    "an answer that breaks off": (
        PULLS,
        Answer(200, b"[", {"Content-Length": "100"}),
        FailureClass.UNREACHABLE,
        "broke off",
    ),
    "an answer that is not compressed as it says": (
        PULLS,
        Answer(200, b"[]", {"Content-Encoding": "gzip"}),
        FailureClass.MALFORMED,
        "decompressed",
    ),
    "a redirect": (
        PULLS,
        message(301, "Moved", Location="/elsewhere"),
        FailureClass.MISIDENTIFIED,
        "leads elsewhere and is not followed",
    ),
    "a status of no use": (PULLS, Answer(204, b""), FailureClass.MALFORMED, "HTTP204"),
    "a list that is not sorted": (
        PULLS,
        answer([pull(1, timedelta(days=2)), pull(2)]),
        FailureClass.MALFORMED,
        "UnsortedList",
    ),
    "a page on another host": (
        PULLS,
        answer([pull(1)], Link='<http://127.0.0.2/pulls?page=2>; rel="next"'),
        FailureClass.MALFORMED,
        "ForeignPage",
    ),
    "another repository": (
        f"/repos/{REPOSITORY}",
        answer({"full_name": "acme/other"}),
        FailureClass.MISIDENTIFIED,
        "acme/other answered",
    ),
    "an echo of the token": ("/user", message(401, f"no {TOKEN} here"), FailureClass.DENIED, r"no \(token\) here"),
}


@pytest.mark.parametrize(("path", "given", "failure_class", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_a_gap_of_its_class_and_never_an_empty_list(repository, read, path, given, failure_class, said):
    repository.rules.append(at(path, given))
    gap = read()
    assert isinstance(gap, Gap)
    assert gap.failure_class is failure_class
    assert re.search(said, gap.reason), gap.reason
    assert gap.partial is None


def test_a_redirect_is_not_followed_so_that_the_token_stays(repository, read):
    with github() as other:
        repository.rules.append(at(f"/repos/{REPOSITORY}", message(307, "it", Location=f"{other.url}/user")))
        assert isinstance(read(), Gap)
        assert other.requests == []


def test_one_answer_that_fails_leaves_a_facet_unknown_and_the_others_read(repository, read):
    repository.pulls = [pull(1), pull(2)]
    repository.rules += [at("/pulls/1/reviews", message(404, "Not Found")), at("/pulls/2", answer(pull(1)))]
    gap = read()
    assert isinstance(gap, Gap)
    assert {(failure.item, failure.facet, failure.code) for failure in gap.failures} == {
        (f"{REPOSITORY}#1", "reviews", "HTTP404"),
        (f"{REPOSITORY}#2", "merged_by", "WrongPullRequest"),
    }
    first, second = (json.loads(item.body) for item in gap.partial)
    assert "reviews" not in first
    assert first["unreadable"]["reviews"]["class"] == "denied"
    assert ("merged_by" in second, second["reviews"]) == (False, [])


def test_a_review_without_a_date_is_not_guessed(repository, read):
    repository.pulls = [pull(1)]
    repository.reviews[1] = [review(1, submitted_at=None)]
    assert "UndatedReview" in read().reason


def test_a_limit_midway_ends_the_reading_and_keeps_what_was_read(repository, read):
    repository.pulls = [pull(n) for n in range(1, 6)]
    repository.rules.append(at("/pulls/3", message(429, "it", Retry_After="60")))
    gap = read()
    assert gap.failure_class is FailureClass.THROTTLED
    assert numbers(gap.partial) == [1, 2]
    assert repository.requests[-1].path.endswith("/pulls/3")


def test_pages_that_go_round_or_on_without_end_are_a_gap(repository, read, monkeypatch):
    repository.pulls = [pull(1)]
    path = f"/repos/{REPOSITORY}/pulls"
    again = f'<{repository.url}{path}?direction=desc&per_page=100&sort=updated&state=closed>; rel="next"'
    repository.rules.append(at("/pulls", answer([pull(1)], Link=again)))
    assert "RepeatedPage" in read().reason
    repository.rules[:] = [
        at(
            "/pulls",
            lambda r: answer([pull(1)], Link=f'<{repository.url}{path}?page={len(repository.requests)}>; rel="next"'),
        )
    ]
    monkeypatch.setattr(session_module, "MAX_PAGES", 5)
    assert "TooManyPages" in read().reason


def test_an_answer_that_is_too_large_is_a_gap_also_when_it_is_compressed(repository, read, monkeypatch):
    monkeypatch.setattr(session_module, "MAX_ANSWER", 1_000_000)
    large = gzip.compress(b"[" + b" " * 2_000_000 + b"]")
    repository.rules.append(at("/pulls", Answer(200, large, {"Content-Encoding": "gzip"})))
    assert "TooLarge" in read().reason


def test_what_fails_for_a_moment_is_tried_again_and_then_given_up(repository, read):
    repository.pulls = [pull(1)]
    failing = [message(503, "it", Retry_After="3600"), message(500, "it")]
    repository.rules.append(at("/pulls", lambda _: failing.pop() if failing else None))
    assert numbers(read(max_attempts=3)) == [1]
    failing += [message(500, "it")] * 3
    assert "HTTP500" in read(max_attempts=3).reason
    assert failing == []


def test_nobody_who_listens_or_answers_is_unreachable(repository, read):
    assert read(api_url="http://127.0.0.1:1").failure_class is FailureClass.UNREACHABLE
    silent = threading.Event()
    repository.rules.append(at("/user", lambda _: silent.wait(20) and None))
    try:
        gap = read(read_timeout=1)
    finally:
        silent.set()
    assert (gap.failure_class, "no answer in time" in gap.reason) == (FailureClass.UNREACHABLE, True)


def test_equal_failures_read_alike_in_each_poll(read):
    assert read(api_url="http://127.0.0.1:1").failures == read(api_url="http://127.0.0.1:1").failures


def test_the_permissions_are_said_in_words():
    said = words("github")
    assert re.search(r"Pull requests +read", said)
    assert re.search(r"Metadata +read", said)
    assert said.count(" read\n") == 2
