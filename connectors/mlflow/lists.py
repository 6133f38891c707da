"""Lists of MLflow, read to their end, and found to be all that there is.

MLflow's own authentication does not deny a list: it leaves out, without a word, what the user may not read, and a
user who may read nothing gets the answer of an empty registry. But it makes the page token before that. So entries
are withheld where a page leads on though it holds fewer than were asked for, and where the last page leads on once
exactly as many are asked for as it held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError
from connectors.mlflow.answers import (
    CurrentUser,
    E,
    Experiments,
    ModelVersions,
    Page,
    RegisteredModels,
    Runs,
)
from connectors.mlflow.errors import StatusError
from connectors.mlflow.session import MlflowSession

MAX_PAGES = 10_000
NO_SUCH_METHOD = 404
"""HTTP's status where a server has no authentication of its own: then it has no users."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[E]):
    """One of MLflow's lists.

    Attributes:
        method: what gives its pages, such as `runs/search`; `page` is their form.
        size: how many entries a page is to have.
        post: whether its parameters travel as JSON, and not in the URL.
        stated: further parameters. An order in which what is new comes last keeps pages from shifting while they
            are read; MLflow's own order of versions begins with what changed last.

    """

    method: str
    page: type[Page[E]]
    size: int
    post: bool = False
    stated: Mapping[str, Json] = field(default_factory=dict)

    def at(self, mlflow: MlflowSession, token: str, size: int, unstated: JsonObject) -> Page[E]:
        """Read the page that a token leads to."""
        stated = {**self.stated, "max_results": size}
        send = mlflow.post if self.post else mlflow.get
        return send(self.method, self.page, stated, {**unstated, **({"page_token": token} if token else {})})

    def broken(self, failure_class: FailureClass, code: str, reason: str) -> SourceError:
        """Say why the list is not whole."""
        return SourceError(Failure(failure_class, f"mlflow:{self.method}", code, f"{reason}: the list is not whole"))

    @property
    def withheld(self) -> SourceError:
        """Say that there is more than was shown."""
        reason = "the server has more than it shows: grant READ on all of them"
        return self.broken(FailureClass.DENIED, "Withheld", reason)


MODELS = Listing("registered-models/search", RegisteredModels, 1000, stated={"order_by": ["name ASC"]})
VERSIONS = Listing(
    "model-versions/search",
    ModelVersions,
    1000,
    stated={"order_by": ["creation_timestamp ASC", "name ASC", "version_number ASC"]},
)
EXPERIMENTS = Listing("experiments/search", Experiments, 1000, post=True, stated={"view_type": "ALL"})
RUNS = Listing("runs/search", Runs, 100, post=True, stated={"run_view_type": "ALL"})


def visible(mlflow: MlflowSession, listing: Listing[E], **unstated: Json) -> Iterator[E]:
    """Yield the entries of a list that the server shows.

    Raises:
        SourceError: a page did not come, or the pages do not lead to an end.

    """
    for _, page in _pages(mlflow, listing, unstated):
        yield from page.entries


def whole(mlflow: MlflowSession, listing: Listing[E]) -> Iterator[E]:
    """Yield the entries of a list.

    Raises:
        SourceError: as in `visible`, or entries are withheld.

    """
    count = 0
    for token, page in _pages(mlflow, listing, {}):
        yield from page.entries
        count += len(page.entries)
        if page.next_page_token:
            if len(page.entries) < listing.size:
                raise listing.withheld
        elif page.entries:
            _check_end(mlflow, listing, token, page)
        elif count:
            raise listing.withheld
        else:
            _check_empty(mlflow, listing)


def _pages(mlflow: MlflowSession, listing: Listing[E], unstated: JsonObject) -> Iterator[tuple[str, Page[E]]]:
    """Yield pages, each with the token that led to it."""
    token, tokens, keys = "", {""}, set[str]()
    for _ in range(MAX_PAGES):
        page = listing.at(mlflow, token, listing.size, unstated)
        found = {entry.key for entry in page.entries}
        if len(found) < len(page.entries) or found & keys:
            raise listing.broken(FailureClass.MALFORMED, "RepeatedEntry", "an entry comes twice")
        keys |= found
        yield token, page
        token = page.next_page_token
        if not token:
            return
        if token in tokens:
            raise listing.broken(FailureClass.MALFORMED, "RepeatedToken", "a page leads back to one that was read")
        tokens.add(token)
    raise listing.broken(FailureClass.MALFORMED, "EndlessList", f"there are more than {MAX_PAGES} pages")


def _check_end(mlflow: MlflowSession, listing: Listing[E], token: str, last: Page[E]) -> None:
    """Ask for exactly as many entries as the last page held: it leads on only if there are more."""
    again = listing.at(mlflow, token, len(last.entries), {})
    if again.next_page_token:
        raise listing.withheld
    if [entry.key for entry in again.entries] != [entry.key for entry in last.entries]:
        raise listing.broken(FailureClass.MALFORMED, "ChangedList", "it changed while it was read")


def _check_empty(mlflow: MlflowSession, listing: Listing[E]) -> None:
    """Make sure that an empty list is one: either nobody is kept from anything, or we are an administrator."""
    try:
        answer = mlflow.get("users/current", CurrentUser, {}, {})
    except StatusError as error:
        if error.status == NO_SUCH_METHOD:
            return
        raise
    if not answer.user.is_admin:
        reason = "nothing is shown, and this user may be kept from seeing what there is"
        raise listing.broken(FailureClass.DENIED, "NothingShown", reason)
