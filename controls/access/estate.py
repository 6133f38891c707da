"""What the tests of one set of evidence share: principals, readers and chains, each worked out once."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.gcp.bucket import FoundObjects, find_objects, is_objects
from controls.access.gcp.cloud import NEEDS as GOOGLE_NEEDS
from controls.access.gcp.cloud import GoogleCloud
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

OPTIONAL = (ORGANIZATION, *VOLUME_NEEDS, *GOOGLE_NEEDS)
"""An organization's policies bound access where they could be read; clusters are needed for locations on volumes,
projects for locations in Cloud Storage."""

Place = Found | FoundClaim | FoundObjects
"""A location that is in the evidence, in any of the kinds of places that are read."""


class Estate:
    """The accounts, clusters and projects of one set of evidence.

    Args:
        evidence: the readings.
        uris: the locations that are asked about, which say what must have been read; without any, accounts alone.

    """

    def __init__(self, evidence: Evidence, uris: Sequence[str] = ()) -> None:
        self.evidence = evidence
        self._in_clusters = any(map(is_volume, uris))
        self._in_projects = any(map(is_objects, uris))
        self._in_accounts = not uris or not all(is_volume(uri) or is_objects(uri) for uri in uris)
        self._readers: dict[str, Sequence[Reader]] = {}
        self._broken: dict[str, MalformedError | UnreadableError] = {}

    def find(self, uris: Sequence[str]) -> dict[str, Found | str]:
        """Find each location's bucket, or say why it was not found."""
        return dict(find(self.evidence, uris))

    def find_anywhere(self, uris: Sequence[str]) -> dict[str, Place | str]:
        """Find each location's bucket or volume claim, or say why it was not found."""
        buckets = self.find([uri for uri in uris if not is_volume(uri) and not is_objects(uri)])
        elsewhere: dict[str, Place | str] = {
            uri: self.volumes.find(uri) if is_volume(uri) else find_objects(self.evidence, uri)
            for uri in uris
            if uri not in buckets
        }
        return {uri: buckets.get(uri) or elsewhere[uri] for uri in uris}

    @cached_property
    def volumes(self) -> Volumes:
        """Give the clusters."""
        return Volumes(self.evidence)

    @cached_property
    def google(self) -> GoogleCloud:
        """Give the projects."""
        return GoogleCloud(self.evidence)

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
        needs = (*(NEEDS if self._in_accounts else ()), *(VOLUME_NEEDS if self._in_clusters else ()))
        absent = self.evidence.missing(*(populations or needs)) + self.undecided()
        return absent + (self.google.missing() if self._in_projects and not populations else [])

    def undecided(self) -> list[str]:
        """Say whose identities cannot be decided although they were read, a sentence each."""
        _ = self.principals
        broken = {**self._broken, **(self.volumes.broken if self._in_clusters else {})}
        return [f"the identities of {source} cannot be decided: {error}" for source, error in broken.items()]

    def unread(self, found: Place) -> tuple[str, ...]:
        """Say what of a location's readers is not known beside those that `readers` gives, a sentence each.

        Raises:
            MalformedError: a policy cannot be understood.

        """
        return self.google.unread(found) if isinstance(found, FoundObjects) else ()

    def knows(self, identity: str) -> bool:
        """Tell whether an identity is among the recorded ones."""
        return identity in (self.google.accounts if identity.startswith("serviceAccount:") else self.by_arn)

    def readers(self, found: Place) -> Sequence[Reader]:
        """Give everyone who can read a location.

        Raises:
            UnreadableError: something that this needs was not given by the source.
            MalformedError: a policy cannot be understood.

        """
        if isinstance(found, FoundObjects):
            return self.google.readers(found)
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
        if reader.kind == "serviceAccount":
            return self.google.chains(reader.principal)
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
