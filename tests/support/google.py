"""Evidence of a small Google Cloud project under a folder and an organization, as the connector records it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from support.ledgers import START

from collector.model.evidence import Evidence
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Provenance, Snapshot

PROJECT, NUMBER = "acme-prod", "415104041262"
SOURCE = f"gcp:{PROJECT}"
FOLDER, ORGANIZATION = "folders/12", "organizations/3"
LOCATION = "gs://weights/llm/"
READ, VIEWER = "storage.objects.get", "roles/storage.objectViewer"
TOKENS = "roles/iam.serviceAccountTokenCreator"
RING = f"projects/{PROJECT}/locations/europe-west4/keyRings/ml"
KEY = f"{RING}/cryptoKeys/weights"
INFERENCE = f"serviceAccount:inference@{PROJECT}.iam.gserviceaccount.com"
GROUP = "group:ml@acme.example"
BUCKET, IAM, ROLES = "gcp.buckets", "gcp.iam", "gcp.roles"
ACCOUNTS, KEYS = "gcp.service_accounts", "gcp.kms_keys"
POPULATIONS = (BUCKET, IAM, ROLES, ACCOUNTS, KEYS)
BLUE, GREEN = "blue", "green"
ALLOWED = {"allowed_domains": ["acme.example"], "weights": [LOCATION]}
TENANTS = {
    name: {
        "data": [f"gs://training-{name}/"],
        "identities": [f"serviceAccount:training-{name}@{PROJECT}.iam.gserviceaccount.com"],
        "keys": [f"{RING}/cryptoKeys/{name}"],
        "namespaces": [],
    }
    for name in (BLUE, GREEN)
}
_PROVENANCE = Provenance("gcp/test", "it", "it")
_PERMISSIONS = {
    VIEWER: (READ, "storage.objects.list"),
    "roles/storage.legacyBucketReader": ("storage.buckets.get", "storage.objects.list"),
    "roles/storage.legacyObjectReader": (READ,),
    TOKENS: ("iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob"),
    "roles/iam.serviceAccountUser": ("iam.serviceAccounts.actAs",),
    "organizations/3/roles/relay": ("iam.serviceAccounts.implicitDelegation",),
    "roles/cloudkms.cryptoKeyDecrypter": ("cloudkms.cryptoKeyVersions.useToDecrypt",),
    "roles/aiplatform.admin": ("aiplatform.endpoints.deploy", "aiplatform.endpoints.update"),
    "roles/viewer": ("resourcemanager.projects.get",),
    "roles/bigquery.dataViewer": ("bigquery.tables.export", "bigquery.tables.getData"),
    "roles/bigquery.dataOwner": ("bigquery.tables.getData", "bigquery.tables.delete"),
    "roles/logging.viewer": ("logging.logEntries.list", "logging.views.list"),
    "roles/logging.viewAccessor": ("logging.views.access",),
    "roles/owner": ("resourcemanager.projects.setIamPolicy",),
    f"projects/{PROJECT}/roles/reader": (READ,),
}


def bind(role: str, *members: str, condition: str | None = None) -> dict[str, Any]:
    """A binding; `condition` is its expression."""
    told = {"expression": condition, "title": "it"} if condition else None
    return {"condition": told, "members": list(members), "role": role}


def item(name: str, content: Mapping[str, Any], *unreadable: str) -> Item:
    """An item some of whose facets were refused."""
    failures = {
        facet: Failure(FailureClass.DENIED, f"get {facet}", "PERMISSION_DENIED", "no", name, facet)
        for facet in unreadable
    }
    return Item.of(name, {facet: value for facet, value in content.items() if facet not in unreadable}, failures)


def bucket(name: str = "weights", *bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    content = {
        "acl": None,
        "default_key": KEY,
        "default_object_acl": None,
        "lifecycle": [],
        "location": "EUROPE-WEST4",
        "logging": None,
        "name": name,
        "policy": list(bindings or (bind(VIEWER, INFERENCE),)),
        "project_number": NUMBER,
        "public_access_prevention": "enforced",
        "retention": None,
        "soft_delete_seconds": 604800,
        "uniform_access": True,
        "versioning": True,
        **facets,
    }
    return item(f"projects/_/buckets/{name}", content, *unreadable)


LOGGED = [{"logs": [{"exempted": [], "type": "DATA_READ"}], "service": "storage.googleapis.com"}]


def project(*bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    content = {
        "audit": LOGGED,
        "deny": [],
        "display_name": "Acme",
        "name": f"projects/{NUMBER}",
        "parent": FOLDER,
        "policy": list(bindings),
        "project": PROJECT,
        "type": "project",
        **facets,
    }
    return item(content["name"], content, *unreadable)


def folder(*bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    told = {"display_name": "ml", "name": FOLDER, "parent": ORGANIZATION, "type": "folder"}
    return item(FOLDER, {**told, "audit": [], "deny": [], "policy": list(bindings), **facets}, *unreadable)


def organization(*bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    told = {"display_name": "acme.example", "name": ORGANIZATION, "parent": None, "type": "organization"}
    return item(ORGANIZATION, {**told, "audit": [], "deny": [], "policy": list(bindings), **facets}, *unreadable)


def deny(*principals: str, exceptions: Sequence[str] = (), condition: str | None = None) -> dict[str, Any]:
    """A deny policy over reading objects."""
    rule = {
        "condition": {"expression": condition, "title": ""} if condition else None,
        "denied": list(principals),
        "excepted_permissions": [],
        "exceptions": list(exceptions),
        "permissions": ["storage.googleapis.com/objects.get"],
    }
    return {"name": "no-reading", "rules": [rule]}


def role(name: str, *permissions: str, deleted: bool = False) -> Item:
    content = {"deleted": deleted, "name": name, "permissions": sorted(permissions), "stage": "GA", "title": name}
    return Item.of(name, content)


def account(name: str = "inference", *bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
    told = {"disabled": False, "display_name": "", "email": email, "keys": [], "unique_id": "1"}
    content = {**told, "policy": list(bindings), **facets}
    return item(f"projects/{PROJECT}/serviceAccounts/{email}", content, *unreadable)


def key(name: str = KEY, *bindings: Any, unreadable: Sequence[str] = (), **facets: Any) -> Item:
    content = {
        "name": name,
        "policy": list(bindings),
        "protection": "HSM",
        "purpose": "ENCRYPT_DECRYPT",
        "ring_policy": [],
        "rotation_seconds": 7776000,
        "state": "ENABLED",
        **facets,
    }
    return item(name, content, *unreadable)


def tenant_bucket(name: str, *more: Any, **facets: Any) -> Item:
    own = bind(VIEWER, TENANTS[name]["identities"][0])
    return bucket(f"training-{name}", own, *more, **{"default_key": TENANTS[name]["keys"][0], **facets})


def taken(population: str, *items: Item, source: str = SOURCE) -> Snapshot | Gap:
    """A reading: a gap with a whole list where facets of items were refused."""
    ordered = tuple(sorted(items, key=lambda each: each.id))
    failures = tuple(
        Failure(FailureClass(why["class"]), why["operation"], why["code"], "no", each.id, facet)
        for each in ordered
        for facet, why in each.content().value.get("unreadable", {}).items()
    )
    whole = Snapshot(source, population, START, START, _PROVENANCE, ordered, failures)
    return Gap(source, population, START, START, failures, whole) if failures else whole


def lost(population: str) -> Gap:
    """A list that was refused."""
    failure = Failure(FailureClass.DENIED, f"list {population}", "PERMISSION_DENIED", "the reason")
    return Gap(SOURCE, population, START, START, (failure,))


def google(**parts: Any) -> tuple[Snapshot | Gap, ...]:
    """Readings of a project as it should be, except for what is given: items, or a gap, by part."""
    ancestors = {"project": project(), "folder": folder(), "organization": organization()}
    chain = [parts.pop(name, good) for name, good in ancestors.items()]
    given = {
        "buckets": (bucket(), tenant_bucket(BLUE), tenant_bucket(GREEN)),
        "iam": tuple(each for each in chain if each is not None),
        "roles": tuple(role(name, *permissions) for name, permissions in _PERMISSIONS.items()),
        "accounts": (account(), *(account(f"training-{name}") for name in TENANTS)),
        "keys": (key(), *(key(tenant["keys"][0]) for tenant in TENANTS.values())),
    }
    assert parts.keys() <= given.keys(), parts
    readings = zip(POPULATIONS, (given | parts).values(), strict=True)
    return tuple(each if isinstance(each, Gap) else taken(name, *each) for name, each in readings)


def evidence(*attestations: Any, **parts: Any) -> Evidence:
    """Evidence of the project alone."""
    return Evidence(google(**parts), tuple(attestations))


def without(given: Evidence, population: str) -> Evidence:
    """The evidence without one population."""
    return replace(given, readings=tuple(each for each in given.readings if each.population != population))
