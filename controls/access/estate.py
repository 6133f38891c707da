"""What the tests of one set of evidence share: principals, readers and chains, each worked out once."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.location import Found, find
from controls.access.organization import POPULATION as ORGANIZATION
from controls.access.organization import levels_over
from controls.access.principal import Principal, principals_of
from controls.access.reachability import Chain, Reachability
from controls.access.readers import Reader, readers

IDENTITIES = "iam.authorization_details"
NEEDS = (IDENTITIES, "kms.keys", "s3.buckets")
"""What must be whole for a list of readers to be whole."""

OPTIONAL = (ORGANIZATION,)
"""An organization's policies bound access where they could be read."""


class Estate:
    """The accounts of one set of evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._readers: dict[str, Sequence[Reader]] = {}
        self._broken: dict[str, MalformedError | UnreadableError] = {}

    def find(self, uris: Sequence[str]) -> dict[str, Found | str]:
        """Find each location's bucket, or say why it was not found."""
        return dict(find(self.evidence, uris))

    @cached_property
    def principals(self) -> tuple[Principal, ...]:
        """Give the users and roles of every account that can be understood; see `missing` for the others."""
        return tuple(principal for source in self._sources for principal in self._of(source))

    @cached_property
    def by_arn(self) -> dict[str, Principal]:
        """Give the principals by ARN."""
        return {principal.arn: principal for principal in self.principals}

    @cached_property
    def reachability(self) -> Reachability:
        """Give who can become whom."""
        return Reachability(self.principals)

    def missing(self, *populations: str) -> list[str]:
        """Say what a list of readers lacks, a sentence each."""
        absent = self.evidence.missing(*(populations or NEEDS))
        _ = self.principals
        return absent + [f"the identities of {source} cannot be decided: {e}" for source, e in self._broken.items()]

    def readers(self, found: Found) -> Sequence[Reader]:
        """Give everyone who can read a location.

        Raises:
            UnreadableError: something that this needs was not given by the source.
            MalformedError: a policy cannot be understood.

        """
        uri = found.location.uri
        if uri not in self._readers:
            _ = self.principals
            if found.source in self._broken:
                raise self._broken[found.source]
            self._readers[uri] = tuple(readers(found, self.principals, self.evidence))
        return self._readers[uri]

    def chains(self, reader: Reader) -> tuple[Chain, ...]:
        """Give who can become a reader."""
        return self.reachability.chains(reader.principal) if reader.kind == "role" else ()

    @property
    def _sources(self) -> Iterable[str]:
        return (snapshot.source for snapshot in self.evidence.snapshots(IDENTITIES))

    def _of(self, source: str) -> Sequence[Principal]:
        try:
            levels = levels_over(self.evidence, source.removeprefix("aws:"))
            snapshots = (each for each in self.evidence.snapshots(IDENTITIES) if each.source == source)
            return tuple(principal for snapshot in snapshots for principal in principals_of(snapshot, levels))
        except (MalformedError, UnreadableError) as error:
            # One account's broken policy spoils what depends on that account, and nothing else.
            self._broken[source] = error
            return ()
