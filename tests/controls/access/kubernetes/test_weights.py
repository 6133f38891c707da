"""Who can read weights in a cluster: each way planted and found with its path, and nothing where it leads nowhere."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cluster import (
    binding_item,
    claim_item,
    role_item,
    rule,
    subject,
    workload_item,
)

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.holder import Claim, Holder, Secret, parse_location
from controls.access.kubernetes.power import EVERYWHERE, POWERS, escalate, remount
from controls.access.kubernetes.reachability import Step
from controls.access.kubernetes.subject import Subject
from controls.access.kubernetes.way import Kind, Plan
from controls.access.kubernetes.weights import ClusterReader, Weights

RBAC = "rbac.authorization.k8s.io"
CLAIM = Claim("ml", "weights", "pv-weights")
SECRET = Secret("ml", "hub-token")
ANNA, SERVER = Subject("User", "anna"), Subject("ServiceAccount", "server", "ml")
WORKLOADS = (
    workload_item("Deployment", "ml", "chat", claim="weights", secret="hub-token", service_account="server"),
    workload_item("StatefulSet", "ml", "queue", service_account="queue"),
    workload_item("Deployment", "web", "site"),
)
Give = tuple[str | None, dict[str, Any], list[dict[str, Any]]]
"""A namespace or the whole cluster, a subject, and the rules that it is given there."""


def cluster(gives: Iterable[Give], workloads: Iterable[Item] = WORKLOADS, more: Iterable[Item] = ()) -> Cluster:
    roles, bindings = list(more), []
    for number, (namespace, whom, rules) in enumerate(gives):
        kind = "Role" if namespace else "ClusterRole"
        roles.append(role_item(kind, namespace, f"r{number}", rules))
        bindings.append(binding_item(f"{kind}Binding", namespace, f"b{number}", kind, f"r{number}", [whom]))
    return Cluster(roles, bindings, workloads, [claim_item("ml", "weights", "pv-weights")])


def readers(*gives: Give, holder: Holder = CLAIM, more: Iterable[Item] = ()) -> dict[Subject, ClusterReader]:
    found = Weights(cluster(gives, more=more)).readers(holder)
    return {reader.subject: reader for reader in found}


def steps(reader: ClusterReader) -> tuple[Step, ...]:
    return reader.chain.steps if reader.chain else ()


ANNAS = subject("User", "anna")
ADMIN = role_item("ClusterRole", None, "cluster-admin", [rule(["*"], ["*"], ["*"])])
PLANTED: list[tuple[Kind, str | None, list[dict[str, Any]], str]] = [
    (Kind.EXEC, "ml", [rule(["create"], ["pods/exec"])], "create pods/exec"),
    (Kind.EXEC, "ml", [rule(["create"], ["pods/exec"], names=["chat-7d9-x2x"])], "create pods/exec chat-7d9-x2x"),
    (Kind.ATTACH, "ml", [rule(["create"], ["pods/attach"])], "create pods/attach"),
    (Kind.DEBUG, "ml", [rule(["patch"], ["pods/ephemeralcontainers"])], "patch pods/ephemeralcontainers"),
    (Kind.IMAGE, "ml", [rule(["update"], ["pods"])], "update pods"),
    (Kind.CHANGE, "ml", [rule(["patch"], ["deployments"], ["apps"])], "patch deployments.apps"),
    (Kind.CHANGE, "ml", [rule(["update"], ["statefulsets"], ["*"], ["queue"])], "update statefulsets.apps queue"),
    (Kind.CHANGE, "ml", [rule(["patch"], ["replicasets"], ["apps"])], "patch replicasets.apps"),
    (Kind.NODE, None, [rule(["create"], ["nodes/proxy"])], "create nodes/proxy"),
    (Kind.NODE, None, [rule(["get"], ["nodes/proxy"])], "get nodes/proxy"),
    *(
        (Kind.RUN, "ml", [rule(["create"], [resource], [group])], f"create {resource}{'.' * bool(group)}{group}")
        for group, resource in [
            ("", "pods"),
            ("", "replicationcontrollers"),
            ("apps", "deployments"),
            ("apps", "statefulsets"),
            ("apps", "daemonsets"),
            ("apps", "replicasets"),
            ("batch", "jobs"),
            ("batch", "cronjobs"),
            ("argoproj.io", "rollouts"),
            ("serving.kserve.io", "inferenceservices"),
        ]
    ),
    (Kind.BIND, "ml", [rule(["create"], ["rolebindings"], [RBAC]), rule(["bind"], ["clusterroles"], [RBAC])], "bind"),
    (
        Kind.BIND,
        None,
        [
            rule(["create"], ["clusterrolebindings"], [RBAC]),
            rule(["bind"], ["clusterroles"], [RBAC], ["cluster-admin"]),
        ],
        "bind clusterroles.rbac.authorization.k8s.io cluster-admin",
    ),
    (Kind.ESCALATE, "ml", [rule(["escalate", "patch"], ["roles"], [RBAC])], "escalate roles"),
    (Kind.ESCALATE, None, [rule(["escalate", "update"], ["clusterroles"], [RBAC])], "escalate clusterroles"),
]


@pytest.mark.parametrize(("kind", "namespace", "rules", "action"), PLANTED)
def test_a_planted_way_is_found_with_its_path_and_what_to_change(
    kind: Kind, namespace: str | None, rules: list[dict[str, Any]], action: str
) -> None:
    found = readers((namespace, ANNAS, rules), more=[ADMIN])
    (way,) = (way for way in found[ANNA].ways if way.kind is kind)
    role = "role ml/r0" if namespace else "clusterrole r0"
    binding = "rolebinding ml/b0" if namespace else "clusterrolebinding b0"
    assert way.path.startswith(f"user anna → {binding} → {role} → rule 1 (")
    assert action in way.path
    assert way.change.startswith(f"remove user anna from {binding}, or take ")
    # Taking any one of the rules away closes the way.
    for number in range(len(rules)):
        less = readers((namespace, ANNAS, rules[:number] + rules[number + 1 :]), more=[ADMIN])
        assert ANNA not in less or kind not in {way.kind for way in less[ANNA].ways}


@pytest.mark.parametrize(("kind", "namespace", "rules", "action"), [each for each in PLANTED if each[1]])
def test_a_way_in_another_namespace_is_none(
    kind: Kind, namespace: str, rules: list[dict[str, Any]], action: str
) -> None:
    assert (kind, namespace, bool(action)) == (kind, "ml", True)
    assert readers(("web", ANNAS, rules), more=[ADMIN]) == {}


@pytest.mark.parametrize(
    "rules",
    [
        [rule(["get", "list", "watch"], ["pods", "pods/log", "persistentvolumeclaims", "secrets"])],
        [rule(["create"], ["pods/exec"], names=["queue-0"])],
        [rule(["create"], ["pods"], names=["chat"])],
        [rule(["patch"], ["deployments/scale"], ["apps"])],
        [rule(["patch"], ["deployments"], ["apps"], ["no-such-deployment"])],
        [rule(["patch"], ["daemonsets", "jobs"], ["apps", "batch"])],
        [rule(["escalate", "bind"], ["roles", "clusterroles"], [RBAC])],
        [rule(["create"], ["rolebindings"], [RBAC]), rule(["bind"], ["clusterroles"], [RBAC], ["harmless"])],
        [rule(["create", "patch"], ["rolebindings", "roles"], [RBAC])],
        [rule(["delete", "deletecollection"], ["pods", "persistentvolumeclaims"])],
    ],
)
def test_permissions_that_lead_to_no_weights_make_nobody_a_reader(rules: list[dict[str, Any]]) -> None:
    harmless = role_item("ClusterRole", None, "harmless", [rule(["list"], ["pods"])])
    assert readers(("ml", ANNAS, rules), more=[ADMIN, harmless]) == {}


@pytest.mark.parametrize("verb", ["get", "list", "watch", "patch", "deletecollection"])
def test_each_verb_that_answers_with_a_secrets_contents_reads_it(verb: str) -> None:
    for names in ([], ["hub-token"]):
        found = readers(("ml", ANNAS, [rule([verb], ["secrets"], names=names)]), holder=SECRET)
        assert [way.kind for way in found[ANNA].ways] == [Kind.READ]
    assert readers(("ml", ANNAS, [rule([verb], ["secrets"], names=["other"])]), holder=SECRET) == {}
    assert readers(("ml", ANNAS, [rule(["create", "update", "delete"], ["secrets"])]), holder=SECRET) == {}


def test_whoever_commands_pods_that_take_a_secret_reads_it() -> None:
    found = readers(("ml", ANNAS, [rule(["create"], ["pods/exec"])]), holder=SECRET)
    assert [(way.kind, way.conditions) for way in found[ANNA].ways] == [(Kind.EXEC, ())]


def test_a_way_through_pods_that_no_recorded_workload_makes_is_conditional_and_says_so() -> None:
    lonely = Claim("ml", "archive", "pv-archive")
    found = readers(("ml", ANNAS, [rule(["create"], ["pods/exec"])]), holder=lonely)
    assert not found[ANNA].certain
    assert found[ANNA].ways[0].conditions == ("a pod of ml uses claim ml/archive, which no recorded workload does",)
    assert readers(("ml", ANNAS, [rule(["create"], ["pods/exec"])]))[ANNA].certain


def test_exec_by_get_alone_is_conditional_on_the_servers_version() -> None:
    found = readers(("ml", ANNAS, [rule(["get"], ["pods/exec"])]))
    assert not found[ANNA].certain
    assert "before 1.35" in found[ANNA].ways[0].conditions[0]


def test_an_inference_service_that_loads_a_claim_mounts_it() -> None:
    served = workload_item("InferenceService", "ml", "judge", model="pvc://archive/judge/3")
    holder = Claim("ml", "archive", "pv-archive")
    weights = Weights(cluster([("ml", ANNAS, [rule(["patch"], ["pods/ephemeralcontainers"])])], [served]))
    (reader,) = weights.readers(holder)
    assert reader.certain


@pytest.mark.parametrize(
    ("volume", "handle", "shared"),
    [("pv-weights", None, True), ("pv-copy", "disk-1", True), ("pv-copy", "disk-2", False), ("pv-copy", None, False)],
)
def test_another_claim_on_the_same_data_is_as_good_as_the_declared_one(
    volume: str, handle: str | None, *, shared: bool
) -> None:
    roles = [role_item("Role", "web", "r", [rule(["create"], ["pods"])])]
    bindings = [binding_item("RoleBinding", "web", "b", "Role", "r", [ANNAS])]
    claims = [claim_item("ml", "weights", "pv-weights", "disk-1"), claim_item("web", "same", volume, handle)]
    both = Cluster(roles, bindings, WORKLOADS, claims)
    assert isinstance(found := both.find("pvc://ml/weights"), Claim)
    assert [str(reader.subject) for reader in Weights(both).readers(found)] == (["user anna"] if shared else [])


@pytest.mark.parametrize(("name", "certain"), [("cache-queue-0", True), ("cache-queue-x", False), ("cache-q-0", False)])
def test_a_claim_that_a_replica_has_for_itself_is_known_by_its_number(name: str, *, certain: bool) -> None:
    replicas = workload_item("StatefulSet", "ml", "queue", own_claim="cache")
    weights = Weights(cluster([("ml", ANNAS, [rule(["create"], ["pods/exec"])])], [replicas]))
    (reader,) = weights.readers(Claim("ml", name, "pv-x"))
    assert reader.certain is certain


def test_every_act_that_a_way_is_made_of_is_one_of_power(recorded_cluster: Cluster) -> None:
    # An act that is none of them would never be asked about.
    weights = Weights(recorded_cluster)
    plans = [plan for holder in (CLAIM, SECRET) for plan in weights._plans(holder)]
    everything = Subject("User", "break-glass")
    for namespace in (EVERYWHERE, "inference"):
        plans += [plan for _, plan in weights._reachability._plans(everything, namespace)]
        plans += recorded_cluster.escalations(everything, namespace)
    plans += [Plan(Kind.VOLUME, remount("pv")), Plan(Kind.ESCALATE, escalate(("Role", "ml", "r"), exists=False))]
    assert {act for plan in plans for acts in plan.acts for act in acts} <= POWERS.keys()


def test_a_volume_can_be_mounted_elsewhere_by_whoever_makes_volumes_and_pods() -> None:
    volumes = rule(["create"], ["persistentvolumes"])
    elsewhere = rule(["create"], ["persistentvolumeclaims", "pods"])
    found = readers((None, ANNAS, [volumes]), ("web", ANNAS, [elsewhere]))
    (way,) = found[ANNA].ways
    assert way.kind is Kind.VOLUME
    assert "clusterrolebinding b0" in way.path
    assert "rolebinding web/b1" in way.path
    assert readers((None, ANNAS, [volumes])) == {}
    assert readers(("web", ANNAS, [elsewhere])) == {}
    own_volume = rule(["update"], ["persistentvolumes"], names=["pv-weights"])
    assert ANNA in readers((None, ANNAS, [own_volume]), ("web", ANNAS, [elsewhere]))
    other_volume = rule(["update"], ["persistentvolumes"], names=["pv-other"])
    assert readers((None, ANNAS, [other_volume]), ("web", ANNAS, [elsewhere])) == {}


def test_a_dangling_role_that_its_subject_may_make_is_a_way_and_one_that_it_may_not_is_none() -> None:
    making = rule(["create", "escalate"], ["roles"], [RBAC])
    dangling = binding_item("RoleBinding", "ml", "old", "Role", "gone", [ANNAS])
    roles = [role_item("Role", "ml", "maker", [making])]
    bound = binding_item("RoleBinding", "ml", "maker", "Role", "maker", [ANNAS])
    claims = [claim_item("ml", "weights", "pv-weights")]
    assert Weights(Cluster(roles, [dangling], WORKLOADS, claims)).readers(CLAIM) == ()
    assert Weights(Cluster(roles, [bound], WORKLOADS, claims)).readers(CLAIM) == ()
    (reader,) = Weights(Cluster(roles, [dangling, bound], WORKLOADS, claims)).readers(CLAIM)
    assert [way.kind for way in reader.ways] == [Kind.ESCALATE]


def test_who_runs_pods_everywhere_needs_no_volume_elsewhere() -> None:
    everywhere = rule(["create"], ["persistentvolumes", "persistentvolumeclaims", "pods"])
    found = readers((None, ANNAS, [everywhere]), ("ml", ANNAS, [everywhere]))
    assert [way.kind for way in found[ANNA].ways] == [Kind.RUN]


def test_a_dangling_binding_in_another_namespace_is_a_step_for_who_may_make_its_role() -> None:
    making = role_item("ClusterRole", None, "maker", [rule(["create", "escalate"], ["roles"], [RBAC])])
    reading = role_item("Role", "ml", "reader", [rule(["create"], ["pods/exec"])])
    bindings = [
        binding_item("ClusterRoleBinding", None, "maker", "ClusterRole", "maker", [ANNAS]),
        binding_item("RoleBinding", "ml", "reader", "Role", "reader", [subject("ServiceAccount", "site", "web")]),
    ]
    dangling = binding_item("RoleBinding", "web", "old", "Role", "gone", [ANNAS])
    site = Subject("ServiceAccount", "site", "web")
    for given_bindings, expected in ((bindings, [site]), ([*bindings, dangling], [site, ANNA])):
        found = Weights(Cluster([making, reading], given_bindings, WORKLOADS, [])).readers(CLAIM)
        assert [reader.subject for reader in found] == expected


EXEC_FOR_SERVER = ("ml", subject("ServiceAccount", "server", "ml"), [rule(["create"], ["pods/exec"])])
BECOMING: list[tuple[Kind, str | None, list[dict[str, Any]]]] = [
    (Kind.ISSUE, "ml", [rule(["create"], ["serviceaccounts/token"])]),
    (Kind.ISSUE, "ml", [rule(["create"], ["serviceaccounts/token"], names=["server"])]),
    (Kind.ISSUE, None, [rule(["create"], ["serviceaccounts/token"], names=["server"])]),
    (Kind.IMPERSONATE, "ml", [rule(["impersonate"], ["serviceaccounts"], names=["server"])]),
    (Kind.IMPERSONATE, None, [rule(["impersonate"], ["serviceaccounts"])]),
    (Kind.MINT, "ml", [rule(["create", "get"], ["secrets"])]),
]


@pytest.mark.parametrize(("kind", "namespace", "rules"), BECOMING)
def test_who_can_become_a_reader_is_one_by_that_step(
    kind: Kind, namespace: str | None, rules: list[dict[str, Any]]
) -> None:
    reader = readers(EXEC_FOR_SERVER, (namespace, ANNAS, rules))[ANNA]
    assert [(step.way.kind, step.target) for step in steps(reader)] == [(kind, SERVER)]
    assert reader.ways == ()
    assert str(steps(reader)[0]).endswith(" → serviceaccount ml/server")
    # Without the reader there is nobody to become.
    assert readers((namespace, ANNAS, rules)) == {}


@pytest.mark.parametrize(
    ("namespace", "rules"),
    [
        ("ml", [rule(["create"], ["serviceaccounts/token"], names=["queue"])]),
        ("ml", [rule(["impersonate"], ["serviceaccounts"], names=["queue"])]),
        ("web", [rule(["create"], ["serviceaccounts/token", "pods"])]),
        ("ml", [rule(["get", "list"], ["secrets"])]),
        (None, [rule(["impersonate"], ["users"])]),
        (None, [rule(["impersonate"], ["groups"])]),
        ("ml", [rule(["impersonate"], ["users", "groups"])]),
    ],
)
def test_who_can_become_somebody_else_only_is_no_reader(namespace: str | None, rules: list[dict[str, Any]]) -> None:
    assert ANNA not in readers(EXEC_FOR_SERVER, (namespace, ANNAS, rules))


def test_a_group_is_impersonated_beside_a_user_only() -> None:
    of_group = ("ml", subject("Group", "readers"), [rule(["create"], ["pods/exec"])])
    groups = rule(["impersonate"], ["groups"], names=["readers"])
    users = rule(["impersonate"], ["users"], names=["ben"])
    assert ANNA not in readers(of_group, (None, ANNAS, [groups]))
    found = readers(of_group, (None, ANNAS, [groups, users]))
    assert [step.target for step in steps(found[ANNA])] == [Subject("Group", "readers")]


def test_the_group_that_bypasses_rbac_is_reached_even_where_nothing_is_bound_to_it() -> None:
    rules = [rule(["impersonate"], ["users"]), rule(["impersonate"], ["groups"], names=["system:masters"])]
    assert [str(step.target) for step in steps(readers((None, ANNAS, rules))[ANNA])] == ["group system:masters"]


def test_a_service_accounts_group_is_reached_through_any_account_in_it() -> None:
    of_all = ("ml", subject("Group", "system:serviceaccounts:web"), [rule(["create"], ["pods/exec"])])
    tokens = [rule(["create"], ["serviceaccounts/token"], names=["site"])]
    assert ANNA in readers(of_all, ("web", ANNAS, tokens))
    assert ANNA not in readers(of_all, ("ml", ANNAS, tokens))


def test_pods_that_run_as_a_reader_give_its_access_to_whoever_enters_them() -> None:
    of_queue = ("ml", subject("ServiceAccount", "queue", "ml"), [rule(["create"], ["pods"])])
    found = readers(of_queue, ("ml", ANNAS, [rule(["create"], ["pods/exec"], names=["queue-0"])]))
    assert [(step.way.kind, step.target.name) for step in steps(found[ANNA])] == [(Kind.EXEC, "queue")]
    assert not found[ANNA].certain


def test_whoever_enters_all_pods_becomes_the_accounts_that_pods_run_as_and_no_others() -> None:
    def chain_by(account: str) -> list[Subject]:
        reader = ("ml", subject("ServiceAccount", account, "ml"), [rule(["create"], ["pods"])])
        return [step.target for step in steps(readers(reader, (None, ANNAS, [rule(["create"], ["pods/exec"])]))[ANNA])]

    assert chain_by("queue") == [Subject("ServiceAccount", "queue", "ml")]
    assert chain_by("idle") == []


def test_chains_are_shortest_and_end_although_subjects_can_become_each_other() -> None:
    def tokens(namespace: str, name: str) -> list[dict[str, Any]]:
        return [rule(["create"], ["serviceaccounts/token"], names=[name])]

    first, second = subject("ServiceAccount", "first", "ml"), subject("ServiceAccount", "second", "ml")
    found = readers(
        EXEC_FOR_SERVER,
        ("ml", first, tokens("ml", "second")),
        ("ml", second, [*tokens("ml", "first"), *tokens("ml", "server")]),
        ("ml", ANNAS, tokens("ml", "first")),
    )
    names = [step.target.name for step in steps(found[ANNA])]
    assert names == ["first", "second", "server"]
    assert [step.target.name for step in steps(found[Subject("ServiceAccount", "second", "ml")])] == ["server"]


def test_a_reader_that_others_can_become_has_no_chain_through_itself() -> None:
    impersonating = (None, subject("ServiceAccount", "server", "ml"), [rule(["impersonate"], ["users"])])
    found = readers(EXEC_FOR_SERVER, impersonating, ("ml", ANNAS, [rule(["create"], ["serviceaccounts/token"])]))
    assert [step.target for step in steps(found[ANNA])] == [SERVER]
    assert found[SERVER].chain is None


def test_a_certain_chain_goes_before_a_shorter_conditional_one() -> None:
    by_get = ("ml", subject("ServiceAccount", "queue", "ml"), [rule(["get"], ["pods/exec"])])
    relay = (
        "ml",
        subject("ServiceAccount", "relay", "ml"),
        [rule(["create"], ["serviceaccounts/token"], names=["server"])],
    )
    tokens = ("ml", ANNAS, [rule(["create"], ["serviceaccounts/token"], names=["queue", "relay"])])
    conditional = readers(by_get, tokens)[ANNA]
    assert [step.target.name for step in steps(conditional)] == ["queue"]
    assert not conditional.certain
    certain = readers(by_get, tokens, relay, EXEC_FOR_SERVER)[ANNA]
    assert [step.target.name for step in steps(certain)] == ["relay", "server"]
    assert certain.certain


def test_what_everyone_may_do_is_listed_once_and_not_for_each_of_them() -> None:
    exec_for_all = ("ml", subject("Group", "system:authenticated"), [rule(["create"], ["pods/exec"])])
    found = readers(exec_for_all, ("ml", ANNAS, [rule(["get"], ["pods"])]))
    assert [str(name) for name in found] == ["group system:authenticated"]


def test_the_readers_of_the_recorded_clusters_weights_are_known_by_name(recorded_cluster: Cluster) -> None:
    found = recorded_cluster.find("pvc://inference/weights-cache/llm-chat/3")
    assert isinstance(found, Claim)
    named = {
        str(each.subject): each
        for each in Weights(recorded_cluster).readers(found)
        if "system:" not in each.subject.name
    }
    direct = {
        # It may get every core resource, and pods/exec and nodes/proxy are such: a common surprise.
        "group internal-audit": {Kind.EXEC, Kind.ATTACH, Kind.NODE},
        "group oncall": {Kind.EXEC},
        "group sre-debug": {Kind.DEBUG},
        "serviceaccount mlops/ci-deployer": {Kind.CHANGE, Kind.RUN},
        "user contractor-1": {Kind.EXEC},
        "user data-scientist-7": {Kind.RUN},
    }
    assert {name: {way.kind for way in named[name].ways} for name in direct} == direct
    assert not named["group internal-audit"].certain
    everything = {"group platform-admins", "user break-glass"}
    assert all(len(named[name].ways) > 8 for name in everything)
    assert [step.target.name for step in steps(named["user support-console"])] == ["system:masters"]
    # They have no permission that reaches the weights: release-bot gets tokens of accounts that cannot read them,
    # and nothing that team-lead-3 may escalate or bind may also be written.
    assert not {"user team-lead-3", "user ghost", "user contractor-2", "group ml-leads"} & named.keys()


def test_a_location_is_a_namespace_and_a_claim() -> None:
    assert parse_location("pvc://ml/weights/llm/3") == ("ml", "weights")
    assert parse_location("pvc://ml/weights") == ("ml", "weights")
    assert parse_location("s3://weights/llm") is None
    assert cluster([]).find("pvc://ml/weights/llm") == CLAIM
    assert cluster([]).find("pvc://ml/gone/llm") == (
        "the claim of pvc://ml/gone/llm is not in the list of claims that was read"
    )
    for broken in ("pvc://", "pvc://ml", "pvc:///weights"):
        with pytest.raises(MalformedError):
            parse_location(broken)


@pytest.mark.parametrize(
    "broken",
    [
        {"volumes": None},
        {"volumes": [{"name": "w", "source": "weights"}]},
        {"containers": ["main"]},
        {"containers": [{"environment": [{"from": {"kind": "Secret"}}], "environment_from": []}]},
        {"containers": [{"environment": []}]},
        {"models": None, "kind": "InferenceService"},
        {"namespace": None},
        {"service_account": 1},
    ],
)
def test_a_workload_of_another_form_is_malformed_and_not_one_without_volumes(broken: dict[str, Any]) -> None:
    content = {**WORKLOADS[0].content().value, **broken}
    with pytest.raises(MalformedError):
        Cluster([], [], [Item.of("deployment/ml/chat", content)], [])


def test_a_claim_of_another_form_is_malformed() -> None:
    good = claim_item("ml", "w", "pv-w", "disk-1").content().value
    Cluster([], [], [], [Item.of("claim", dict(good))])
    for broken in (
        {"volume": 1},
        {"volume": {}},
        {"volume": {"csi": {"driver": "d"}}},
        {"volume_name": 1},
        {"name": ""},
    ):
        content = {**good, **broken}
        with pytest.raises(MalformedError):
            Cluster([], [], [], [Item.of("claim", content)])


verbs = st.sampled_from(["create", "get", "patch", "impersonate", "bind", "escalate", "*"])
targets = st.sampled_from(["pods", "pods/exec", "secrets", "serviceaccounts/token", "serviceaccounts", "roles", "*"])
rules = st.builds(lambda v, t: rule([v], [t], ["*"]), verbs, targets)
whom = st.sampled_from([ANNAS, subject("ServiceAccount", "server", "ml"), subject("Group", "system:serviceaccounts")])
gives = st.tuples(st.sampled_from([None, "ml", "web"]), whom, st.lists(rules, min_size=1, max_size=2))


@given(st.lists(gives, max_size=4), gives)
def test_another_permission_never_makes_a_reader_none(given_before: list[Give], more: Give) -> None:
    before, after = readers(*given_before), readers(*given_before, more)
    assert before.keys() <= after.keys()
    assert all(after[subject].certain for subject, reader in before.items() if reader.certain)


@given(st.lists(gives, max_size=4))
def test_every_reader_can_make_the_requests_of_its_ways(given_all: list[Give]) -> None:
    built = cluster(given_all)
    for reader in Weights(built).readers(CLAIM):
        assert reader.ways or reader.chain
        for way in reader.ways:
            assert all(
                path.subject == reader.subject or path.subject.name in reader.subject.groups for path in way.paths
            )
            assert all(built.rbac.allowed(reader.subject, request) for request in way.requests)
        for step, following in zip(steps(reader), steps(reader)[1:], strict=False):
            assert {path.subject.name for path in following.way.paths} & {step.target.name, *step.target.groups}
