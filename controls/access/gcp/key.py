"""Keys of Cloud KMS, and who can decrypt with one.

Source: Cloud KMS documentation, "Resource hierarchy" and "Permissions and roles".
"""

from collections.abc import Mapping

from collector.model.evidence import Evidence
from collector.model.snapshot import Content, Snapshot, UnreadableError
from controls.access.gcp.access import Access, Asked, access_to
from controls.access.gcp.condition import Request
from controls.access.gcp.policy import Level, bindings_of
from controls.access.gcp.project import Project

KEYS = "gcp.kms_keys"
DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt"

_SERVICE = "cloudkms.googleapis.com"


def key_named(evidence: Evidence, name: str) -> Content | None:
    """Find a key by its resource name in any source; None where it is in no list."""
    found = _holding(evidence, name)
    item = found.get(name) if found else None
    return item.content() if item else None


def access_to_key(evidence: Evidence, name: str, projects: Mapping[str, Project]) -> Access:
    """Give who can decrypt with a key.

    Args:
        evidence: has the keys.
        name: of the key, such as `projects/p/locations/l/keyRings/r/cryptoKeys/k`.
        projects: the recorded projects by source; a key inherits from the project that it is in.

    Raises:
        MalformedError: a policy has another form than the recorded one.

    """
    snapshot, key = _holding(evidence, name), key_named(evidence, name)
    owner = name.split("/")[1]
    project = next((each for each in projects.values() if owner in each.names), None)
    if snapshot is None or key is None:
        return Access({}, (f"the key {name} is not among the keys that were read",))
    if project is None:
        return Access({}, (f"the policies of project {owner}, which holds {name}, were not read",))
    own: list[Level] = []
    unread: list[str] = []
    for facet, where in (("policy", f"key {name}"), ("ring_policy", f"key ring of {name}")):
        try:
            own.append(Level(where, bindings_of(key.facet(facet), where)))
        except UnreadableError as error:
            unread.append(f"who has access by the {where} is not known: {error}")
    request = Request(f"{_SERVICE}/CryptoKey", _SERVICE, snapshot.finished)
    access = access_to(Asked(DECRYPT, request), own, project)
    return Access(access.grants, (*unread, *access.unread))


def _holding(evidence: Evidence, name: str) -> Snapshot | None:
    holding = (snapshot for snapshot in evidence.snapshots(KEYS) if snapshot.get(name) is not None)
    return next(holding, None)
