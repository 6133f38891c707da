"""Following a list of Google Cloud page by page, over REST and gRPC alike."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from connectors.rest import malformed

MAX_PAGES = 200
"""Of one list: 20,000 entries at 100 a page."""


class TokenPage(Protocol):
    """A page that names the next one; none is the empty text."""

    @property
    def next_page_token(self) -> str:
        """Give what the next page is asked for with."""
        ...


P = TypeVar("P", bound=TokenPage)


def each_page(operation: str, ask: Callable[[str], P]) -> Iterator[P]:
    """Yield every page to the last; `ask` gets one by its token.

    Raises:
        SourceError: the pages do not lead to an end, or what `ask` raises.

    """
    token = ""
    seen: set[str] = set()
    while True:
        page = ask(token)
        yield page
        token = page.next_page_token
        if not token:
            return
        if token in seen:
            raise malformed(operation, "RepeatedPage", "a page leads back to one that was read")
        seen.add(token)
        if len(seen) >= MAX_PAGES:
            raise malformed(operation, "TooManyPages", f"the list has more than {MAX_PAGES} pages")
