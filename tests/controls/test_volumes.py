"""ACC-2 to ACC-4 for weights on a cluster's volume."""

import pytest
from support.estate import access_request, access_review, gap, good, judge, only
from support.ledgers import START
from support.served import CLUSTER, cluster_role, cluster_role_binding, serving, taken

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.acc2 import ACC_2
from controls.acc3 import ACC_3
from controls.acc4 import ACC_4

VOLUME = "pvc://inference/weights"
CLAIM = Item.of(
    "persistentvolumeclaim/inference/weights",
    {
        "access_modes": ["ReadOnlyMany"],
        "labels": {},
        "name": "weights",
        "namespace": "inference",
        "requested": "1Ti",
        "storage_class": None,
        "volume": None,
        "volume_name": "pv-1",
    },
)
RUN_PODS = cluster_role("runner", ("create",), api_groups=[""], resources=["pods"])


def volume(*subjects, claims=(CLAIM,), attestations=()):
    """The estate with a claim, and subjects that can run pods: (name, kind)."""
    bindings = tuple(cluster_role_binding(name, "runner", kind) for name, kind in subjects)
    parts = {"kubernetes.roles": (RUN_PODS,), "kubernetes.bindings": bindings}
    readings = (*serving(**parts), taken(CLUSTER, "kubernetes.volume_claims", START, *claims))
    return good(served=readings, attestations=attestations)


def reviewed(**decisions):
    """A review of the volume's readers: name, with an underscore for a hyphen, to decision."""
    entries = [
        {"decision": decision, "location": VOLUME, "note": "", "principal": principal.replace("_", "-")}
        for principal, decision in decisions.items()
    ]
    return access_review({}, entries=entries)


def test_who_can_run_pods_with_the_claim_is_a_reader_with_the_path():
    result = judge(ACC_3, volume(("ml-1", "User"), attestations=(reviewed(),)), weights=[VOLUME])
    found = next(each for each in result.deviations if each.id == f"{VOLUME} <- ml-1")
    assert "runs pods with it" in str(found.detail["path"])
    assert "rule 1 (create pods) of clusterrole runner of clusterrolebinding ml-1" in found.reason


def test_readers_that_were_all_reviewed_and_kept_pass():
    people = (("ml-1", "User"), ("ml-2", "User"))
    partly = volume(*people, attestations=(reviewed(ml_1="keep"),))
    whole = volume(*people, attestations=(reviewed(ml_1="keep", ml_2="keep"),))
    assert judge(ACC_3, partly, weights=[VOLUME]).outcome is Outcome.FAIL
    assert judge(ACC_3, whole, weights=[VOLUME]).outcome is Outcome.PASS


def test_access_to_a_volume_gained_without_a_request_is_a_deviation():
    given = volume(("ml-1", "User"), attestations=(reviewed(),))
    assert "gained access" in only(judge(ACC_4, given, weights=[VOLUME]), Outcome.FAIL).reason
    asked = access_request("ml-1", location=VOLUME)
    approved = volume(("ml-1", "User"), attestations=(reviewed(), asked))
    assert judge(ACC_4, approved, weights=[VOLUME]).outcome is Outcome.PASS


@pytest.mark.parametrize("group", ["system:authenticated", "system:unauthenticated"])
def test_a_volume_that_everybody_can_mount_is_a_deviation(group):
    found = only(judge(ACC_2, volume((group, "Group")), weights=[VOLUME]), Outcome.FAIL)
    assert found.id == f"{VOLUME} <- group:{group}"


def test_a_claim_that_is_in_no_cluster_is_inconclusive():
    result = judge(ACC_3, volume(claims=(), attestations=(reviewed(),)), weights=[VOLUME])
    assert result.outcome is Outcome.INCONCLUSIVE


def test_accounts_are_not_missing_where_all_weights_are_on_volumes():
    given = volume(("ml-1", "User"))
    readings = tuple(reading for reading in given.readings if not reading.source.startswith("aws:"))
    assert judge(ACC_2, type(given)(readings), weights=[VOLUME]).outcome is Outcome.PASS


@pytest.mark.parametrize("population", ["kubernetes.roles", "kubernetes.bindings", "kubernetes.volume_claims"])
def test_a_gap_in_the_cluster_is_no_verdict_on_its_volumes(population):
    given = volume(("ml-1", "User"))
    readings = tuple(gap(population) if r.population == population else r for r in given.readings)
    assert judge(ACC_2, type(given)(readings), weights=[VOLUME]).outcome is Outcome.INCONCLUSIVE
