"""The configuration: what is wrong is named with file, line and mend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.config import load, template
from collector.model.canonical import encode
from collector.model.errors import ConfigurationError

GOOD = template("controlproof.example.com/prod", "123456789012", "eu-central-1", ["s3://weights/llm"])


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "c.yaml"
        path.write_text(text, "utf-8")
        return path

    return write_text


def failure(path):
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return f"{caught.value.message}\n{caught.value.mend}".replace(f"{path.parent}/", "")


def test_what_init_writes_loads(write, tmp_path):
    configuration = load(write(GOOD))
    assert configuration.ledger.name == "controlproof.example.com/prod"
    assert [source.id for source in configuration.sources] == ["aws:123456789012"]
    assert configuration.weights == ("s3://weights/llm",)
    assert configuration.database == f"sqlite:///{tmp_path}/controlproof.db"
    assert configuration.key_path == tmp_path / "controlproof.key"


def test_every_commented_option_loads_when_it_is_uncommented(write):
    text = GOOD
    for option in (
        "profile: audit",
        "role_arn: ",
        "external_id: ",
        "endpoint_url: ",
        "max_attempts: ",
        "connect_",
        "read_",
    ):
        assert f"# {option}" in text
        text = text.replace(f"# {option}", option)
    source = load(write(text)).sources[0]
    assert (source.profile, source.max_attempts, source.external_id) == ("audit", 5, "given-by-the-account-owner")


def test_the_commented_mlflow_server_loads_when_it_is_uncommented_and_its_password_is_recorded_nowhere(
    write, monkeypatch
):
    monkeypatch.setenv("MLFLOW_PASSWORD", "CANARY")
    start = GOOD.index("  # - mlflow:")
    end = GOOD.index("\n\n", start)
    text = GOOD[:start] + GOOD[start:end].replace("  # ", "  ") + GOOD[end:]
    configuration = load(write(text))
    assert [source.id for source in configuration.sources] == ["aws:123456789012", "mlflow:main"]
    assert b"CANARY" not in encode(configuration.recorded())
    without = text.replace("\n      token_variable: MLFLOW_PASSWORD", "")
    assert "user needs token_variable" in failure(write(without))


def test_the_commented_project_loads_when_it_is_uncommented_and_its_key_file_is_beside_the_configuration(write):
    start = GOOD.index("  # - gcp:")
    end = GOOD.index("\n\n", start)
    path = write(GOOD[:start] + GOOD[start:end].replace("  # ", "  ") + GOOD[end:])
    _, project = load(path).sources
    assert (project.id, project.locations) == ("gcp:acme-prod", ("europe-west4", "us-central1"))
    assert project.credentials == str(path.parent / "controlproof-gcp.json")


def test_what_is_recorded_holds_no_secret(write):
    text = GOOD.replace("# external_id: given-by-the-account-owner", "external_id: CANARY-1").replace(
        "sqlite:///controlproof.db", "postgresql://user:CANARY-2@db.example.com/x"
    )
    configuration = load(write(text))
    recorded = encode(configuration.recorded())
    assert b"CANARY" not in recorded
    assert b'"external_id":"set"' in recorded
    assert configuration.database.startswith("postgresql+psycopg://user:CANARY-2@")


def change(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1)


FAULTS = {
    "a misspelt key": (
        change("region:", "regoin:"),
        ["c.yaml:17: sources[0].aws.regoin: unknown key 'regoin'", "did you mean 'region'?", "sources[0].aws.region: is missing"],
    ),
    "an account without quotes": (
        change('account: "123456789012"', "account: 123456789012"),
        ["c.yaml:16: sources[0].aws.account: must be a string", 'quote it: "123456789012"'],
    ),
    "an account that YAML reads as octal": (
        change('account: "123456789012"', "account: 012345670123"),
        ["c.yaml:16: '012345670123' is read as another number by YAML", 'quote it: "012345670123"'],
    ),
    "an account too short": (change('"123456789012"', '"12345"'), ["c.yaml:16: sources[0].aws.account", "'12345'"]),
    "a missing section": (GOOD.replace("ledger:", "logbook:"), ["ledger: is missing", "unknown key 'logbook'"]),
    "a ledger name with a scheme": (
        change("name: controlproof", "name: https://controlproof"),
        ["c.yaml:5: ledger.name: must be a name such as controlproof.example.com/prod"],
    ),
    "another kind of location": (
        change("s3://weights/llm", "abfs://weights"), ["weights[0]: must be s3://bucket/prefix, gs://bucket/prefix or pvc://"]
    ),
    "another database": (change("sqlite:///controlproof.db", "mysql://x/y"), ["c.yaml:7: ledger.database: must be sqlite"]),
    "a key that is no file": (change("file:controlproof.key", "controlproof.key"), ["c.yaml:9: ledger.key: must be file:"]),
    "too many attempts": (change("# max_attempts: 5", "max_attempts: 50"), ["max_attempts: input should be less than or equal to 10"]),
    "an endpoint with a password": (
        change("# endpoint_url: https://vpce", "endpoint_url: https://me:secret@vpce"), ["without user or password"]
    ),
    "a key twice": (change("  key: file", "  name: again\n  key: file"), ["c.yaml:9: 'name' stands here and on line 5"]),
    "an anchor": (change("ledger:", "ledger: &x"), ["c.yaml:3: anchors and aliases are not allowed"]),
    "a tag": (change("collector: main", "collector: !!binary bWFpbg=="), ["c.yaml:11: 'bWFpbg==' is read as a YAML binary"]),
    "a date": (change("collector: main", "collector: 2026-01-01"), ["c.yaml:11: '2026-01-01' is read as a YAML timestamp"]),
    "a yes": (change("collector: main", "collector: yes"), ["c.yaml:11: 'yes' is read as true or false"]),
    "a tab": (change("  name:", "\tname:"), ["c.yaml:5: not YAML"]),
    "no sources": (
        GOOD[: GOOD.index("sources:")] + "sources: []\nweights: []\n", ["sources: must name at least one source"]
    ),
    "one account twice": (
        change("weights:", '  - aws:\n      account: "123456789012"\n      region: us-east-1\nweights:'),
        ["sources: aws:123456789012 is configured twice"],
    ),
    "a list at the top": ("- 1\n", ["must be a mapping with ledger, sources and weights"]),
    "nothing": ("# only a comment\n", ["c.yaml is empty", "controlproof init"]),
    "two documents": (GOOD + "---\n{}\n", ["not YAML"]),
    "ten thousand brackets": ("[" * 500_000, ["c.yaml:1: nested deeper than 20 levels"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_with_line_and_mend(write, text, words):
    said = failure(write(text))
    for word in words:
        assert word in said


def test_all_problems_are_listed_in_order_of_their_lines(write):
    text = (
        change('"123456789012"', '"1"')
        .replace("s3://weights/llm", "nowhere")
        .replace("collector: main", "collector: ''")
    )
    said = failure(write(text))
    assert "has 3 problems" in said
    assert said.index("ledger.collector") < said.index("aws.account") < said.index("weights[0]")


def test_files_that_cannot_be_read_are_clear_errors(tmp_path):
    assert "there is no configuration" in failure(tmp_path / "none.yaml")
    (tmp_path / "folder").mkdir()
    assert "cannot be read" in failure(tmp_path / "folder")
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xe9\n")
    assert "latin.yaml:2: not UTF-8" in failure(tmp_path / "latin.yaml")
    (tmp_path / "big.yaml").write_bytes(b"#" * (1 << 20) + b"#")
    assert "larger than 1048576 bytes" in failure(tmp_path / "big.yaml")


def test_a_billion_laughs_are_refused_at_the_first(write):
    text = 'a: &a ["lol"]\n' + "".join(
        f"{c}: &{c} [{', '.join('*' + p for _ in range(9))}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "c.yaml:1: anchors and aliases" in failure(write(text))


@given(st.text(max_size=80) | st.sampled_from(GOOD.splitlines()).map(lambda line: GOOD.replace(line, line[::-1])))
def test_arbitrary_text_is_a_configuration_or_a_clear_error(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "c.yaml"
    path.write_text(text, "utf-8", errors="surrogatepass")
    said = None
    try:
        load(path)
    except ConfigurationError as error:
        said = error.message
    assert said is None or str(path) in said


CLUSTER = """\
  - kubernetes:
      name: prod
      kubeconfig: clusters/config
      context: prod
weights:"""


def test_a_cluster_is_a_source_whose_kubeconfig_is_found_from_the_folder(write, tmp_path):
    configuration = load(write(change("weights:", CLUSTER)))
    cluster = configuration.sources[1]
    assert (cluster.id, cluster.context) == ("kubernetes:prod", "prod")
    assert cluster.kubeconfig == str(tmp_path / "clusters" / "config")
    assert configuration.redaction_key_path == tmp_path / "controlproof.redaction.key"
    assert configuration.recorded()["sources"][1]["kubernetes"]["kubeconfig"] == "clusters/config"
    encode(configuration.recorded())


CLUSTER_FAULTS = {
    "two ways in": ("kubeconfig: clusters/config", "kubeconfig: x\n      in_cluster: true", "needs either kubeconfig"),
    "no way in": ("      kubeconfig: clusters/config\n      context: prod\n", "", "needs either kubeconfig"),
    "a context without a kubeconfig": ("kubeconfig: clusters/config", "in_cluster: true", "context belongs to"),
    "two connectors in one entry": (
        "  - kubernetes:", "  - aws: {account: '210987654321', region: x-1}\n    kubernetes:", "must have one of"
    ),
    "an uid that is none": ("context: prod", "cluster_uid: prod", "cluster_uid"),
    "a slip": ("context: prod", "contxt: prod", "did you mean 'context'?"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CLUSTER_FAULTS.values(), ids=CLUSTER_FAULTS.keys())
def test_a_fault_of_a_cluster_is_named(write, old, new, said):
    assert old in CLUSTER
    assert said in failure(write(change("weights:", CLUSTER.replace(old, new))))


def test_a_cluster_without_a_redaction_key_is_refused_and_no_password_quoted(write):
    text = change("weights:", CLUSTER).replace("redaction_key: file:controlproof.redaction.key", "")
    said = failure(write(text.replace("sqlite:///controlproof.db", "postgresql://me:CANARY@x/y")))
    assert "redaction_key: is missing" in said
    assert "CANARY" not in said


TENANTS = """\
tenants:
  blue:
    data: [s3://training-blue/]
    namespaces: [tenant-blue, tenant-blue-batch]
  green:
    data: [s3://training-green/]
    namespaces: [tenant-green]
weights:"""


def test_tenants_have_namespaces_which_tests_get_and_records_hold(write):
    configuration = load(write(GOOD.replace("weights:", TENANTS, 1)))
    assert configuration.tenant_map["blue"]["namespaces"] == ["tenant-blue", "tenant-blue-batch"]
    assert configuration.recorded()["tenants"] == configuration.tenant_map


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tenant-blue", "tenant-blue belongs to blue and to green; each thing belongs to one tenant"),
        ("Tenant_Green", "should match pattern"),
        ("tenant-green/", "should match pattern"),
        ("x" * 64, "should match pattern"),
    ],
)
def test_a_namespace_is_one_tenant_s_and_has_a_name_that_a_cluster_allows(write, name, said):
    text = GOOD.replace("weights:", TENANTS.replace("[tenant-green]", f"[{name}]"), 1)
    assert said in failure(write(text))


IN_GOOGLE_CLOUD = """\
tenants:
  blue:
    data: [gs://training-blue/]
    identities: ["serviceAccount:training-blue@acme-prod.iam.gserviceaccount.com"]
    keys: [projects/acme-prod/locations/europe-west4/keyRings/training/cryptoKeys/blue]
weights:"""


def test_tenants_have_data_identities_and_keys_in_google_cloud(write):
    blue = load(write(GOOD.replace("weights:", IN_GOOGLE_CLOUD, 1))).tenant_map["blue"]
    assert blue["data"] == ["gs://training-blue/"]
    assert blue["identities"] == ["serviceAccount:training-blue@acme-prod.iam.gserviceaccount.com"]
    assert blue["keys"] == ["projects/acme-prod/locations/europe-west4/keyRings/training/cryptoKeys/blue"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gs://training-blue/", "gs://Training", "tenants.blue.data[0]: must be s3://bucket/prefix or gs://bucket/"),
        ("serviceAccount:training-blue", "user:training-blue", "such as serviceAccount:training-blue@acme-prod.iam"),
        ("acme-prod.iam.gserviceaccount.com", "acme-prod.example.com", "or a service account, such as"),
        ("cryptoKeys/blue", "cryptoKeys/blue/cryptoKeyVersions/1", "without a version"),
        ("projects/acme-prod/locations", "projects/acme-prod", "name of a key in Cloud KMS, such as projects/"),
    ],
)
def test_what_is_no_tenants_in_google_cloud_is_refused_with_an_example(write, old, new, said):
    assert said in failure(write(GOOD.replace("weights:", IN_GOOGLE_CLOUD.replace(old, new, 1), 1)))


def test_the_commented_tenant_loads_when_it_is_uncommented(write):
    start = GOOD.index("# tenants:")
    commented = GOOD[start : GOOD.index("\n\n", start)]
    text = GOOD.replace(commented, commented.replace("\n# ", "\n").removeprefix("# "))
    assert load(write(text)).tenant_map["blue"]["namespaces"] == ["tenant-blue"]
