"""The commented configuration that `init` writes."""

from collections.abc import Mapping, Sequence

_TEXT = """\
# Controlproof configuration. Paths are relative to this file's folder.

ledger:
  # The ledger's name, which its signatures carry. It looks like a URL without a scheme and never changes.
  name: {name}
  # SQLite for one host; for more, PostgreSQL: postgresql+psycopg://controlproof@db.example.com/controlproof
  database: {database}
  # The signing key, readable by its owner only. Give auditors its fingerprint: controlproof key show
  key: file:controlproof.key
  # Which collector wrote a record; free text.
  collector: main

sources:
  - aws:
      # The twelve digits in quotes. What answers as another account is a gap, not evidence.
      account: "{account}"
      region: {region}
      # Other regions whose keys, models and jobs are read. IAM, buckets and trails are the account's everywhere.
      # more_regions: [eu-west-1]
      # How to sign in. Without any of these, the SDK's usual chain is used (environment, instance, pod).
      # profile: audit
      # role_arn: arn:aws:iam::{account}:role/controlproof
      # external_id: given-by-the-account-owner
{endpoint}
      # Patience: tries for each call (1 to 10), and seconds to connect and to wait for an answer.
      # max_attempts: 5
      # connect_timeout: 5
      # read_timeout: 20
{sources}  # A cluster, read as a context of a kubeconfig, or with in_cluster: true as the pod's own service account.
  # - kubernetes:
  #     name: prod
  #     kubeconfig: ~/.kube/config
  #     context: prod
  #     # The uid of its namespace kube-system: what answers as another cluster is a gap, not evidence.
  #     cluster_uid: 00000000-0000-0000-0000-000000000000
  #     # The API server's audit log, where its file can be read here; rotated files by a pattern: audit*.log.
  #     audit_log: /var/log/kubernetes/audit.log

  # A model registry: an MLflow server. Its token, or the password of user, stays in the environment.
  # - mlflow:
  #     name: main
  #     url: https://mlflow.example.com
  #     user: controlproof
  #     token_variable: MLFLOW_PASSWORD

  # A repository whose reviewed pull requests approve changes: the workload's annotation controlproof.io/pull-request
  # names one, as acme/serving#12.
  # - github:
  #     repository: acme/serving
  #     token_variable: GITHUB_TOKEN

  # A Google Cloud project: models and endpoints of Vertex AI in these locations. Without credentials, the file of a
  # service account's key, Application Default Credentials are used.
  # - gcp:
  #     project: acme-prod
  #     location: europe-west4
  #     more_locations: [us-central1]
  #     credentials: controlproof-gcp.json

# Where model weights are kept: s3://BUCKET/PREFIX, or pvc://NAMESPACE/CLAIM on a cluster's volume. The ACC controls
# test exactly these locations.
weights:
{weights}

# Each customer's training data, the roles and users that work on it, the KMS keys (ARNs) that it is under, and the
# customer's namespaces in clusters.
# The SEG controls test that nothing of one tenant reaches another's.
{tenants}

{serving}

# Literal environment values, annotations and the like are recorded as digests under this key, which never leaves
# this machine. Keep it: under another key, values that did not change look as if they had.
redaction_key: file:controlproof.redaction.key

# How often each control is tested, from 1m to 31d, where it is not every hour. Each such window without complete
# evidence is a gap in the coverage of the period.
# schedule:
#   ACC-3: 1d

# The collector as a service: controlproof daemon. Times are in seconds.
# daemon:
#   # Health, metrics and the newest checkpoint: /healthz, /readyz, /metrics, /checkpoint. Nothing there is secret, but
#   # it says what is watched: do not open it to everyone.
#   listen: 127.0.0.1:9464
#   # A source's readings begin up to so long after their window does, so that not all sources are asked at once.
#   jitter: 60
#   # What was not read so long after its window began is a gap.
#   patience: 1800
#   # So many sources are read at once; one that takes longer than slow_after no longer counts, so that others go on.
#   sources_at_once: 16
#   slow_after: 30
#   # With PostgreSQL, several replicas may run: one leads, and another takes over at most so long after it was cut off.
#   lease: 12
#   # Further collectors that share the ledger (controlproof daemon --collector second), and the sources of each.
#   collectors:
#     second: ["aws:2*"]

# Parameters of controls; `controlproof controls --json` lists them with their defaults.
controls:
  ACC-2:
    # Accounts, besides the one that owns the bucket, that may read weights.
    allowed_accounts: []
    # Identity providers (ARNs) whose users may assume a role that reads weights.
    allowed_identity_providers: []
  ACC-3:
    # The last access review may be this old; a quarter and a little.
    max_review_age_days: 92
    # Whoever was decided revoke has lost access this many days after the first review that decided so.
    revocation_days: 7
    # A review that is submitted later than this after its packet was opened is stale.
    max_packet_age_days: 14
  ACC-4:
    # A request counts when it was approved at most this many days before the review was opened, or later.
    request_days: 30
  OPS-1:
    # As many instances or pods are to be kept at least.
    min_replicas: 2
  OPS-3:
    # The last monitoring of each endpoint may be this old, and is of one of these types.
    monitoring_days: 8
    monitoring_types: [DataQuality, ModelQuality]
  OPS-4:
    # Images that validate what models put out, such as registry.example.com/output-validator@*
    validator_images: {validators}
  SEG-2:
    # Jobs that were created longer ago than this are not tested.
    job_days: 92
"""

_SERVING = """\
# What serves models on a cluster is found by the models that it names. In these namespaces everything that runs counts,
# and only these may change it: ARNs, users, service accounts or groups, with * for any text.
# serving:
#   namespaces: [inference]
#   deployers: [serviceaccount ci/deployer, arn:aws:iam::{account}:role/deployer]"""

_TENANTS = """\
# tenants:
#   blue:
#     data: [s3://training-blue/]
#     identities: [arn:aws:iam::{account}:role/training-blue]
#     keys: [arn:aws:kms:{region}:{account}:key/11111111-1111-1111-1111-111111111111]
#     namespaces: [tenant-blue]"""


def _tenants(tenants: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    lines = ["tenants:"]
    for name, parts in tenants.items():
        lines.append(f"  {name}:")
        lines += [f"    {part}: [{', '.join(values)}]" for part, values in parts.items()]
    return "\n".join(lines)


def template(
    name: str,
    account: str,
    region: str,
    weights: Sequence[str],
    *,
    endpoint_url: str | None = None,
    database: str = "sqlite:///controlproof.db",
    tenants: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    more: Mapping[str, str] | None = None,
) -> str:
    """Give the text of a configuration; as written it loads.

    `more` may hold, as YAML, further entries of the list of `sources`, the section `serving`, and the list of images
    that are `validators`.
    """
    endpoint = f"endpoint_url: {endpoint_url}" if endpoint_url else "# endpoint_url: https://vpce.example.com"
    return _TEXT.format(
        name=name,
        account=account,
        region=region,
        database=database,
        endpoint="      " + endpoint,
        tenants=_tenants(tenants) if tenants else _TENANTS.format(region=region, account=account),
        serving=(more or {}).get("serving") or _SERVING.format(account=account),
        sources=(more or {}).get("sources", ""),
        validators=(more or {}).get("validators", "[]"),
        weights="\n".join(f"  - {location}" for location in weights),
    )
