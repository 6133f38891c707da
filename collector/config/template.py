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
  key: {key}
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
      # Log groups that outputs of models go to, beside the one that Bedrock names.
      # log_groups: [/inference/outputs]
      # To look at so many newest events of each for personal data; only kinds and counts are kept. It needs the
      # permissions that `controlproof permissions aws --with-inspection` prints.
      # inspect_log_events: 100
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

  # A Google Cloud project: models and endpoints of Vertex AI in these locations, its logging and its audit log. Without
  # credentials, the file of a service account's key, Application Default Credentials are used.
  # - gcp:
  #     project: acme-prod
  #     location: europe-west4
  #     more_locations: [us-central1]
  #     credentials: controlproof-gcp.json

# Where model weights are kept: s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, or pvc://NAMESPACE/CLAIM on a cluster's volume.
# The ACC controls test exactly these locations.
weights:
{weights}

# Each customer's training data, the roles, users or service accounts (serviceAccount:…) that work on it, the KMS keys
# (ARNs, or projects/…/cryptoKeys/…) that it is under, and the customer's namespaces in clusters.
# The SEG controls test that nothing of one tenant reaches another's.
{tenants}

{serving}

# Literal environment values, annotations and the like are recorded as digests under this key, which never leaves
# this machine. Keep it: under another key, values that did not change look as if they had.
redaction_key: file:controlproof.redaction.key

# What else the section ledger may hold: keys that are no file, and retention. Each line stands in the section ledger.
#   # A key that never leaves its service: ECC_NIST_EDWARDS25519 in AWS KMS, EC_SIGN_ED25519 in Google Cloud KMS.
#   key: awskms:arn:aws:kms:{region}:{account}:key/11111111-1111-1111-1111-111111111111
#   key: gcpkms:projects/acme/locations/eu/keyRings/audit/cryptoKeys/ledger/cryptoKeyVersions/1
#   # Its verifier key, so that the service is not asked for it and no other key can take its place.
#   public_key: {name}+01234567+…
#   # The environment variable with the passphrase of key files; the passphrase itself stands nowhere.
#   passphrase_variable: CONTROLPROOF_PASSPHRASE
#   # A post-quantum key that signs each anchored and each exported checkpoint too; one is made by:
#   # controlproof key create --post-quantum controlproof.mldsa.key
#   post_quantum_key: file:controlproof.mldsa.key
#   # How long `controlproof prune` keeps the content of records; headers are kept for ever.
#   retention_days: 2557

# Who vouches for checkpoints, so that they do not rest on the signing key alone: `controlproof anchor`.
# anchors:
#   # RFC 3161 timestamp authorities, and the root certificate that each one's tokens are checked under.
#   tsas:
#     - {{url: "https://tsa.example.com/tsr", root: tsa-root.pem}}
#   # C2SP witnesses: a verifier key, and the submission prefix of one that runs a service. One without url cosigns by
#   # e-mail or git: controlproof anchor request, controlproof cosign, controlproof anchor import.
#   witnesses:
#     - {{url: "https://witness.example.com/prefix", key: "witness.example.com+01234567+…"}}
#   # A bucket with Object Lock, which checkpoints and closed periods are copied to in compliance mode.
#   object_lock: {{bucket: acme-audit, prefix: controlproof/, region: {region}, retention_days: 2557}}
#   # How long from one anchoring to the next; in between, records rest on the key alone.
#   cadence: 1d
#   # Audit periods: once one has ended, the daemon anchors its last checkpoint, and copies its bundle to the bucket.
#   periods: ["2026-01-01..2026-07-01"]

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
#   # So many sources are read at once; one that gets no further for slow_after no longer counts, so that others go on.
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
    # For weights in Cloud Storage: domains whose users and groups may read them, such as acme.example, and projects,
    # besides the bucket's own, whose service accounts may.
    allowed_domains: []
    allowed_projects: []
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
  LOG-1:
    # At least this share of the outputs is to be captured.
    min_sampling_percent: 100
  LOG-2:
    # Outputs are kept at least six months (Regulation (EU) 2024/1689, articles 19 and 26), and at most three years.
    min_retention_days: 180
    max_retention_days: 1095
    # Whether keys of the cloud's own are not enough.
    customer_keys: false
  LOG-3:
    # A log may be silent for so many hours while there are invocations.
    max_silence_hours: 1
  LOG-4:
    # Object Lock has to hold for so many days, in one of these modes.
    min_lock_days: 180
    lock_modes: [COMPLIANCE, GOVERNANCE]
  LOG-5:
    # Stores in which personal data is taken out before it is written, such as s3://captures/*
    redacted_stores: {redacted}
    max_review_age_days: 92
    revocation_days: 7
    max_packet_age_days: 14
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
  SEG-1:
    # Google groups without service accounts among their members: who is in a group is not read.
    groups_of_people: []
  SEG-2:
    # Jobs that were created longer ago than this are not tested.
    job_days: 92
  VEN-1:
    # Further AWS accounts of your organization, whose model packages are nobody else's.
    own_accounts: []
  VEN-2:
    # A vendor's report may be this old, and a bridge letter carries it this much further.
    report_months: 12
    bridge_months: 3
  VEN-3:
    # The topics on which a vendor's report must have controls, as the vendor register names them.
    ai_topics: [customer-data-use, model-access, model-change]
"""

_SERVING = """\
# What serves models on a cluster is found by the models that it names. In these namespaces everything that runs counts,
# and only these may change it: ARNs, users, service accounts or groups, with * for any text. Containers of these images
# log what models put out.
# serving:
#   namespaces: [inference]
#   deployers: [serviceaccount ci/deployer, arn:aws:iam::{account}:role/deployer]
#   logging_images: [registry.example.com/output-logger@*]"""

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

    `more` may hold, as YAML, further entries of the list of `sources`, the section `serving`, the list of images that
    are `validators`, the list of stores that are `redacted`, and the signing `key`.
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
        key=(more or {}).get("key", "file:controlproof.key"),
        validators=(more or {}).get("validators", "[]"),
        redacted=(more or {}).get("redacted", "[]"),
        weights="\n".join(f"  - {location}" for location in weights),
    )
