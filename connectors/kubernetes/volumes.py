"""`kubernetes.volume_claims`: what workloads mount, with the volume behind each claim.

Source: Kubernetes API reference, PersistentVolumeClaim and PersistentVolume v1. Two claims that name one volume
share its data, whoever it is bound to.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from collector.model.canonical import Json
from connectors.base import Draft, Population
from connectors.kubernetes.metadata import Object, item_id, labels_of, name_of, namespace_of
from connectors.kubernetes.resource import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES
from connectors.kubernetes.session import KubernetesSession


def volume_claims(cluster: KubernetesSession) -> Iterator[Draft]:
    """Yield every claim. The volumes are read first: a claim that is bound meanwhile names one that is not there."""
    volumes = dict(cluster.list(PERSISTENT_VOLUMES, _volume))
    yield from cluster.list(PERSISTENT_VOLUME_CLAIMS, partial(_claim, volumes))


def _volume(value: Object) -> tuple[str, Json]:
    spec = value["spec"]
    csi = spec.get("csi")
    return name_of(value), {
        "access_modes": list(spec.get("accessModes") or ()),
        "capacity": (spec.get("capacity") or {}).get("storage"),
        "csi": {"driver": csi["driver"], "handle": csi["volumeHandle"]} if csi else None,
        "reclaim_policy": spec.get("persistentVolumeReclaimPolicy"),
        "storage_class": spec.get("storageClassName") or None,
    }


def _claim(volumes: Mapping[str, Json], value: Object) -> Draft:
    spec = value["spec"]
    volume = spec.get("volumeName") or None
    content: dict[str, Json] = {
        "access_modes": list(spec.get("accessModes") or ()),
        "labels": labels_of(value),
        "name": name_of(value),
        "namespace": namespace_of(value),
        "requested": ((spec.get("resources") or {}).get("requests") or {}).get("storage"),
        "storage_class": spec.get("storageClassName") or None,
        "volume": volumes.get(volume) if volume else None,
        "volume_name": volume,
    }
    return Draft(item_id(value, "PersistentVolumeClaim"), content)


VOLUME_CLAIMS = Population(
    "kubernetes.volume_claims", (PERSISTENT_VOLUMES.permission, PERSISTENT_VOLUME_CLAIMS.permission), volume_claims
)
