"""Calls to one MLflow server, counted as they are made.

Through urllib3 and not `mlflow-skinny`: that client reads its token, patience and certificates from variables of the
whole process, so two servers cannot have different ones; it hides the Date header, does not bound an answer's size,
and gives an empty list for an answer that it does not know. Proxies of the environment are not used.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

import urllib3
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

import collector
from collector.config import MlflowServer
from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass, Provenance
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.mlflow.errors import broken, refused, unexpected
from connectors.mlflow.signin import authorization

MAX_ANSWER = 64 * 1024 * 1024
"""The largest answer that is read, in bytes."""

_TRANSIENT = (429, 500, 502, 503, 504)
_VERSION = re.compile(rb"\d+\.\d+[0-9A-Za-z.+-]{0,40}")

A = TypeVar("A", bound=BaseModel)


class MlflowSession:
    """One server, one identity, one reading. Make a new one for each population."""

    def __init__(self, settings: MlflowServer, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.log = CallLog()
        self._clock = clock
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout),
            retries=urllib3.Retry(
                total=settings.max_attempts - 1,
                status_forcelist=_TRANSIENT,
                # A search that is a POST changes nothing, and may be sent again.
                allowed_methods=("GET", "POST"),
                backoff_factor=0.25,
                backoff_max=8,
                retry_after_max=settings.read_timeout,
                raise_on_status=False,
            ),
        )

    def provenance(self) -> Provenance:
        """Say how the population was read."""
        return Provenance(
            connector=f"mlflow/{collector.__version__}",
            caller=self.settings.user or "",
            endpoint=self.settings.url,
            operations=self.log.operations(),
            clock_skew=self.log.clock_skew,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def check(self) -> None:
        """Make sure that it is an MLflow server that answers: what is not one has empty lists.

        Raises:
            SourceError: it failed, or something else answered.

        """
        operation = "mlflow:version"
        body = self._send(operation, "GET", "/version", {}, None)
        if not _VERSION.fullmatch(body.strip()):
            reason = "what answers is not an MLflow server"
            raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "NotMlflow", reason))

    def get(
        self, method: str, answer: type[A], stated: JsonObject, unstated: JsonObject, *, interface: str = "2.0"
    ) -> A:
        """Call a method that takes its parameters in the URL.

        Args:
            method: such as `registered-models/search`; `answer` is the form of what it answers.
            stated: parameters that the provenance shows.
            unstated: parameters that differ from call to call, such as a page token.
            interface: the version of the REST interface that the method is in.

        Raises:
            SourceError: the source did not answer, or not in the documented form.

        """
        query = urlencode({name: _text(value) for name, value in {**stated, **unstated}.items()}, doseq=True)
        return self._call(f"{interface}/mlflow/{method}", "GET", answer, stated, f"?{query}" if query else "", None)

    def post(self, method: str, answer: type[A], stated: JsonObject, unstated: JsonObject) -> A:
        """Call a method that takes its parameters as JSON; the rest is as in `get`."""
        return self._call(f"2.0/mlflow/{method}", "POST", answer, stated, "", {**stated, **unstated})

    def _call(
        self, path: str, verb: str, answer: type[A], stated: JsonObject, query: str, body: JsonObject | None
    ) -> A:
        operation = f"mlflow:{path.partition('/mlflow/')[2]}"
        data = self._send(operation, verb, f"/api/{path}{query}", stated, body)
        try:
            return answer.model_validate_json(data)
        except ValidationError as error:
            raise unexpected(operation, error) from None

    def _send(self, operation: str, verb: str, target: str, stated: JsonObject, body: JsonObject | None) -> bytes:
        headers = {"User-Agent": f"controlproof/{collector.__version__}", **authorization(self.settings)}
        self.log.note(operation, stated)
        url = self.settings.url.rstrip("/") + target
        try:
            response = self._pool.request(verb, url, headers=headers, json=body, redirect=False, preload_content=False)
            with response:
                data = response.read(MAX_ANSWER + 1)
        except HTTPError as error:
            raise broken(operation, error) from None
        self.log.answered(None, response.headers.get("Date"), self._clock())
        if len(data) > MAX_ANSWER:
            reason = f"the answer is larger than {MAX_ANSWER} bytes"
            raise SourceError(Failure(FailureClass.MALFORMED, operation, "TooLarge", reason))
        if response.status != 200:
            raise refused(operation, response.status, response.headers.get("Content-Type", ""), data)
        return data


def _text(value: Json) -> str | list[str]:
    """Write a parameter for a URL; those of a list come one by one."""
    return [str(member) for member in value] if isinstance(value, list) else str(value)
