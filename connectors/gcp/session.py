"""Calls to Google Cloud for one project, one after the other, counted as they are made.

Through `requests`, not through Google's SDKs: that for Vertex AI is 200 MB for three lists, and hides the Date header.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import TypeAdapter
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3 import Retry

import collector
from collector.config import GcpProject
from collector.model.canonical import Json
from collector.model.snapshot import Failure, FailureClass, Provenance
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.gcp.answers import Page
from connectors.gcp.errors import refused
from connectors.gcp.log_service import LogService
from connectors.gcp.paging import each_page
from connectors.gcp.signin import SignIn
from connectors.rest import bounded, broken, malformed, parsed

MAX_ANSWER = 32 * 1024 * 1024
"""The largest answer that is read, in bytes: a page of 100 models, each with 300 KB of schemas and metadata."""

_PAGE = 100
_TRANSIENT = (429, 500, 502, 503, 504)
_NAME = re.compile(r"projects/([^/]+)/locations/([^/]+)/([a-zA-Z]+)/[^/@]+(?:@[^/@]+)?")

A = TypeVar("A")
P = TypeVar("P", bound=Page)


class GcpSession:
    """One project, one identity, one reading. Make a new one for each population."""

    def __init__(self, settings: GcpProject, signin: SignIn, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.log = CallLog()
        self.location = settings.location
        self._asked: set[str] = set()
        self.logging = LogService(settings, signin, self.log, self._asked)
        self._clock = clock
        self._signin = signin
        self._http = requests.Session()
        self._http.auth = signin
        self._http.headers["User-Agent"] = f"controlproof/{collector.__version__}"
        adapter = HTTPAdapter(max_retries=_retries(settings.max_attempts))
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def within(self, location: str) -> "GcpSession":
        """Give the same reading, whose calls go to another location and are counted with the others."""
        other = copy.copy(self)
        other.location = location
        return other

    def provenance(self) -> Provenance:
        """Say how the population was read."""
        return Provenance(
            connector=f"gcp/{collector.__version__}",
            caller=self._signin.caller,
            endpoint=",".join(sorted(self._asked)) or f"gcp:{','.join(self.settings.locations)}",
            operations=self.log.operations(),
            first_request=self.log.first_request,
            last_request=self.log.last_request,
            clock_skew=self.log.clock_skew,
        )

    def close(self) -> None:
        """Close the connections."""
        self.logging.close()
        self._http.close()

    def now(self) -> datetime:
        """Give the collector's time."""
        return self._clock()

    @property
    def parent(self) -> str:
        """Give what lists are of: `projects/acme-prod/locations/europe-west4`."""
        return f"projects/{self.settings.project}/locations/{self.location}"

    def pages(self, operation: str, path: str, form: TypeAdapter[P]) -> Iterator[P]:
        """Read a list page by page to its end.

        Args:
            operation: such as `aiplatform:models.list`.
            path: below `/v1/`, such as `projects/acme-prod/locations/europe-west4/models`.
            form: of one page.

        Raises:
            SourceError: a page did not come or has not the documented form, or the pages do not lead to an end.

        """
        stated: dict[str, Json] = {"location": self.location, "pageSize": _PAGE}
        return self._pages(operation, f"{self._url}/v1/{path}", form, {"pageSize": str(_PAGE)}, stated)

    def listed(
        self,
        operation: str,
        host: str,
        path: str,
        form: TypeAdapter[P],
        query: Mapping[str, str | Sequence[str]] | None = None,
    ) -> Iterator[P]:
        """Read a list of a service that has no locations, page by page to its end.

        Args:
            operation: such as `monitoring:timeSeries.list`.
            host: such as `monitoring.googleapis.com`.
            path: with its version, such as `v3/projects/acme-prod/timeSeries`.
            form: of one page.
            query: what is asked for beside the page, its size included; a parameter may have several values.

        Raises:
            SourceError: as of `pages`.

        """
        asked = query or {"pageSize": str(_PAGE)}
        stated: dict[str, Json] = {
            name: value if isinstance(value, str) else list(value) for name, value in asked.items()
        }
        return self._pages(operation, f"{self._at(host)}/{path}", form, asked, stated)

    def answer(
        self,
        operation: str,
        host: str,
        path: str,
        form: TypeAdapter[A],
        query: Mapping[str, str] | None = None,
        body: Json = None,
    ) -> A:
        """Ask one thing; with a body by POST, as some services have it for what only reads.

        Raises:
            SourceError: no answer came, or it has not the documented form.

        """
        url = f"{self._at(host)}/{path}{f'?{urlencode(query)}' if query else ''}"
        return parsed(operation, form, self._send(operation, url, dict(query or {}), body))

    def _pages(
        self,
        operation: str,
        url: str,
        form: TypeAdapter[P],
        asked: Mapping[str, str | Sequence[str]],
        stated: dict[str, Json],
    ) -> Iterator[P]:
        def ask(token: str) -> P:
            query = {**asked, **({"pageToken": token} if token else {})}
            return parsed(operation, form, self._send(operation, f"{url}?{urlencode(query, doseq=True)}", stated))

        return each_page(operation, ask)

    def check_own(self, operation: str, name: str, collection: str) -> None:
        """Make sure that a listed thing is of the project and location that were asked.

        Google Cloud spells the project in names by its number, which is not configured, so any number passes.

        Raises:
            SourceError: it is of another, or has no such name.

        """
        found = _NAME.fullmatch(name)
        if found is None or found[3] != collection:
            raise malformed(operation, "UnexpectedAnswer", f"a name is not of the documented form of {collection}")
        project, location = found[1], found[2]
        if location != self.location or not (project == self.settings.project or project.isdecimal()):
            reason = f"{name} was listed, {self.parent} was asked for"
            raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongProject", reason))

    @property
    def _url(self) -> str:
        return self._at(f"{'' if self.location == 'global' else f'{self.location}-'}aiplatform.googleapis.com")

    def _at(self, host: str) -> str:
        """Give where a service is: a configured address stands for all of them."""
        return self.settings.api_url.rstrip("/") if self.settings.api_url is not None else f"https://{host}"

    def _send(self, operation: str, url: str, stated: dict[str, Json], body: Json = None) -> bytes:
        self._signin.renew()
        self.log.note(operation, stated)
        self._asked.add("{0.scheme}://{0.netloc}".format(urlsplit(url)))
        patience = (self.settings.connect_timeout, self.settings.read_timeout)
        ask = self._http.get if body is None else partial(self._http.post, json=body)
        try:
            with ask(url, timeout=patience, allow_redirects=False, stream=True) as response:
                told = bounded(operation, response, MAX_ANSWER)
        except RequestException as error:
            raise broken(operation, error) from None
        self.log.answered(None, response.headers.get("Date"), self._clock())
        if response.status_code != 200:
            raise refused(operation, response.status_code, told, self._signin.token)
        return told


def _retries(attempts: int) -> Retry:
    """Try again what may be different in a moment, as Google asks, which limits calls by the minute."""
    return Retry(
        total=attempts - 1,
        redirect=0,
        status_forcelist=_TRANSIENT,
        # What is asked by POST here reads a policy, and changes nothing.
        allowed_methods=("GET", "POST"),
        respect_retry_after_header=False,
        backoff_factor=0.25,
        backoff_max=8,
        raise_on_redirect=False,
        raise_on_status=False,
    )
