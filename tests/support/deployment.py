"""What in `deploy/` is generated. `cd tests && python -m support.deployment` writes it anew; a test compares."""

import json
import tempfile

import yaml
from support.helm import DEPLOY, find_helm, template

from collector.cli.permissions import policy

_BEGIN, _END = "          PolicyDocument:\n", "\n  Association:"
EXAMPLE = "kubernetes/controlproof.yaml"
_HEADING = """\
# The Helm chart as it is without values of your own, for those who do not use Helm. Set the image, the ConfigMap and the
# two Secrets (deploy/README.md) before you apply it: kubectl apply -f controlproof.yaml
"""


def generated(helm):
    """Give the text of every generated file by its path; without helm, of all but what it renders."""
    cluster = yaml.safe_dump(policy("kubernetes"), sort_keys=False)
    files = {
        "aws/controlproof-read-only.json": json.dumps(policy("aws"), indent=2, sort_keys=True) + "\n",
        "aws/cloudformation.yaml": _cloudformation(),
        "gcp/controlproof-read-only.yaml": yaml.safe_dump(policy("gcp"), sort_keys=False),
        "kubernetes/clusterrole.yaml": cluster,
        "helm/controlproof/files/clusterrole.yaml": cluster,
        "helm/controlproof/files/alerts.yaml": (DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"),
    }
    if helm:
        files[EXAMPLE] = _HEADING + template(helm)
    return files


def _cloudformation():
    text = (DEPLOY / "aws" / "cloudformation.yaml").read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    lines = yaml.dump(policy("aws"), Dumper=_Indented, sort_keys=False).splitlines()
    return before + _BEGIN + "".join(f"            {line}\n" for line in lines) + _END + after


class _Indented(yaml.SafeDumper):
    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        helm = find_helm(folder)
        # Without helm first: it renders files that are generated themselves.
        for files in (generated(None), generated(helm)):
            for path, text in files.items():
                (DEPLOY / path).write_text(text, "utf-8")
