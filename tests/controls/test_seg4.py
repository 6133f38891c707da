"""Namespaces of tenants: what opens their network, who has rights in them and out of them, and whose storage they share."""

import pytest
from support.estate import BLUE, GREEN, TENANTS, gap, good, judge, replacing, snapshot
from support.operations import (
    account,
    binding,
    claim,
    expression,
    namespace,
    network_policy,
    peer,
    role,
    rule,
    selector,
    subject,
)

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.seg4 import SEG_4

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
OWN, OTHER = "tenant-blue", "tenant-green"
BINDINGS, ROLES, CLAIMS = "kubernetes.bindings", "kubernetes.roles", "kubernetes.volume_claims"
POLICIES, NAMESPACES = "kubernetes.network_policies", "kubernetes.namespaces"
EDIT = role("edit", ["*"], ["pods", "secrets"])
GREEN_CLOSED = network_policy(OTHER)
GREEN_CLAIM = claim(OTHER, "volume-green")


def network(*policies):
    """The good estate, but for the policies of the first tenant's namespace."""
    return good(policies=(GREEN_CLOSED, *policies))


def opened(direction, *peers):
    return network(network_policy(OWN), network_policy(OWN, "more", **{direction: [rule(*peers)]}))


def bound(*bindings, roles=(EDIT,)):
    return replacing(good(), snapshot(ROLES, *roles), snapshot(BINDINGS, *bindings))


def storage(*claims):
    return good(claims=claims)


def test_the_population_is_both_directions_the_bindings_the_accounts_and_the_claims():
    given = bound(binding("own", OWN, "edit", account(OWN)))
    result = judge(SEG_4, given)
    assert result.outcome is PASS
    assert [each.id.removeprefix("kubernetes:it/") for each in result.assessments] == [
        "group system:serviceaccounts:tenant-blue everywhere",
        "group system:serviceaccounts:tenant-green everywhere",
        "rolebinding tenant-blue/own",
        "serviceaccount tenant-blue/trainer everywhere",
        "tenant-blue egress",
        "tenant-blue ingress",
        "tenant-green egress",
        "tenant-green ingress",
        "volume claim tenant-blue/data",
        "volume claim tenant-green/data",
    ]


NETWORK = {
    "no policy": (network(), "has no network policy that denies", 2),
    "a policy of ingress alone": (network(network_policy(OWN, policy_types=["Ingress"])), "denies egress of all its pods", 1),
    "a policy of egress alone": (network(network_policy(OWN, policy_types=["Egress"])), "denies ingress of all its pods", 1),
    "a policy of some pods": (network(network_policy(OWN, pod_selector=selector(app="a"))), "has no network policy", 2),
    "a policy of all pods but some": (
        network(network_policy(OWN, pod_selector=selector(expression("app", "Exists")))), "has no network policy", 2
    ),
    "ingress of everyone": (opened("ingress"), "lets ingress of everyone through by network policy more: narrow", 1),
    "egress to everyone": (opened("egress"), "lets egress of everyone through by network policy more", 1),
    "a rule of the denying policy itself": (network(network_policy(OWN, ingress=[rule()])), "by network policy default-deny", 1),
    "a rule for some pods": (
        network(network_policy(OWN), network_policy(OWN, "more", pod_selector=selector(app="a"), ingress=[rule()])),
        "lets ingress of everyone through", 1,
    ),
    "all namespaces": (opened("ingress", peer(selector())), "all pods of all namespaces", 1),
    "all pods of all namespaces": (opened("egress", peer(selector(), selector())), "all pods of all namespaces", 1),
    "all addresses": (opened("egress", peer(None, None, "0.0.0.0/0")), "all addresses (0.0.0.0/0)", 1),
    "all addresses of the sixth version": (opened("ingress", peer(None, None, "::/0")), "all addresses (::/0)", 1),
    "all addresses but a few": (opened("egress", peer(None, None, "0.0.0.0/0", "10.1.0.0/16")), "all addresses", 1),
    "the other tenant's namespace by name": (
        opened("ingress", peer(selector(**{"kubernetes.io/metadata.name": OTHER}))), "ingress of namespace tenant-green", 1
    ),
    "some pods of the other tenant's namespace": (
        opened("ingress", peer(selector(**{"kubernetes.io/metadata.name": OTHER}), selector(app="a"))), "tenant-green", 1
    ),
    "every namespace with a name": (
        opened("egress", peer(selector(expression("kubernetes.io/metadata.name", "Exists")))), "egress of namespace tenant-gre", 1
    ),
    "a second peer": (opened("ingress", peer(None, selector(app="a")), peer(selector())), "all pods of all namespaces", 1),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words", "count"), NETWORK.values(), ids=NETWORK.keys())
def test_an_open_network_is_a_deviation_that_names_the_policy(given, words, count):
    result = judge(SEG_4, given)
    assert (result.outcome, len(result.deviations)) == (FAIL, count)
    assert words in result.deviations[0].reason
    assert all(each.reason.startswith("namespace tenant-blue of blue in kubernetes:it") for each in result.deviations)


CLOSED = {
    "two policies, one for each direction": network(
        network_policy(OWN, "in", policy_types=["Ingress"]), network_policy(OWN, "out", policy_types=["Egress"])
    ),
    "its own pods": opened("ingress", peer(None, selector())),
    "a namespace of no tenant": opened("ingress", peer(selector(**{"kubernetes.io/metadata.name": "inference"}))),
    "the resolver of names, wherever it is": opened("egress", peer(selector(), selector(app="dns"))),
    "addresses outside of the cluster": opened(
        "egress", peer(None, None, "0.0.0.0/0", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
    ),
    "an open rule of a direction that the policy is not about": network(
        network_policy(OWN), network_policy(OWN, "more", policy_types=["Ingress"], egress=[rule()])
    ),
}


@pytest.mark.parametrize("given", CLOSED.values(), ids=CLOSED.keys())
def test_a_closed_network_passes(given):
    assert judge(SEG_4, given).outcome is PASS


STRANGERS = {
    "an account": (account(OTHER), "serviceaccount tenant-green/trainer, which is green's"),
    "an account by its user name": (
        subject("User", "system:serviceaccount:tenant-green:trainer"),
        "serviceaccount tenant-green/trainer, which is green's",
    ),
    "a namespace's accounts": (subject("Group", "system:serviceaccounts:tenant-green"), "which is green's"),
    "all accounts": (subject("Group", "system:serviceaccounts"), "which holds everybody's"),
    "everyone who signs in": (subject("Group", "system:authenticated"), "which holds everybody's"),
    "everyone else": (subject("Group", "system:unauthenticated"), "which holds everybody's"),
    "nobody in particular": (subject("User", "system:anonymous"), "which holds everybody's"),
}


@pytest.mark.parametrize(("whom", "words"), STRANGERS.values(), ids=STRANGERS.keys())
def test_a_binding_of_a_stranger_is_a_deviation_that_names_it(whom, words):
    result = judge(SEG_4, bound(binding("shared", OWN, "edit", account(OWN), whom)))
    (deviation,) = result.deviations
    assert deviation.id == "kubernetes:it/rolebinding tenant-blue/shared"
    assert deviation.reason.startswith("rolebinding tenant-blue/shared in blue's namespace gives clusterrole edit to ")
    assert words in deviation.reason


@pytest.mark.parametrize(
    "whom",
    [account("inference"), subject("Group", "system:serviceaccounts:inference"), subject("Group", "platform"),
     subject("User", "system:serviceaccounts"), subject("Group", "system:serviceaccounts:tenant-blue")],
    ids=lambda each: each["name"],
)  # fmt: skip
def test_a_binding_of_nobody_of_another_tenant_passes(whom):
    assert judge(SEG_4, bound(binding("shared", OWN, "edit", whom))).outcome is PASS


def test_a_stranger_in_a_namespace_of_no_tenant_is_not_tested():
    assert judge(SEG_4, bound(binding("shared", "inference", "edit", account(OWN), account(OTHER)))).outcome is PASS


RIGHTS = {
    "reads secrets": (["get"], ["secrets"], "get secrets"),
    "lists secrets": (["list"], ["secrets"], "list secrets"),
    "watches secrets": (["watch"], ["*"], "watch secrets"),
    "makes pods": (["create"], ["pods"], "create pods"),
    "reads pods": (["get"], ["pods"], "get pods"),
    "runs commands": (["create"], ["pods/exec"], "create pods/exec"),
}


@pytest.mark.parametrize(("verbs", "resources", "words"), RIGHTS.values(), ids=RIGHTS.keys())
@pytest.mark.parametrize(
    "whom", [account(OWN), subject("Group", "system:serviceaccounts:tenant-blue")], ids=["account", "group"]
)
def test_a_right_in_all_namespaces_is_a_deviation_that_names_the_binding(verbs, resources, words, whom):
    result = judge(SEG_4, bound(binding("wide", None, "wide", whom), roles=(role("wide", verbs, resources),)))
    (deviation,) = result.deviations
    assert (
        f"may {words} in all namespaces by clusterrolebinding wide: bind clusterrole wide in its own"
        in deviation.reason
    )


def test_a_right_of_all_accounts_is_said_once_for_each_namespace():
    wide = binding("wide", None, "edit", subject("Group", "system:serviceaccounts"))
    result = judge(SEG_4, bound(wide, binding("own", OWN, "edit", account(OWN))))
    assert [each.id for each in result.deviations] == [
        f"kubernetes:it/group system:serviceaccounts:{name} everywhere" for name in (OWN, OTHER)
    ]


@pytest.mark.parametrize("resources", [["configmaps"], ["pods/log"], ["namespaces"]])
def test_other_rights_in_all_namespaces_pass(resources):
    given = bound(binding("wide", None, "wide", account(OWN)), roles=(role("wide", ["*"], resources),))
    assert judge(SEG_4, given).outcome is PASS


@pytest.mark.parametrize(
    "theirs",
    [claim(OTHER, "volume-blue"), claim(OTHER, "volume-other", "fs-1")],
    ids=["the same volume", "another volume over the same storage"],
)
def test_a_shared_volume_is_a_deviation_of_both(theirs):
    result = judge(SEG_4, storage(claim(OWN, "volume-blue", "fs-1"), theirs))
    assert (result.outcome, len(result.deviations)) == (FAIL, 2)
    assert result.deviations[0].reason == (
        "claim tenant-blue/data in kubernetes:it of blue has one volume with claim tenant-green/data in kubernetes:it of "
        "green: give each tenant a volume of its own"
    )


def test_storage_that_is_shared_between_clusters_is_a_deviation():
    readings = (
        snapshot(CLAIMS, claim(OWN, "one", "fs-1")),
        snapshot(CLAIMS, claim(OTHER, "two", "fs-1"), source="kubernetes:other"),
    )
    assert len(judge(SEG_4, replacing(good(), *readings)).deviations) == 2


def test_volumes_of_one_name_in_two_clusters_are_two():
    readings = (snapshot(CLAIMS, claim(OWN, "one")), snapshot(CLAIMS, claim(OTHER, "one"), source="kubernetes:other"))
    assert judge(SEG_4, replacing(good(), *readings)).outcome is PASS


@pytest.mark.parametrize(
    "claims",
    [(claim(OWN, None), claim(OTHER, None)), (claim(OWN, "one"), claim(OWN, "one", name="again"))],
    ids=["claims without a volume", "two claims of one tenant"],
)
def test_claims_that_share_with_no_tenant_pass(claims):
    result = judge(SEG_4, storage(*claims))
    assert result.outcome is PASS
    assert not any(each.reason for each in result.assessments)


def test_a_volume_that_is_shared_with_nobody_s_namespace_is_said():
    result = judge(SEG_4, storage(claim(OWN, "one"), claim("inference", "one"), GREEN_CLAIM))
    assert result.outcome is PASS
    (said,) = [each.reason for each in result.assessments if each.reason]
    assert said.endswith("has one volume with claim inference/data in kubernetes:it, which is no tenant's")


def test_a_policy_that_was_not_listed_is_not_said_to_lack():
    result = judge(SEG_4, replacing(good(), gap(POLICIES)))
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())


UNKNOWN = {
    "a namespace that is nowhere": (
        good(namespaces=(namespace(OWN),)),
        "namespace tenant-green of green is in no cluster that was read: check its name",
    ),
    "a policy of another form": (
        network(network_policy(OWN, pod_selector={"matchLabels": {}})),
        "is not a label selector",
    ),
    "a block that is none": (opened("egress", peer(None, None, "10.0.0.300/8")), "a block of addresses"),
    "a role of another form": (bound(roles=(Item.of("role/a", {"kind": "Role"}),)), "namespace of role/a"),
}


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_read_is_inconclusive(given, words):
    result = judge(SEG_4, given)
    assert result.outcome is INCONCLUSIVE
    assert words in result.reason


def test_it_applies_to_tenants_with_namespaces_in_configured_clusters():
    none = {
        name: {part: value for part, value in TENANTS[name].items() if part != "namespaces"} for name in (BLUE, GREEN)
    }
    assert judge(SEG_4, good(), tenants=none).outcome is Outcome.NOT_APPLICABLE
    assert judge(SEG_4, good(), tenants={}).outcome is Outcome.NOT_APPLICABLE
    assert judge(SEG_4, good(), sources=["aws:123456789012"]).outcome is Outcome.NOT_APPLICABLE


def test_in_the_recorded_cluster_each_planted_flaw_is_found(cluster_snapshots):
    owners = {"acme": ["tenant-acme", "training"], "globex": ["tenant-globex"], "initech": ["tenant-initech"]}
    tenants = {name: {"data": [], "identities": [], "keys": [], "namespaces": n} for name, n in owners.items()}
    readings = [cluster_snapshots[population] for population in SEG_4.populations]
    result = judge(SEG_4, replacing(good(), *readings), tenants=tenants)
    assert result.outcome is FAIL
    failed = {each.id.removeprefix("kubernetes:it/") for each in result.deviations}
    assert {each for each in failed if "gress" in each} == {
        f"{name} {direction}"
        for name in ("tenant-globex", "tenant-initech", "training")
        for direction in ("ingress", "egress")
    }
    assert {each for each in failed if "gress" not in each} == {
        "rolebinding tenant-acme/cross",
        "rolebinding tenant-acme/cross2",
    }
    alone = {**tenants, "initech": {**tenants["initech"], "namespaces": ["tenant-initech", "training"]}}
    alone["acme"] = {**tenants["acme"], "namespaces": ["tenant-acme"]}
    shared = judge(SEG_4, replacing(good(), *readings), tenants=alone)
    assert {each.id.removeprefix("kubernetes:it/") for each in shared.deviations} >= {
        "rolebinding training/nssa",
        "volume claim tenant-acme/acme-train",
        "volume claim training/scratch",
    }


def test_a_policy_of_another_cluster_closes_nothing_here():
    here = [snapshot(NAMESPACES, namespace(OWN)), snapshot(POLICIES)]
    there = [
        snapshot(NAMESPACES, namespace(OWN), namespace(OTHER), source="kubernetes:other"),
        snapshot(POLICIES, network_policy(OWN), GREEN_CLOSED, source="kubernetes:other"),
    ]
    result = judge(SEG_4, replacing(good(), *here, *there))
    assert [each.id for each in result.deviations] == [f"kubernetes:it/{OWN} {word}" for word in ("egress", "ingress")]
