"""The projects of one set of evidence: who can read what lies in them, in the form of the readers of S3."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from controls.access.gcp.access import Access, Asked, access_to, union
from controls.access.gcp.bucket import BUCKETS, FoundObjects, access_to_objects
from controls.access.gcp.impersonation import ACCOUNTS, Account, Impersonation
from controls.access.gcp.member import kind_of
from controls.access.gcp.policy import Level
from controls.access.gcp.project import IAM, ROLES, Project, project_in
from controls.access.reachability import Chain
from controls.access.readers import Reader

NEEDS = (BUCKETS, IAM, ROLES, ACCOUNTS)
"""What must be whole for a list of the readers of Cloud Storage to be whole."""


def readers_by(access: Access) -> Sequence[Reader]:
    """Give whom access lets in, in the form of readers."""
    return tuple(Reader(member, kind_of(member), "", given) for member, given in access.grants.items())


class GoogleCloud:
    """Projects, readers and chains, each worked out once."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._accesses: dict[str, Access] = {}
        self.projects: dict[str, Project] = {}
        self.broken: dict[str, MalformedError] = {}
        roles = {snapshot.source: snapshot for snapshot in evidence.snapshots(ROLES)}
        for snapshot in evidence.snapshots(IAM):
            try:
                project = project_in(snapshot, roles.get(snapshot.source))
            except MalformedError as error:
                self.broken[snapshot.source] = error
                continue
            if project is not None:
                self.projects[snapshot.source] = project

    def missing(self) -> list[str]:
        """Say what a list of readers lacks, a sentence each."""
        return [*self._evidence.missing(*NEEDS), *self._broken_sentences()]

    def readers(self, found: FoundObjects) -> Sequence[Reader]:
        """Give everyone who is known to read a location; see `unread` for the others.

        Raises:
            MalformedError: a policy cannot be understood.

        """
        return readers_by(self._access(found))

    def unread(self, found: FoundObjects) -> tuple[str, ...]:
        """Say what of who can read a location, or become a reader, is not known; a sentence each."""
        return self.unread_of(self._access(found))

    def unread_of(self, access: Access) -> tuple[str, ...]:
        """Say what of who has access, or comes to it by becoming a service account, is not known."""
        becoming = (sentence for member in access.grants for sentence in self.impersonation.unread(member))
        return tuple(dict.fromkeys((*access.unread, *becoming)))

    def allowed(self, source: str, asked: Sequence[Asked], own: Sequence[Level] = ()) -> Access:
        """Give who has any of some permissions on something of a project; what lacks for that is in `unread`.

        Args:
            source: the project's.
            asked: the permissions, each with the resource that it is wanted on.
            own: the policies of the thing itself.

        Raises:
            MalformedError: a policy has another form than the recorded one.

        """
        lacking = (*self._evidence.missing(IAM, ROLES), *self._broken_sentences())
        project = self.projects.get(source)
        if project is None:
            return Access({}, (*lacking, f"the policies of project {source.removeprefix('gcp:')} were not read"))
        return union(Access({}, lacking), *(access_to(each, own, project) for each in asked))

    def chains(self, member: str) -> tuple[Chain, ...]:
        """Give who can become a service account."""
        return self.impersonation.chains(member)

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """Give the recorded service accounts by the name that bindings have for them."""
        return {
            f"serviceAccount:{item.content().value['email']}": Account(item.content(), project, snapshot.finished)
            for snapshot in self._evidence.snapshots(ACCOUNTS)
            if (project := self.projects.get(snapshot.source)) is not None
            for item in snapshot
        }

    @cached_property
    def impersonation(self) -> Impersonation:
        """Give who can become whom."""
        return Impersonation(self.accounts)

    def _broken_sentences(self) -> list[str]:
        return [f"the policies of {source} cannot be decided: {error}" for source, error in self.broken.items()]

    def _access(self, found: FoundObjects) -> Access:
        if found.uri not in self._accesses:
            self._accesses[found.uri] = self._worked_out(found)
        return self._accesses[found.uri]

    def _worked_out(self, found: FoundObjects) -> Access:
        project = self.projects.get(found.source)
        if project is None:
            return Access({}, (f"the policies of project {found.project} were not read",))
        if found.bucket.value["project_number"] != project.number:
            other = found.bucket.value["project_number"]
            return Access({}, (f"the bucket is of project {other}, not of {project.id} ({project.number})",))
        return access_to_objects(found, project)
