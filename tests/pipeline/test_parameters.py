import pytest

from collector.config import load, template
from collector.model.errors import ConfigurationError
from collector.pipeline.parameters import check_control_names, parameters_for
from controls.acc2 import ACC_2


@pytest.fixture
def configuration(tmp_path):
    def write(controls):
        text = template("controlproof.example.com/prod", "123456789012", "eu-central-1", ["s3://weights"])
        path = tmp_path / "c.yaml"
        path.write_text(text[: text.index("controls:")] + controls)
        return load(path)

    return write


def test_defaults_configured_values_and_weights_come_together(configuration):
    given = configuration('controls:\n  ACC-2:\n    allowed_accounts: ["999988887777"]\n')
    assert parameters_for(ACC_2, given) == {
        "allowed_accounts": ["999988887777"],
        "allowed_domains": [],
        "allowed_identity_providers": [],
        "allowed_projects": [],
        "weights": ["s3://weights"],
    }


FAULTS = {
    "an unknown parameter": ("controls:\n  ACC-2:\n    allow: []\n", "c.yaml:{line}: ACC-2 has no parameter 'allow'"),
    "another type": (
        "controls:\n  ACC-2:\n    allowed_accounts: 5\n",
        "allowed_accounts of ACC-2 must be a list of strings",
    ),
    "a list of numbers": ("controls:\n  ACC-2:\n    allowed_accounts: [5]\n", "must be a list of strings"),
    "the shared parameter": ("controls:\n  ACC-2:\n    weights: []\n", "ACC-2 has no parameter 'weights'"),
}


@pytest.mark.parametrize(("controls", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_wrong_parameter_is_named_with_its_place(configuration, controls, message):
    given = configuration(controls)
    with pytest.raises(ConfigurationError) as caught:
        parameters_for(ACC_2, given)
    line = next(
        n
        for n, text in enumerate((given.folder / "c.yaml").read_text().splitlines(), 1)
        if text.startswith(("    a", "    w"))
    )
    assert message.format(line=line) in caught.value.message
    assert f"c.yaml:{line}" in caught.value.message


def test_parameters_for_a_control_that_does_not_exist_are_refused(configuration):
    given = configuration("controls:\n  ACC-9: {}\n")
    with pytest.raises(ConfigurationError, match="there is no control 'ACC-9'"):
        check_control_names(given, {"ACC-2"})
