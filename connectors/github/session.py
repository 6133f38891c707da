"""Calls to GitHub for one repository, one after the other, counted as they are made.

Through `requests`: it takes proxies and certificates from the environment as boto3 does, and leaves the headers to be
read, which hold paging, limits and the clock; clients of GitHub's API hide some of them. GitHub asks callers for one
call at a time, and for none while a limit lasts ("Best practices for using the REST API"), which is a minute at least.
So calls are not concurrent, and a limit ends the reading.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import TypeAdapter
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3 import Retry

import collector
from collector.config import GithubRepository
from collector.model.canonical import JsonObject
from collector.model.snapshot import Failure, FailureClass, Provenance
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.github.answers import ACCOUNT, REPOSITORY
from connectors.github.errors import refused
from connectors.github.token import Bearer
from connectors.rest import bounded, broken, malformed, parsed

MAX_ANSWER = 32 * 1024 * 1024
"""The largest answer that is read, in bytes: a page of 100 pull requests with the longest texts that GitHub allows."""

MAX_PAGES = 200
"""Of one list: 20,000 entries."""

_VERSION = "2022-11-28"
_TRANSIENT = (500, 502, 503, 504)

A = TypeVar("A")


class GithubSession:
    """One repository, one identity, one reading. Make a new one for each population."""

    def __init__(self, settings: GithubRepository, token: str | None, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.log = CallLog()
        self.clock = clock
        self._caller = ""
        self._token = token
        self._http = requests.Session()
        self._http.auth = Bearer(token)
        self._http.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "User-Agent": f"controlproof/{collector.__version__}",
                "X-GitHub-Api-Version": _VERSION,
            }
        )
        adapter = HTTPAdapter(max_retries=_retries(settings.max_attempts))
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def provenance(self) -> Provenance:
        """Say how the population was read."""
        return Provenance(
            connector=f"github/{collector.__version__}",
            caller=self._caller,
            endpoint=self.settings.api_url,
            operations=self.log.operations(),
            first_request=self.log.first_request,
            last_request=self.log.last_request,
            clock_skew=self.log.clock_skew,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check(self) -> None:
        """Learn who asks, and make sure that it is the configured repository that answers.

        Raises:
            SourceError: it failed, or another repository answered.

        """
        self._caller = self._sign_in()
        operation, configured = "github:repos/get", self.settings.repository
        name = self.get(operation, "", REPOSITORY).full_name
        if name.casefold() != configured.casefold():
            reason = f"{name} answered, {configured} is configured"
            raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongRepository", reason))

    def get(self, operation: str, path: str, form: TypeAdapter[A]) -> A:
        """Make one call and give the answer.

        Args:
            operation: GitHub's own id of it, such as `github:pulls/get`.
            path: below the repository, such as `/pulls/12`.
            form: the documented form of the answer.

        Raises:
            SourceError: the source did not answer it, or not in the documented form.

        """
        body, _ = self._send(operation, f"{self._url}/repos/{self.settings.repository}{path}", {})
        return parsed(operation, form, body)

    def pages(self, operation: str, path: str, form: TypeAdapter[A], stated: JsonObject) -> Iterator[A]:
        """Read a list page by page, as the Link headers lead; stop iterating to read no further.

        Args:
            operation: as in `get`, as are `path` and `form`.
            path: see there.
            form: of one page.
            stated: the parameters, which the provenance shows.

        Raises:
            SourceError: a page did not come or has not the documented form, or the pages do not lead to an end.

        """
        url = f"{self._url}/repos/{self.settings.repository}{path}?{urlencode(stated)}"
        seen: set[str] = set()
        while True:
            seen.add(url)
            body, following = self._send(operation, url, stated)
            yield parsed(operation, form, body)
            if following is None:
                return
            if _origin(following) != _origin(self._url):
                raise malformed(operation, "ForeignPage", "a page leads to another host, which is not followed")
            if following in seen:
                raise malformed(operation, "RepeatedPage", "a page leads back to one that was read")
            if len(seen) >= MAX_PAGES:
                raise malformed(operation, "TooManyPages", f"the list has more than {MAX_PAGES} pages")
            url = following

    @property
    def _url(self) -> str:
        return self.settings.api_url.rstrip("/")

    def _sign_in(self) -> str:
        """Give the login that the token is of; the token of an app's installation is of none, and is refused it."""
        if self._token is None:
            return "anonymous"
        operation = "github:users/get-authenticated"
        try:
            body, _ = self._send(operation, f"{self._url}/user", {})
        except SourceError as error:
            if error.failure.failure_class is FailureClass.DENIED and error.failure.code == "HTTP403":
                return "app installation"
            raise
        return parsed(operation, ACCOUNT, body).login

    def _send(self, operation: str, url: str, stated: JsonObject) -> tuple[bytes, str | None]:
        """Make one call; give the body, and the address of the page that follows."""
        self.log.note(operation, stated)
        patience = (self.settings.connect_timeout, self.settings.read_timeout)
        try:
            with self._http.get(url, timeout=patience, allow_redirects=False, stream=True) as response:
                body = bounded(operation, response, MAX_ANSWER)
        except RequestException as error:
            raise broken(operation, error) from None
        headers = response.headers
        self.log.answered(headers.get("X-GitHub-Request-Id"), headers.get("Date"), self.clock())
        if response.status_code != 200:
            raise refused(operation, response.status_code, headers, body, self._token)
        return body, response.links.get("next", {}).get("url")


def _retries(attempts: int) -> Retry:
    """Try again what may be different in a moment; a limit is not, and is not waited for."""
    return Retry(
        total=attempts - 1,
        redirect=0,
        status_forcelist=_TRANSIENT,
        allowed_methods=("GET",),
        respect_retry_after_header=False,
        backoff_factor=0.25,
        backoff_max=8,
        raise_on_redirect=False,
        raise_on_status=False,
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
