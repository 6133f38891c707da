"""What the demo's local AWS does not implement, answered in front of it: guardrails, monitoring, management events.

Whatever else is asked for goes to the local AWS and back unchanged. The answers are made up and say so here: nobody
monitored anything, and no event was ever logged, because nothing changed on the demo's AWS between two polls.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from collector.model import instant

_TIMEOUT = 60
"""Seconds."""
_HOP_BY_HOP = frozenset(("connection", "content-length", "date", "host", "server", "transfer-encoding"))
_ENDPOINTS = ("llm-chat", "llm-embed")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What is answered: with flaws one endpoint's monitoring failed, and the guardrail stops nothing."""

    account: str
    region: str
    flaws: bool

    def answer(self, operation: str, path: str, body: bytes) -> Mapping[str, Any] | None:
        """Give the answer to what the local AWS does not implement, None for what it does."""
        if operation == "LookupEvents":
            return {"Events": []}
        if operation == "ListMonitoringSchedules":
            return {"MonitoringScheduleSummaries": [self._schedule(name) for name in _ENDPOINTS]}
        if operation == "DescribeMonitoringSchedule":
            return self._schedule(json.loads(body)["MonitoringScheduleName"].removeprefix("quality-"))
        if path == "/provisioned-model-throughputs":
            return {"provisionedModelSummaries": []}
        if path == "/guardrails":
            guardrail = self._guardrail()
            return {"guardrails": [{**guardrail, "arn": guardrail["guardrailArn"], "id": guardrail["guardrailId"]}]}
        return self._guardrail() if unquote(path).startswith("/guardrails/") else None

    def _schedule(self, endpoint: str) -> dict[str, Any]:
        ran = (datetime.now(UTC) - timedelta(hours=6)).timestamp()
        failed = self.flaws and endpoint == "llm-embed"
        execution = {
            "CreationTime": ran,
            "LastModifiedTime": ran,
            "MonitoringExecutionStatus": "Failed" if failed else "Completed",
            "MonitoringScheduleName": f"quality-{endpoint}",
            "ScheduledTime": ran,
        }
        return {
            "CreationTime": ran,
            "EndpointName": endpoint,
            "LastModifiedTime": ran,
            "LastMonitoringExecutionSummary": execution,
            "MonitoringScheduleArn": (
                f"arn:aws:sagemaker:{self.region}:{self.account}:monitoring-schedule/quality-{endpoint}"
            ),
            "MonitoringScheduleConfig": {"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}},
            "MonitoringScheduleName": f"quality-{endpoint}",
            "MonitoringScheduleStatus": "Scheduled",
            "MonitoringType": "ModelQuality",
        }

    def _guardrail(self) -> dict[str, Any]:
        strength = "NONE" if self.flaws else "HIGH"
        made = instant.format_instant(instant.now() - timedelta(days=90))
        return {
            "blockedInputMessaging": "no",
            "blockedOutputsMessaging": "no",
            "contentPolicy": {"filters": [{"inputStrength": strength, "outputStrength": strength, "type": "HATE"}]},
            "createdAt": made,
            "guardrailArn": f"arn:aws:bedrock:{self.region}:{self.account}:guardrail/outputs",
            "guardrailId": "outputs",
            "name": "outputs",
            "status": "READY",
            "updatedAt": made,
            "version": "DRAFT",
        }


@contextmanager
def front(upstream: str, made_up: MadeUp) -> Iterator[str]:
    """Run the server in front of the local AWS and give its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            known = made_up.answer(operation, urlsplit(self.path).path, body)
            if known is None:
                self._reply(*_forward(upstream + self.path, self.command, dict(self.headers.items()), body))
            else:
                headers = {"Content-Type": "application/json", "x-amzn-RequestId": "made-up"}
                self._reply(200, headers, json.dumps(known).encode())

        def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep requests off the terminal."""

    for verb in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        setattr(Handler, f"do_{verb}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _forward(url: str, method: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
    request = urllib.request.Request(url, body or None, kept, method=method)  # noqa: S310 - the local AWS
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), error.read()
