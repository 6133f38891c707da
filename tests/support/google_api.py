"""A small Google Cloud project behind the documented REST APIs: buckets, policies, roles, service accounts and keys."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from support.proxy import Answer
from support.vertex import EMAIL, NUMBER, PROJECT, Request, Vertex, answer, refusal

CHAIN = {f"projects/{NUMBER}": "folders/12", "folders/12": "organizations/3", "organizations/3": ""}
NAMES = {f"projects/{NUMBER}": "Acme", "folders/12": "ml", "organizations/3": "acme.example"}
KEY = f"projects/{PROJECT}/locations/europe-west4/keyRings/ml/cryptoKeys/weights"
VIEWER = "roles/storage.objectViewer"
NOT_ALLOWED = refusal(403, "PERMISSION_DENIED", "The caller does not have permission")


def policy(*bindings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A policy as Google Cloud answers it; what is empty is left out."""
    return {"version": 3, "etag": "BwYx", **({"bindings": list(bindings)} if bindings else {}), **more}


def bind(role: str, *members: str, condition: str = "") -> dict[str, Any]:
    told = {"condition": {"title": "it", "expression": condition}} if condition else {}
    return {"role": role, "members": list(members), **told}


def bucket(name: str = "weights", **changed: Any) -> dict[str, Any]:
    """A bucket as `buckets.list` gives it, with numbers as text."""
    return {
        "kind": "storage#bucket",
        "name": name,
        "projectNumber": NUMBER,
        "location": "EUROPE-WEST4",
        "storageClass": "STANDARD",
        "etag": "CAE=",
        "metageneration": "7",
        "labels": {"password": "CANARY"},
        "iamConfiguration": {
            "bucketPolicyOnly": {"enabled": True},
            "uniformBucketLevelAccess": {"enabled": True, "lockedTime": "2026-03-01T00:00:00Z"},
            "publicAccessPrevention": "enforced",
        },
        "encryption": {"defaultKmsKeyName": KEY},
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        **changed,
    }


def dataset(name: str = "logs", *access: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A data set as `datasets.get` gives it, with numbers as text."""
    return {
        "kind": "bigquery#dataset",
        "etag": "it",
        "id": f"{PROJECT}:{name}",
        "datasetReference": {"datasetId": name, "projectId": PROJECT},
        "description": "CANARY",
        "labels": {"password": "CANARY"},
        "location": "EU",
        "type": "DEFAULT",
        "access": list(access),
        **changed,
    }


FINE_GRAINED = {"uniformBucketLevelAccess": {"enabled": False}, "publicAccessPrevention": "inherited"}


def account(name: str, **changed: Any) -> dict[str, Any]:
    email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
    told = {"projectId": PROJECT, "uniqueId": "1", "email": email, "etag": "MDEw", "oauth2ClientId": "1"}
    return {"name": f"projects/{PROJECT}/serviceAccounts/{email}", **told, **changed}


@dataclass
class Project(Vertex):
    """What the project holds, beside what Vertex AI has; `policies` by path, without the version of the API."""

    buckets: list[dict[str, Any]] = field(default_factory=list)
    acls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    denies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    account_keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    views: list[str] = field(default_factory=list)
    datasets: list[dict[str, Any]] = field(default_factory=list)

    def _list(self, request: Request) -> Answer:
        path = request.path.removeprefix("/")
        for prefix, answered in self._services():
            if path.startswith(prefix):
                return answered(request, path.removeprefix(prefix))
        return super()._list(request)

    def _services(self) -> Iterator[tuple[str, Callable[[Request, str], Answer]]]:
        yield "storage/v1/b", self._storage
        yield "v3/", self._resource_manager
        yield "v2/policies/", self._deny
        yield f"v2/projects/{PROJECT}/locations/", self._log_views
        yield f"bigquery/v2/projects/{PROJECT}/datasets", self._datasets
        yield f"v1/projects/{PROJECT}/serviceAccounts", self._accounts
        yield "v1/projects/acme-keys/", self._keys
        yield f"v1/projects/{PROJECT}/locations/europe-west4/keyRings/", self._keys_here
        for kind in ("roles/", f"projects/{PROJECT}/roles/", "organizations/3/roles/"):
            yield f"v1/{kind}", lambda _, name, kind=kind: self._role(f"{kind}{name}")

    def _storage(self, request: Request, rest: str) -> Answer:
        if not rest:
            assert request.query["project"] == [PROJECT]
            return self._storage_page(request)
        name, _, part = rest.removeprefix("/").partition("/")
        if part == "iam":
            assert request.query["optionsRequestedPolicyVersion"] == ["3"], "conditions would be left out"
            return answer({"kind": "storage#policy", **self.policies.get(f"b/{name}", policy())})
        return answer({"kind": "storage#it", "items": self.acls.get(f"{name}/{part}", [])})

    def _storage_page(self, request: Request) -> Answer:
        start = int(request.query.get("pageToken", ["0"])[0])
        shown, end = self.buckets[start : start + self.page], start + self.page
        more = {"nextPageToken": str(end)} if end < len(self.buckets) else {}
        return answer({"kind": "storage#buckets", **({"items": shown} if shown else {}), **more})

    def _resource_manager(self, request: Request, rest: str) -> Answer:
        name, _, verb = rest.partition(":")
        name = f"projects/{NUMBER}" if name == f"projects/{PROJECT}" else name
        if name not in CHAIN:
            return NOT_ALLOWED
        if verb:
            assert request.method == "POST"
            assert json.loads(request.body) == {"options": {"requestedPolicyVersion": 3}}
            return answer(self.policies.get(name, policy()))
        parent = {"parent": CHAIN[name]} if CHAIN[name] else {}
        own = {"projectId": PROJECT} if name.startswith("projects/") else {}
        return answer({"name": name, "displayName": NAMES[name], "state": "ACTIVE", **parent, **own})

    def _deny(self, request: Request, rest: str) -> Answer:
        attached, _, name = rest.partition("/denypolicies")
        found = self.denies.get(unquote(attached).removeprefix("cloudresourcemanager.googleapis.com/"), [])
        if name:
            return answer(next(each for each in found if each["name"].endswith(name)))
        # The list leaves the rules out.
        return self._page(request, "policies", [{"name": each["name"], "kind": "DenyPolicy"} for each in found])

    def _log_views(self, request: Request, rest: str) -> Answer:
        """The log buckets that `views` are of, the views of one, or the policy of one."""
        name, _, verb = f"projects/{PROJECT}/locations/{rest}".partition(":")
        if verb:
            assert json.loads(request.body) == {"options": {"requestedPolicyVersion": 3}}
            return answer(self.policies.get(name, policy()))
        if rest == "-/buckets":
            buckets = sorted({view.partition("/views/")[0] for view in self.views})
            return self._page(request, "buckets", [{"name": each, "description": "CANARY"} for each in buckets])
        found = [{"name": each, "filter": "it"} for each in self.views if each.startswith(f"{name}/")]
        return self._page(request, "views", found)

    def _datasets(self, request: Request, rest: str) -> Answer:
        """The data sets in short, or one in the view that is asked for."""
        if not rest:
            assert request.query["all"] == ["true"], "hidden ones would be left out"
            start = int(request.query.get("pageToken", ["0"])[0])
            shown, end = self.datasets[start : start + self.page], start + self.page
            more = {"nextPageToken": str(end)} if end < len(self.datasets) else {}
            found = {"datasets": [{"datasetReference": each["datasetReference"]} for each in shown]} if shown else {}
            return answer({"kind": "bigquery#datasetList", "etag": "it", **found, **more})
        name = rest.removeprefix("/")
        whole = next(each for each in self.datasets if each["datasetReference"]["datasetId"] == name)
        if request.query["datasetView"] == ["METADATA"]:
            return answer({key: value for key, value in whole.items() if key != "access"})
        assert request.query["accessPolicyVersion"] == ["3"], "conditions would be left out"
        return answer({key: whole[key] for key in ("access", "datasetReference") if key in whole})

    def _accounts(self, request: Request, rest: str) -> Answer:
        if not rest:
            return self._page(request, "accounts", self.accounts)
        email = rest.removeprefix("/").partition(":")[0].partition("/")[0]
        if rest.endswith(":getIamPolicy"):
            assert (request.method, request.query["options.requestedPolicyVersion"]) == ("POST", ["3"])
            return answer(self.policies.get(email, policy()))
        assert request.query["keyTypes"] == ["USER_MANAGED"]
        found = self.account_keys.get(email, [])
        return answer({"keys": found} if found else {})

    def _keys_here(self, request: Request, rest: str) -> Answer:
        return self._key(request, f"projects/{PROJECT}/locations/europe-west4/keyRings/{rest}")

    def _keys(self, request: Request, rest: str) -> Answer:
        return self._key(request, f"projects/acme-keys/{rest}")

    def _key(self, request: Request, path: str) -> Answer:
        name, _, verb = path.partition(":")
        if verb:
            assert request.query["options.requestedPolicyVersion"] == ["3"]
            return answer(self.policies.get(name, policy()))
        return answer(self.keys[name]) if name in self.keys else NOT_ALLOWED

    def _role(self, name: str) -> Answer:
        return answer(self.roles[name]) if name in self.roles else refusal(404, "NOT_FOUND", "no such role")


def whole() -> Project:
    """A project with something of everything."""
    ci = f"serviceAccount:ci@{PROJECT}.iam.gserviceaccount.com"
    reading = {"auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": ["user:b@it", "user:a@it"]}]}
    return Project(
        buckets=[bucket()],
        policies={
            "b/weights": policy(bind(VIEWER, ci, condition='resource.name.startsWith("projects/_/buckets/weights")')),
            f"projects/{NUMBER}": policy(
                bind("roles/viewer", "user:b@it", "user:a@it"),
                auditConfigs=[{"service": "storage.googleapis.com", **reading}],
            ),
            "organizations/3": policy(bind("organizations/3/roles/reader", "group:ml@acme.example")),
            f"ci@{PROJECT}.iam.gserviceaccount.com": policy(bind("roles/iam.serviceAccountTokenCreator", "user:a@it")),
            KEY.partition("/cryptoKeys/")[0]: policy(bind("roles/cloudkms.cryptoKeyDecrypter", ci)),
        },
        denies={
            "organizations/3": [
                {
                    "name": "policies/cloudresourcemanager.googleapis.com%2Forganizations%2F3/denypolicies/no-reading",
                    "displayName": "No reading",
                    "rules": [
                        {
                            "denyRule": {
                                "deniedPrincipals": ["principalSet://goog/public:all"],
                                "exceptionPrincipals": ["principalSet://goog/group/ml@acme.example"],
                                "deniedPermissions": ["storage.googleapis.com/objects.get"],
                            }
                        }
                    ],
                }
            ]
        },
        roles={
            name: {"name": name, "title": name, "stage": "GA", "includedPermissions": [permission, "compute.it.get"]}
            for name, permission in {
                VIEWER: "storage.objects.get",
                "roles/viewer": "resourcemanager.projects.get",
                "organizations/3/roles/reader": "storage.objects.get",
                "roles/iam.serviceAccountTokenCreator": "iam.serviceAccounts.getAccessToken",
                "roles/cloudkms.cryptoKeyDecrypter": "cloudkms.cryptoKeyVersions.useToDecrypt",
            }.items()
        },
        accounts=[account("ci"), {**account("old"), "disabled": True}],
        account_keys={
            f"ci@{PROJECT}.iam.gserviceaccount.com": [
                {
                    "name": f"projects/{PROJECT}/serviceAccounts/{EMAIL}/keys/abc",
                    "validAfterTime": "2026-01-01T10:00:00Z",
                    "validBeforeTime": "9999-12-31T23:59:59Z",
                    "keyAlgorithm": "KEY_ALG_RSA_2048",
                    "keyOrigin": "GOOGLE_PROVIDED",
                    "keyType": "USER_MANAGED",
                    "privateKeyData": "CANARY",
                }
            ]
        },
        keys={
            KEY: {
                "name": KEY,
                "purpose": "ENCRYPT_DECRYPT",
                "primary": {"name": f"{KEY}/cryptoKeyVersions/1", "state": "ENABLED", "protectionLevel": "HSM"},
                "rotationPeriod": "7776000s",
                "nextRotationTime": "2026-03-01T00:00:00Z",
            }
        },
    )
