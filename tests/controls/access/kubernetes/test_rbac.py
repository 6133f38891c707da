"""The RBAC decision: against every recorded answer of a real server's authorizer, its documented edges, its laws."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cluster import binding_item, role_item, rule, subject
from support.kubernetes import RECORDINGS

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.rbac import Rbac
from controls.access.kubernetes.request import Request, UrlRequest
from controls.access.kubernetes.subject import ANONYMOUS, AUTHENTICATED, MASTERS, Subject, user

ANNA = user("anna")
REVIEWS = json.loads(gzip.decompress((RECORDINGS / "subjectaccessreviews.json.gz").read_bytes()))
"""25 subjects x 139 requests: allowed[i] answers checks[i]."""


def rbac(rules: list[Any], *, namespace: str | None = "ml", bound_to: dict[str, Any] | None = None) -> Rbac:
    """One role with these rules, bound to one subject: in a namespace, or in the whole cluster for None."""
    role_kind = "Role" if namespace else "ClusterRole"
    return Rbac(
        [role_item(role_kind, namespace, "r", rules)],
        [binding_item(f"{role_kind}Binding", namespace, "b", role_kind, "r", [bound_to or subject("User", "anna")])],
    )


def test_every_recorded_answer_of_the_servers_authorizer_is_reproduced(recorded_rbac: Rbac) -> None:
    requests = [Request(**check) for check in REVIEWS["checks"]]
    differing = [
        (recorded_subject["user"], str(request), answer)
        for recorded_subject in REVIEWS["subjects"]
        for request, answer in zip(requests, recorded_subject["allowed"], strict=True)
        if bool(recorded_rbac.allowed(user(recorded_subject["user"]), request, recorded_subject["groups"]))
        != (answer == "1")
    ]
    assert differing == []
    answers = "".join(recorded_subject["allowed"] for recorded_subject in REVIEWS["subjects"])
    assert len(answers) == 3475
    assert set(answers) == {"0", "1"}


def test_the_groups_that_come_with_an_identity_are_those_that_the_server_recorded() -> None:
    for recorded_subject in REVIEWS["subjects"]:
        system = {name for name in recorded_subject["groups"] if name.startswith("system:")}
        assert set(user(recorded_subject["user"]).groups) == system


def test_a_path_names_subject_binding_role_and_rule(recorded_rbac: Rbac) -> None:
    oncall = Subject("Group", "oncall")
    (path,) = recorded_rbac.allowed(oncall, Request("create", "pods", subresource="exec", namespace="inference"))
    assert str(path) == (
        "group oncall → rolebinding inference/oncall-exec → role inference/pod-debugger → rule 2 (create pods/exec)"
    )


@pytest.mark.parametrize(
    ("resources", "target", "allowed"),
    [
        (["*"], ("pods", "exec"), True),
        (["pods"], ("pods", "exec"), False),
        (["pods/*"], ("pods", "exec"), False),
        (["*/exec"], ("pods", "exec"), True),
        (["*/exec"], ("pods", ""), False),
        (["*/ex"], ("pods", "exec"), False),
        (["pods/exec"], ("pods", ""), False),
        (["*/*"], ("pods", "exec"), False),
    ],
)
def test_wildcards_mean_what_they_mean_to_the_server(
    resources: list[str], target: tuple[str, str], *, allowed: bool
) -> None:
    request = Request("create", target[0], subresource=target[1], namespace="ml")
    assert bool(rbac([rule(["*"], resources)]).allowed(ANNA, request)) is allowed


def test_a_rule_with_names_allows_neither_other_objects_nor_requests_without_a_name() -> None:
    cluster = rbac([rule(["get", "list", "create"], ["secrets"], names=["weights"])])
    assert cluster.allowed(ANNA, Request("get", "secrets", namespace="ml", name="weights"))
    assert cluster.allowed(ANNA, Request("list", "secrets", namespace="ml", name="weights"))
    assert not cluster.allowed(ANNA, Request("get", "secrets", namespace="ml", name="other"))
    assert not cluster.allowed(ANNA, Request("list", "secrets", namespace="ml"))
    assert not cluster.allowed(ANNA, Request("create", "secrets", namespace="ml"))
    assert cluster.names(ANNA, Request("get", "secrets", namespace="ml")) == {"weights"}


@pytest.mark.parametrize(
    ("url", "asked", "allowed"),
    [
        ("/metrics", "/metrics", True),
        ("/metrics", "/metrics/x", False),
        ("/healthz/*", "/healthz/etcd", True),
        ("/healthz/*", "/healthz", False),
        ("*", "/logs", True),
        ("/a*b", "/axb", False),
    ],
)
def test_paths_match_whole_or_by_a_trailing_star(url: str, asked: str, *, allowed: bool) -> None:
    cluster = rbac([rule(["get"], groups=[], urls=[url])], namespace=None)
    assert bool(cluster.allowed(ANNA, UrlRequest("get", asked))) is allowed
    assert not cluster.allowed(ANNA, UrlRequest("post", asked))


def test_a_role_binding_gives_a_cluster_role_in_its_namespace_only() -> None:
    role = role_item("ClusterRole", None, "reader", [rule(["get"], ["secrets"]), rule(["get"], urls=["/metrics"])])
    cluster = Rbac([role], [binding_item("RoleBinding", "ml", "b", "ClusterRole", "reader", [subject("User", "anna")])])
    assert cluster.allowed(ANNA, Request("get", "secrets", namespace="ml"))
    assert not cluster.allowed(ANNA, Request("get", "secrets", namespace="web"))
    assert not cluster.allowed(ANNA, Request("get", "secrets"))
    assert not cluster.allowed(ANNA, UrlRequest("get", "/metrics"))


def test_a_role_of_another_namespace_is_not_the_one_that_is_bound() -> None:
    role = role_item("Role", "web", "reader", [rule(["get"], ["secrets"])])
    cluster = Rbac([role], [binding_item("RoleBinding", "ml", "b", "Role", "reader", [subject("User", "anna")])])
    assert not cluster.allowed(ANNA, Request("get", "secrets", namespace="ml"))
    assert [str(binding) for binding in cluster.dangling] == ["rolebinding ml/b"]


def test_a_binding_to_a_role_that_does_not_exist_gives_nothing_and_is_named(recorded_rbac: Rbac) -> None:
    assert not recorded_rbac.allowed(user("ghost"), Request("get", "pods", namespace="inference"))
    assert [str(binding) for binding in recorded_rbac.dangling] == ["rolebinding inference/dangling"]


def test_masters_need_no_binding() -> None:
    empty = Rbac([], [])
    (path,) = empty.allowed(ANNA, Request("get", "secrets"), groups=["system:masters"])
    assert str(path) == "group system:masters → every request without RBAC (get secrets)"
    assert empty.allowed(MASTERS, UrlRequest("get", "/logs"))


@pytest.mark.parametrize(
    ("group", "reached", "missed"),
    [
        ("system:authenticated", ANNA, ANONYMOUS),
        ("system:unauthenticated", ANONYMOUS, ANNA),
        ("system:serviceaccounts", Subject("ServiceAccount", "bot", "web"), ANNA),
        ("system:serviceaccounts:ml", Subject("ServiceAccount", "bot", "ml"), Subject("ServiceAccount", "bot", "web")),
    ],
)
def test_groups_that_nobody_lists_have_their_members(group: str, reached: Subject, missed: Subject) -> None:
    cluster = rbac([rule(["get"], ["secrets"])], bound_to=subject("Group", group))
    request = Request("get", "secrets", namespace="ml")
    assert cluster.allowed(reached, request)
    assert not cluster.allowed(missed, request)


def test_a_service_account_is_the_user_of_its_name_and_of_the_bindings_namespace_where_it_states_none() -> None:
    request = Request("get", "secrets", namespace="ml")
    account = Subject("ServiceAccount", "bot", "ml")
    by_user_name = subject("User", "system:serviceaccount:ml:bot")
    assert rbac([rule(["get"], ["secrets"])], bound_to=by_user_name).allowed(account, request)
    assert rbac([rule(["get"], ["secrets"])], bound_to=subject("ServiceAccount", "bot")).allowed(account, request)
    in_cluster = rbac([rule(["get"], ["secrets"])], namespace=None, bound_to=subject("ServiceAccount", "bot"))
    assert in_cluster.subjects == ()


def test_an_aggregated_roles_path_names_the_role_that_its_rule_comes_from() -> None:
    part, reading = {"aggregate-to-ml": "true", "team": "a"}, rule(["list"], ["secrets"])
    selectors = [{"labels": {"aggregate-to-ml": "true"}, "expressions": []}]
    by_expression = [
        {
            "labels": {},
            "expressions": [
                {"key": "team", "operator": "In", "values": ["a"]},
                {"key": "old", "operator": "DoesNotExist", "values": []},
            ],
        }
    ]
    roles = [
        role_item("ClusterRole", None, "part", [reading], labels=part),
        role_item("ClusterRole", None, "stranger", [reading], labels={"team": "b"}),
        role_item("ClusterRole", None, "retired", [reading], labels={"team": "a", "old": "yes"}),
        role_item("ClusterRole", None, "inner", [reading], selectors, {"aggregate-to-ml": "true"}),
        role_item("ClusterRole", None, "outer", [reading], by_expression),
        role_item("ClusterRole", None, "not-filled", [], selectors),
    ]
    names = ("inner", "outer", "not-filled")
    bindings = [binding_item("RoleBinding", "ml", n, "ClusterRole", n, [subject("User", "anna")]) for n in names]
    paths = Rbac(roles, bindings).allowed(ANNA, Request("list", "secrets", namespace="ml"))
    # The server goes by the rules that are filled in: a role whose controller never ran gives nothing.
    assert [path.role.name for path in paths if path.role] == ["inner", "outer"]
    assert [path.origins for path in paths] == [("part",), ("part",)]
    assert str(paths[0]).endswith("→ clusterrole inner → rule 1 (list secrets), from clusterrole part")


GOOD_ROLE = role_item("Role", "ml", "r", [rule(["get"], ["pods"])]).content().value
GOOD_BINDING = binding_item("RoleBinding", "ml", "b", "Role", "r", [subject("User", "anna")]).content().value


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "Roll"},
        {"namespace": None},
        {"name": ""},
        {"rules": None},
        {"rules": [{"verbs": "get"}]},
        {"rules": [{**rule(["get"], ["pods"]), "resource_names": [1]}]},
        {"aggregated_from": [{"matchLabels": {"a": "b"}}]},
        {"aggregated_from": [{"expressions": []}]},
        {"aggregated_from": [{"labels": {}, "expressions": [{"key": "a", "operator": "Near", "values": []}]}]},
        {"labels": {"a": 1}},
    ],
)
def test_a_role_of_another_form_is_malformed_and_not_empty(broken: dict[str, Any]) -> None:
    Rbac([Item.of("role/ml/r", dict(GOOD_ROLE))], [])
    with pytest.raises(MalformedError):
        Rbac([Item.of("role/ml/r", {**GOOD_ROLE, **broken})], [])


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "Binding"},
        {"kind": "ClusterRoleBinding"},
        {"kind": "ClusterRoleBinding", "namespace": None},
        {"role": "r"},
        {"role": {"kind": "Group", "name": "r"}},
        {"subjects": None},
        {"subjects": [{"kind": "Robot", "namespace": None, "name": "r"}]},
        {"subjects": [{"kind": "User", "namespace": None}]},
    ],
)
def test_a_binding_of_another_form_is_malformed_and_not_empty(broken: dict[str, Any]) -> None:
    Rbac([], [Item.of("rolebinding/ml/b", dict(GOOD_BINDING))])
    with pytest.raises(MalformedError):
        Rbac([], [Item.of("rolebinding/ml/b", {**GOOD_BINDING, **broken})])


names = st.sampled_from(["", "weights", "other"])
verbs = st.sampled_from(["get", "list", "create", "*"])
targets = st.sampled_from(["secrets", "pods", "pods/exec", "*", "*/exec", "pods/*"])
rules = st.builds(
    lambda v, t, g, n: rule([v], [t], [g], [n] if n else []), verbs, targets, st.sampled_from(["", "apps", "*"]), names
)
subjects = st.sampled_from(
    [
        subject("User", "anna"),
        subject("User", "ben"),
        subject("Group", "team"),
        subject("Group", "system:authenticated"),
        subject("ServiceAccount", "bot", "ml"),
    ]
)
bindings = st.tuples(st.sampled_from([None, "ml", "web"]), st.integers(0, 2), st.lists(subjects, max_size=3))
clusters = st.tuples(st.lists(st.lists(rules, max_size=3), min_size=3, max_size=3), st.lists(bindings, max_size=5))
callers = st.sampled_from(
    [ANNA, user("ben"), Subject("Group", "team"), AUTHENTICATED, Subject("ServiceAccount", "bot", "ml")]
)
requests = st.builds(
    lambda verb, target, group, namespace, name: Request(verb, target[0], group, target[1], namespace, name),
    st.sampled_from(["get", "list", "create"]),
    st.sampled_from([("secrets", ""), ("pods", ""), ("pods", "exec")]),
    st.sampled_from(["", "apps"]),
    st.sampled_from(["", "ml", "web"]),
    names,
)


def built(cluster: tuple[list[Any], list[Any]]) -> Rbac:
    roles = [role_item("ClusterRole", None, f"r{n}", its_rules) for n, its_rules in enumerate(cluster[0])]
    return Rbac(
        roles,
        [
            binding_item("RoleBinding" if ns else "ClusterRoleBinding", ns, f"b{n}", "ClusterRole", f"r{number}", whom)
            for n, (ns, number, whom) in enumerate(cluster[1])
        ],
    )


@given(clusters, bindings, callers, requests)
def test_another_binding_never_takes_access_away(cluster: Any, more: Any, caller: Subject, request: Request) -> None:
    before = built(cluster).allowed(caller, request)
    after = built((cluster[0], [*cluster[1], more])).allowed(caller, request)
    assert {str(path) for path in before} <= {str(path) for path in after}


@given(clusters, rules, st.integers(0, 2), callers, requests)
def test_another_rule_never_takes_access_away(
    cluster: Any, more: Any, number: int, caller: Subject, request: Request
) -> None:
    extended = [[*its, more] if n == number else its for n, its in enumerate(cluster[0])]
    before = built(cluster).allowed(caller, request)
    after = built((extended, cluster[1])).allowed(caller, request)
    assert {str(path) for path in before} <= {str(path) for path in after}


@given(clusters, st.integers(0, 4), callers, requests)
def test_removing_subjects_never_adds_access(cluster: Any, number: int, caller: Subject, request: Request) -> None:
    fewer = [(ns, role, whom[1:] if n == number else whom) for n, (ns, role, whom) in enumerate(cluster[1])]
    before = built(cluster).allowed(caller, request)
    after = built((cluster[0], fewer)).allowed(caller, request)
    assert {str(path) for path in after} <= {str(path) for path in before}


@given(clusters, callers, requests)
def test_names_never_widen_a_rule(cluster: Any, caller: Subject, request: Request) -> None:
    named = [[{**each, "resource_names": ["weights"]} for each in its] for its in cluster[0]]
    unnamed = [[{**each, "resource_names": []} for each in its] for its in cluster[0]]
    with_names = built((named, cluster[1])).allowed(caller, request)
    without = built((unnamed, cluster[1])).allowed(caller, request)
    assert {str(path) for path in with_names} <= {str(path) for path in without}
    assert request.name == "weights" or not with_names


@given(clusters, callers, requests)
def test_a_path_is_a_rule_of_a_role_that_the_recorded_binding_gives(
    cluster: Any, caller: Subject, request: Request
) -> None:
    for path in built(cluster).allowed(caller, request):
        assert path.binding is not None
        assert path.role is not None
        assert path.subject in path.binding.subjects
        assert path.subject == caller or path.subject.name in caller.groups
        assert path.binding.namespace in ("", request.namespace)
        rule_given = path.role.rules[path.number - 1]
        assert rule_given.covers(request)
        assert rule_given.allows_name(request.name)
