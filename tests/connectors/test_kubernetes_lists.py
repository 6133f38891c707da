"""How lists of a cluster are read: every page of one state, or a gap that says why not."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from support.kubernetes import (
    CALLER,
    CLUSTER_UID,
    RECORDINGS,
    REDACTION,
    Answer,
    at,
    cluster,
    error,
    recorded,
    times,
)

from collector.model import instant
from collector.model.snapshot import FailureClass, Gap, Snapshot
from connectors.kubernetes import session
from connectors.kubernetes.source import RESTARTS
from connectors.registry import connect

ROLES = "/apis/rbac.authorization.k8s.io/v1/roles"
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
GONE = Answer(410, error("410-expired-continue.json"))


def second_page(request):
    return "continue" in request.query


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of ten, so that the recorded lists have several."""
    monkeypatch.setattr(session, "PAGE_SIZE", 10)


def test_the_recorded_pages_of_a_real_server_are_read_to_the_end(kubernetes, read_cluster):
    bodies = [gzip.decompress((RECORDINGS / "paging" / f"clusterroles-{n}.json.gz").read_bytes()) for n in range(4)]
    tokens = [None, *(json.loads(body)["metadata"]["continue"] for body in bodies[:3])]
    for token, body in zip(tokens, bodies, strict=True):
        kubernetes.rules.append(
            at(CLUSTER_ROLES, Answer(200, body), lambda request, token=token: request.query.get("continue") == token)
        )
    snapshot = read_cluster("kubernetes.roles")
    names = {role["metadata"]["name"] for role in recorded("t2")[CLUSTER_ROLES]["items"]}
    assert {item.id for item in snapshot if item.id.startswith("clusterrole/")} == {f"clusterrole/{n}" for n in names}


def test_many_small_pages_give_the_same_items_as_one(kubernetes, read_cluster, monkeypatch):
    whole = read_cluster("kubernetes.roles")
    monkeypatch.setattr(session, "PAGE_SIZE", 7)
    paged = read_cluster("kubernetes.roles")
    assert paged.items == whole.items
    calls = {operation.name: operation.calls for operation in paged.provenance.operations}
    assert calls["list clusterroles.rbac.authorization.k8s.io"] == -(-81 // 7)


def test_provenance_says_as_whom_and_where_and_by_which_requests(kubernetes, read_cluster):
    provenance = read_cluster("kubernetes.roles").provenance
    assert (provenance.caller, provenance.endpoint) == (CALLER, kubernetes.url)
    assert (provenance.first_request, provenance.last_request) == ("audit-1", "audit-3")
    assert provenance.clock_skew == 0


def test_a_cluster_whose_clock_is_wrong_is_told_by_how_much(kubernetes, read_cluster):
    late = {"Date": format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)}
    kubernetes.rules.append(at("/apis/authentication.k8s.io/v1/selfsubjectreviews", Answer(404, b"", late)))
    provenance = read_cluster("kubernetes.roles").provenance
    assert -303 <= provenance.clock_skew <= -298
    assert provenance.caller == ""


FAULTS = {
    "unauthorized": (Answer(401, error("401.json")), FailureClass.DENIED, "Unauthorized"),
    "forbidden": (Answer(403, error("403-deployments.json")), FailureClass.DENIED, "Forbidden"),
    "throttled": (Answer(429, b"slow down"), FailureClass.THROTTLED, "429"),
    "a failing server": (Answer(500, b""), FailureClass.UNREACHABLE, "500"),
    "a cut connection": (Answer(200, b"{" * 1000, cut=True), FailureClass.UNREACHABLE, "no whole answer"),
    "a server that does not answer": (Answer(200, b"{}", delay=1.5), FailureClass.UNREACHABLE, "no whole answer"),
    "a list that is not there": (Answer(404, error("404-missing-group.txt")), FailureClass.MALFORMED, "404"),
    "a redirection": (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), FailureClass.MALFORMED, "302"),
    "a page that is not JSON": (Answer(200, b"<html>sign in"), FailureClass.MALFORMED, "NotJson"),
    "a page with NaN": (Answer(200, b'{"items":[NaN]}'), FailureClass.MALFORMED, "NotJson"),
    "a list of something else": (
        Answer(200, b'{"kind":"PodList","metadata":{},"items":[]}'), FailureClass.MALFORMED, "is no ClusterRoleList",
    ),
    "a page without a list": (
        Answer(200, b'{"kind":"ClusterRoleList","metadata":{}}'), FailureClass.MALFORMED, "is no ClusterRoleList",
    ),
    "an object without a name": (
        Answer(200, b'{"kind":"ClusterRoleList","metadata":{"resourceVersion":"702"},"items":[{"metadata":{}}]}'),
        FailureClass.MALFORMED, "documented form",
    ),
    "an object without rules": (
        Answer(200, b'{"kind":"ClusterRoleList","metadata":{"resourceVersion":"702"},"items":[{"metadata":{"name":"x"}}]}'),
        FailureClass.MALFORMED, "documented form",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "said"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("where", ["first page", "later page"])
@pytest.mark.usefixtures("small_pages")
def test_a_page_that_does_not_come_whole_is_a_gap_of_its_class(kubernetes, read_cluster, answer, kind, said, where):
    when = second_page if where == "later page" else lambda _: True
    kubernetes.rules.append(at(CLUSTER_ROLES, answer, when))
    gap = read_cluster("kubernetes.roles", read_timeout=1)
    assert isinstance(gap, Gap)
    assert gap.failure_class is kind
    assert said in gap.reason
    assert (len(gap.partial.items) if gap.partial else 0) == (10 if where == "later page" else 0)
    assert not (gap.partial and gap.partial.listed)


def test_pages_that_expire_are_read_again_from_the_first_one(kubernetes, read_cluster, small_pages):
    whole = read_cluster("kubernetes.roles")
    kubernetes.rules.append(times(RESTARTS, at(CLUSTER_ROLES, GONE, second_page)))
    snapshot = read_cluster("kubernetes.roles")
    assert isinstance(snapshot, Snapshot)
    assert snapshot.items == whole.items
    calls = {operation.name: operation.calls for operation in snapshot.provenance.operations}
    assert calls["list clusterroles.rbac.authorization.k8s.io"] == 2 * RESTARTS + 9


def test_what_the_first_try_read_is_not_mixed_into_the_second(kubernetes, read_cluster, small_pages):
    kubernetes.instant = "t1"

    def change(request):
        if request.path.endswith("/rolebindings") and second_page(request) and kubernetes.instant == "t1":
            kubernetes.instant = "t2"
            return GONE
        return None

    kubernetes.rules.append(change)
    changed = read_cluster("kubernetes.bindings")
    assert changed.items == read_cluster("kubernetes.bindings").items


def test_pages_that_always_expire_are_a_gap_after_a_bounded_number_of_tries(kubernetes, read_cluster, small_pages):
    kubernetes.rules.append(at(CLUSTER_ROLES, GONE, second_page))
    gap = read_cluster("kubernetes.roles")
    assert (gap.failure_class, gap.failures[0].code) == (FailureClass.MALFORMED, "Expired")
    assert sum(request.path == CLUSTER_ROLES for request in kubernetes.requests) == 2 * (RESTARTS + 1)


def test_pages_of_different_states_are_never_one_list(kubernetes, read_cluster, small_pages):
    def drift(request):
        if request.path == CLUSTER_ROLES:
            kubernetes.instant = "t2" if second_page(request) else "t1"

    kubernetes.rules.append(drift)
    gap = read_cluster("kubernetes.roles")
    assert isinstance(gap, Gap)
    assert "different states" in gap.reason


def test_pages_that_go_round_in_a_circle_are_a_gap(kubernetes, read_cluster):
    page = b'{"kind":"ClusterRoleList","metadata":{"continue":"again"},"items":[]}'
    kubernetes.rules.append(at(CLUSTER_ROLES, Answer(200, page)))
    assert read_cluster("kubernetes.roles").failures[0].code == "RepeatedToken"


def test_an_answer_larger_than_the_limit_is_a_gap(kubernetes, read_cluster, monkeypatch):
    monkeypatch.setattr("connectors.kubernetes.cluster.MAX_ANSWER", 10_000)
    assert read_cluster("kubernetes.roles").failures[0].code == "TooLarge"


@pytest.mark.parametrize(
    "fault",
    [Answer(429, b"", {"Retry-After": "0"}), Answer(503, b"", {"Retry-After": "0"}), Answer(200, b"{}" * 99, cut=True)],
)
def test_what_passes_is_tried_again_and_then_succeeds(kubernetes, read_cluster, fault):
    kubernetes.rules.append(times(2, at(ROLES, fault)))
    assert isinstance(read_cluster("kubernetes.roles", max_attempts=3), Snapshot)
    assert sum(request.path == ROLES for request in kubernetes.requests) == 3


def test_what_is_denied_is_not_tried_again(kubernetes, read_cluster):
    kubernetes.rules.append(at(ROLES, Answer(403, error("403-deployments.json"))))
    assert isinstance(read_cluster("kubernetes.roles", max_attempts=5), Gap)
    assert sum(request.path == ROLES for request in kubernetes.requests) == 1


def test_a_wrong_token_is_denied_and_asked_about_once(kubernetes, tmp_path):
    settings = cluster(kubernetes.url, tmp_path, token="wrong")
    source = connect(settings, clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
    for population in source.populations:
        assert source.read(population).failure_class is FailureClass.DENIED
    assert len(kubernetes.requests) == 1


def test_a_cluster_that_is_not_there_is_unreachable(tmp_path):
    settings = cluster("http://127.0.0.1:1", tmp_path)
    source = connect(settings, clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
    assert source.read("kubernetes.roles").failure_class is FailureClass.UNREACHABLE


def test_another_cluster_that_answers_is_a_gap_not_evidence(kubernetes, read_cluster):
    assert isinstance(read_cluster("kubernetes.roles", cluster_uid=CLUSTER_UID), Snapshot)
    gap = read_cluster("kubernetes.roles", cluster_uid=CLUSTER_UID.replace("1", "2"))
    assert gap.failure_class is FailureClass.MISIDENTIFIED
    assert gap.partial is None


@pytest.mark.parametrize("text", ["", "[]", "clusters: 1", "{", "current-context: none\nclusters: []\nusers: []\n"])
def test_a_broken_kubeconfig_is_denied_and_not_quoted(tmp_path, text):
    settings = cluster("http://127.0.0.1:1", tmp_path)
    (tmp_path / "kubeconfig").write_text(text + "\n# CANARY-1")
    source = connect(settings, clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
    gap = source.read("kubernetes.roles")
    assert gap.failure_class is FailureClass.DENIED
    assert "CANARY" not in gap.reason


def test_outside_a_cluster_the_service_account_is_denied(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    settings = cluster("http://127.0.0.1:1", tmp_path, kubeconfig=None, in_cluster=True)
    source = connect(settings, clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
    assert source.read("kubernetes.roles").failure_class is FailureClass.DENIED
