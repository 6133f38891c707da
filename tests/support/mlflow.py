"""A real MLflow server with its own authentication, and what a registry holds."""

import base64
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import urllib3

from collector.config import MlflowServer

PASSWORD = "canary-of-a-password-1"
VARIABLE = "IT_MLFLOW_TOKEN"
DATABASE = "mlflow.db"
BULK = 1000
"""How many versions the model `bulk` has: with the others, more than a page."""
BULK_RUNS = 250
"""How many runs made them."""

_RUNNING = re.compile(rb"Uvicorn running on (http://127\.0\.0\.1:\d+)")
_START_SECONDS = 120
_AUTHENTICATION = f"""\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///users.db
admin_username = admin
admin_password = {PASSWORD}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
grant_default_workspace_access = false
auth_cache_ttl_seconds = 600
"""

GATEWAY = [("gateway_endpoint", "*", "READ"), ("gateway_model_definition", "*", "READ")]
ROLES = {
    "reader": [("registered_model", "*", "READ"), ("experiment", "*", "READ"), *GATEWAY],
    "one-model": [("registered_model", "llm", "READ"), ("experiment", "*", "READ")],
    "no-experiments": [("registered_model", "*", "READ")],
    "no-runs": [("registered_model", "*", "READ"), ("experiment", "*", "READ"), ("run", "*", "DENY")],
    "nobody": [],
}
"""Users of the server, and what each may do, in MLflow's words."""


def settings(url: str, user: str = "reader", **changes: object) -> MlflowServer:
    """Settings that lose no time on retries."""
    given = {"name": "main", "url": url, "user": user, "token_variable": VARIABLE, "max_attempts": 1}
    return MlflowServer(**{**given, "connect_timeout": 2, **changes})


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Start the server on a free loopback port, give its URL, and end it with its workers."""
    (folder / "authentication.ini").write_text(_AUTHENTICATION)
    environment = {
        **os.environ,
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "authentication.ini"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "it",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth", "--host", "127.0.0.1"]
    command += ["--port", "0", "--workers", "1", "--backend-store-uri", f"sqlite:///{DATABASE}"]
    with (folder / "output").open("w+b") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield _await_url(process, folder / "output")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_url(process: subprocess.Popen[bytes], output: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _RUNNING.search(output.read_bytes()):
            return found.group(1).decode("ascii")
        time.sleep(0.1)
    raise RuntimeError(f"MLflow's server did not start: {output.read_text()[-2000:]}")


class Administrator:
    """Fills a server through its REST interface."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pool = urllib3.PoolManager(timeout=30)

    @staticmethod
    def headers(user: str) -> dict[str, str]:
        """What signs a call in as a user."""
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{PASSWORD}'.encode()).decode()}"}

    def call(self, method: str, interface: str = "2.0", **body: object) -> Any:
        target = f"{self.url}/api/{interface}/mlflow/{method}"
        answer = self.pool.request("POST", target, headers=self.headers("admin"), json=body)
        assert answer.status == 200, answer.data
        return answer.json()

    def add_users(self) -> None:
        for name, permissions in ROLES.items():
            self.call("users/create", username=name, password=PASSWORD)
            role = self.call("roles/create", "3.0", workspace="default", name=f"role-{name}")["role"]["id"]
            for kind, pattern, permission in permissions:
                self.call(
                    "roles/permissions/add", "3.0",
                    role_id=role, resource_type=kind, resource_pattern=pattern, permission=permission,
                )  # fmt: skip
            self.call("roles/assign", "3.0", role_id=role, username=name)

    def add_run(self, experiment: str, digest: str, **source: str) -> str:
        info = self.call("runs/create", experiment_id=experiment, user_id="scientist", start_time=1)["run"]["info"]
        dataset = {"name": "tickets", "digest": digest, "source_type": "s3", "source": json.dumps(source)}
        context = [{"key": "mlflow.data.context", "value": "training"}]
        self.call("runs/log-inputs", run_id=info["run_id"], datasets=[{"dataset": dataset, "tags": context}])
        return info["run_id"]

    def add_gateway(self) -> None:
        """A vendor's model behind two endpoints, and one that no endpoint leads to."""
        secret = self.call(
            "gateway/secrets/create", "3.0",
            secret_name="key", secret_value={"api_key": "sk-canary-of-a-vendors-key"}, provider="anthropic",
        )["secret"]["secret_id"]  # fmt: skip
        models = {}
        for name, provider, model in (("chat", "anthropic", "claude-sonnet-4-5"), ("idle", "openai", "gpt-5")):
            models[name] = self.call(
                "gateway/model-definitions/create", "3.0",
                name=name, secret_id=secret, provider=provider, model_name=model,
            )["model_definition"]["model_definition_id"]  # fmt: skip
        chat = {"model_definition_id": models["chat"], "linkage_type": "PRIMARY", "weight": 1.0}
        for name in ("support", "search"):
            self.call("gateway/endpoints/create", "3.0", name=name, model_configs=[chat])

    def add_version(self, name: str, source: str, **more: object) -> None:
        self.call("model-versions/create", name=name, source=source, **more)


def seed(url: str, folder: Path) -> dict[str, str]:
    """Fill a server; gives the ids of the runs by what they are for."""
    admin = Administrator(url)
    admin.add_users()
    experiment = admin.call("experiments/create", name="training")["experiment_id"]
    runs = {
        "kept": admin.add_run(experiment, "1", uri="s3://training/tickets"),
        "deleted": admin.add_run(experiment, "2", uri="https://me:canary-of-a-dataset@data.example.com/t?sig=canary"),
        "gone": admin.add_run(experiment, "3"),
        "bulk": admin.add_run(experiment, "4", url="https://data.example.com/bulk"),
    }
    admin.call("registered-models/create", name="llm", tags=[{"key": "team", "value": "search"}])
    admin.add_version("llm", "s3://weights/llm/1")
    approved = [{"key": "approved_by", "value": "risk@example.com"}]
    admin.add_version("llm", "s3://weights/llm/2", run_id=runs["kept"], tags=approved)
    admin.add_version("llm", "s3://key:canary-of-a-source@weights/llm/3", run_id=runs["deleted"])
    admin.add_version("llm", "s3://weights/llm/4", run_id=runs["gone"])
    for alias, version in (("champion", "2"), ("approved", "2"), ("candidate", "3")):
        admin.call("registered-models/alias", name="llm", alias=alias, version=version)
    admin.call(
        "model-versions/transition-stage", name="llm", version="2", stage="Production", archive_existing_versions=False
    )
    admin.call("runs/delete", run_id=runs["deleted"])
    admin.add_gateway()
    admin.call("registered-models/create", name="greeting", tags=[{"key": "mlflow.prompt.is_prompt", "value": "true"}])
    admin.call("registered-models/create", name="bulk")
    admin.add_version("bulk", "s3://weights/bulk", run_id=runs["bulk"])
    with closing(sqlite3.connect(folder / DATABASE, timeout=30)) as database, database:
        database.execute("DELETE FROM runs WHERE run_uuid = ?", (runs["gone"],))
        _multiply(database, runs["bulk"])
    return runs


def _multiply(database: sqlite3.Connection, run: str) -> None:
    """Copy the one version of `bulk` and the run that made it, as the server wrote them."""
    number = f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {BULK})"
    run_of = f"CASE i % {BULK_RUNS} WHEN 1 THEN '{run}' ELSE printf('%032d', i % {BULK_RUNS}) END"
    _copy(database, "runs", number, {"run_uuid": "printf('%032d', i)"}, f"run_uuid = '{run}' AND i < {BULK_RUNS}")
    _copy(database, "runs", number, {"run_uuid": "printf('%032d', 0)"}, f"run_uuid = '{run}' AND i = 2")
    _copy(
        database,
        "model_versions",
        number,
        {"version": "i", "run_id": run_of, "creation_time": "creation_time + i"},
        "name = 'bulk' AND version = 1",
    )


def _copy(database: sqlite3.Connection, table: str, number: str, changes: dict[str, str], where: str) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = [changes.get(column, column) for column in columns]
    # The rows to copy are taken first: what is inserted must not be copied again.
    database.execute(f"CREATE TEMP TABLE copied AS {number} SELECT {', '.join(values)} FROM {table}, n WHERE {where}")
    database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM copied")
    database.execute("DROP TABLE copied")
