"""The section `anchors`: what is wrong in it is named with its line and its mend."""

from datetime import timedelta

import pytest
from support.ledgers import NAME

from collector.config import load
from collector.ledger.keys import create_key_file, load_cosigner_file
from collector.model.errors import ConfigurationError

TEXT = """\
ledger: {{name: {name}, database: "sqlite:///l.db", key: "file:key", collector: test-1}}
sources: [{{aws: {{account: "123456789012", region: eu-central-1}}}}]
anchors:
{lines}
"""


@pytest.fixture
def write(tmp_path):
    def written(*lines):
        path = tmp_path / "c.yaml"
        path.write_text(TEXT.format(name=NAME, lines="\n".join(f"  {line}" for line in lines)))
        return load(path)

    return written


def test_paths_of_certificates_are_relative_to_the_configuration(write, tmp_path):
    anchors = write("tsas: [{url: 'https://tsa.example.com/tsr?token=x', root: tsa.pem}]", "cadence: 6h").anchors
    assert anchors.tsas[0].root == str(tmp_path / "tsa.pem")
    assert anchors.tsas[0].name == "https://tsa.example.com/tsr"
    assert anchors.cadence == timedelta(hours=6)


def test_without_the_section_nothing_is_anchored(write, tmp_path):
    configuration = write("cadence: 1d")
    assert (configuration.anchors.tsas, configuration.anchors.object_lock) == ((), None)


FAULTS = {
    "an unknown key": ("tsa: []", "c.yaml:4: anchors.tsa: unknown key 'tsa'"),
    "an unknown key of an authority": ("tsas: [{uri: x}]", "did you mean 'url'?"),
    "a URL with a password": ("tsas: [{url: 'https://a:b@tsa.example.com'}]", "without user or password"),
    "no URL": ("tsas: [{url: 'ftp://tsa.example.com'}]", "anchors.tsas[0].url"),
    "an authority twice": (
        "tsas: [{url: 'https://t.example.com'}, {url: 'https://t.example.com'}]",
        "configured twice",
    ),
    "a witness without key": ("witnesses: [{url: 'https://w.example.com'}]", "anchors.witnesses[0].key: is missing"),
    "a witness's key that is none": ("witnesses: [{key: nonsense}]", "not a verifier key"),
    "a lock without end": ("object_lock: {bucket: b-1, region: eu, retention_days: 0}", "retention_days"),
    "a cadence of a second": ("cadence: 1s", "from 1m to 31d"),
}


@pytest.mark.parametrize(("line", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named(write, line, said):
    with pytest.raises(ConfigurationError) as caught:
        write(line)
    assert said in f"{caught.value.message} {caught.value.mend}"


def test_the_ledgers_own_kind_of_key_is_no_witness(write, tmp_path):
    create_key_file(tmp_path / "w")
    key = load_cosigner_file(tmp_path / "w", "w.example.com").key
    assert write(f"witnesses: [{{key: '{key.encode()}'}}]").anchors.witnesses[0].verifier == key
    from collector.ledger.note import ED25519, VerifierKey

    with pytest.raises(ConfigurationError, match="type 0x04"):
        write(f"witnesses: [{{key: '{VerifierKey(key.name, ED25519, key.public).encode()}'}}]")
