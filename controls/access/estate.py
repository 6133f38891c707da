"""What the tests of one set of evidence share: principals, readers and chains, each worked out once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, overload

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.location import Found, find
from controls.access.organization import POPULATION as ORGANIZATION
from controls.access.organization import levels_over
from controls.access.principal import Principal, principals_of
from controls.access.reachability import Chain, Reachability
from controls.access.readers import Reader, readers
from controls.access.volume import NEEDS as VOLUME_NEEDS
from controls.access.volume import FoundClaim, Volumes, is_volume

IDENTITIES = "iam.authorization_details"
NEEDS = (IDENTITIES, "kms.keys", "s3.buckets")
"""What must be whole for a list of readers to be whole."""

OPTIONAL = (ORGANIZATION, *VOLUME_NEEDS)
"""An organization's policies bound access where they could be read; clusters are needed for locations on volumes."""


T = TypeVar("T")


class _derived(Generic[T]):  # noqa: N801 - it is used as a decorator, as property is
    """A property that is worked out once for all estates of one set of evidence that are asked about the same."""

    def __init__(self, work_out: "Callable[[Estate], T]") -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, estate: None, owner: type) -> "_derived[T]": ...
    @overload
    def __get__(self, estate: "Estate", owner: type) -> T: ...
    def __get__(self, estate: "Estate | None", owner: type) -> "T | _derived[T]":
        if estate is None:
            return self
        derived, key = estate.evidence.derived, (self, estate.uris)
        if key not in derived:
            derived[key] = self._work_out(estate)
        found: Any = derived[key]
        return found  # type: ignore[no-any-return]


class Estate:
    """The accounts and clusters of one set of evidence.

    Args:
        evidence: the readings.
        uris: the locations that are asked about, which say what must have been read; without any, accounts alone.

    """

    def __init__(self, evidence: Evidence, uris: Sequence[str] = ()) -> None:
        self.evidence = evidence
        self.uris = tuple(uris)
        self._in_clusters = any(map(is_volume, uris))
        self._in_accounts = not uris or not all(map(is_volume, uris))

    @_derived
    def _readers(self) -> dict[str, Sequence[Reader]]:
        return {}

    @_derived
    def _broken(self) -> dict[str, MalformedError | UnreadableError]:
        return {}

    def find(self, uris: Sequence[str]) -> dict[str, Found | str]:
        """Find each location's bucket, or say why it was not found."""
        return dict(find(self.evidence, uris))

    def find_anywhere(self, uris: Sequence[str]) -> dict[str, Found | FoundClaim | str]:
        """Find each location's bucket or volume claim, or say why it was not found."""
        buckets = self.find([uri for uri in uris if not is_volume(uri)])
        return {uri: self.volumes.find(uri) if is_volume(uri) else buckets[uri] for uri in uris}

    @_derived
    def volumes(self) -> Volumes:
        """Give the clusters."""
        return Volumes(self.evidence)

    @_derived
    def principals(self) -> tuple[Principal, ...]:
        """Give the users and roles of every account that can be understood; see `missing` for the others."""
        return tuple(principal for source in self._sources for principal in self._of(source))

    @_derived
    def by_arn(self) -> dict[str, Principal]:
        """Give the principals by ARN."""
        return {principal.arn: principal for principal in self.principals}

    @_derived
    def reachability(self) -> Reachability:
        """Give who can become whom."""
        return Reachability(self.principals)

    def missing(self, *populations: str) -> list[str]:
        """Say what a list of readers lacks, a sentence each."""
        needs = (*(NEEDS if self._in_accounts else ()), *(VOLUME_NEEDS if self._in_clusters else ()))
        absent = self.evidence.missing(*(populations or needs))
        _ = self.principals
        broken = {**self._broken, **(self.volumes.broken if self._in_clusters else {})}
        return absent + [f"the identities of {source} cannot be decided: {error}" for source, error in broken.items()]

    def readers(self, found: Found | FoundClaim) -> Sequence[Reader]:
        """Give everyone who can read a location.

        Raises:
            UnreadableError: something that this needs was not given by the source.
            MalformedError: a policy cannot be understood.

        """
        if isinstance(found, FoundClaim):
            if found.uri not in self._readers:
                self._readers[found.uri] = self.volumes.readers(found)
            return self._readers[found.uri]
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
