"""LOG-5: whoever can read what is logged of outputs was reviewed, and personal data in it is masked.

The tested population is every store and reader of it, the masking of every store, and the review itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from collector.model.attestation import ACCESS_REVIEW
from collector.model.canonical import JsonObject
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.case import REVIEW_DEFAULTS, Case
from controls.access.estate import IDENTITIES, Estate
from controls.access.gcp.access import Access
from controls.access.gcp.cloud import readers_by
from controls.access.gcp.impersonation import ACCOUNTS
from controls.access.organization import POPULATION as ORGANIZATION
from controls.access.readers import Reader
from controls.access.reading import not_whole
from controls.fault import Fault, assess
from controls.logging.bucket import LoggedBucket
from controls.logging.dataset import LoggedDataset
from controls.logging.endpoint import DEFAULTS
from controls.logging.endpoints import NEEDS as ENDPOINT_NEEDS
from controls.logging.endpoints import endpoints_of
from controls.logging.group import UNWATCHED, LoggedGroup
from controls.logging.keeper import NEEDS as KEEPER_NEEDS
from controls.logging.keeper import OPTIONAL as STORES
from controls.logging.keeper import Keeper, keeper_of
from controls.logging.log_bucket import LoggedLogBucket
from controls.logging.objects import LoggedObjects
from controls.logging.readers import group_readers
from controls.logging.store import LogStore
from controls.needs import configured, missing

INSPECTION = "logs.inspection"
_REVIEW = "access review"
_NEEDS = (*ENDPOINT_NEEDS, *KEEPER_NEEDS, IDENTITIES)
_IN_PROJECTS = (*STORES, ACCOUNTS)
"""What the readers of stores in Google Cloud follow from; where there is such a store, it must be whole."""

_READ_FOR = (*KEEPER_NEEDS, IDENTITIES)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess the readers of every store against the last review, and the masking of every store."""
    if not configured(parameters, *ENDPOINT_NEEDS):
        return not_applicable("LOG-5", "no source that serves models is configured")
    endpoints = endpoints_of(evidence, parameters)
    if not endpoints.any:
        return not_applicable("LOG-5", "nothing is served")
    absent = [*endpoints.absent, *missing(evidence, parameters, *_READ_FOR)]
    stores = endpoints.stores()
    if not stores:
        return conclude("LOG-5", endpoints.unnamed(), absent)
    try:
        case = Case.of(evidence, "LOG-5", parameters, as_of)
    except MalformedError as error:
        return conclude("LOG-5", [Assessment(_REVIEW, Outcome.INCONCLUSIVE, error.message)], absent)
    keeping = _Keeping(evidence, parameters, case, whole=not absent)
    assessments = [case.assess_review(), *endpoints.unnamed()]
    assessments += [assessment for store in stores for assessment in keeping.assess(store)]
    return conclude("LOG-5", assessments, [*absent, *keeping.estate.undecided()])


@dataclass(frozen=True, slots=True)
class _Known:
    """The readers of a store that are known, and a sentence for each thing that keeps the list from being whole."""

    readers: Sequence[Reader]
    unread: Sequence[str] = ()


class _Keeping:
    """The readers and the masking of the stores of one set of evidence."""

    def __init__(self, evidence: Evidence, parameters: Parameters, case: Case, *, whole: bool) -> None:
        self.estate = Estate(evidence)
        self._evidence = evidence
        self._parameters = parameters
        self._case = case
        self._whole = whole
        self._samples = {
            (snapshot.source, item.id): item.content()
            for snapshot in evidence.snapshots(INSPECTION)
            for item in snapshot
        }

    def assess(self, store: LogStore) -> Iterator[Assessment]:
        """Assess one store: each of its readers, whoever is gone, and its masking."""
        keeper = keeper_of(store, self._evidence)
        if isinstance(keeper, str):
            yield Assessment(store.id, Outcome.INCONCLUSIVE, keeper)
            return
        try:
            known = self._readers(keeper)
            yield self._masking(store, keeper)
        except (MalformedError, UnreadableError) as error:
            reason = f"who can read {store.what} cannot be decided: {error}"
            yield Assessment(store.id, Outcome.INCONCLUSIVE, reason)
            return
        assessed = [self._case.assess(store.id, reader, self.estate.chains(reader)) for reader in known.readers]
        yield from assessed
        yield from not_whole(store.id, known.unread)
        unwatched = isinstance(keeper, LoggedGroup) and keeper.content.facet("subscriptions") is None
        if unwatched:
            yield Assessment(store.id, Outcome.INCONCLUSIVE, f"of {store.what}, {UNWATCHED}")
        whole = self._whole and not unwatched and not known.unread and not self.estate.undecided()
        yield from self._case.assess_gone(store.id, {each.id for each in assessed}, whole=whole)

    def _readers(self, keeper: Keeper) -> _Known:
        """Give everyone who can read a store.

        Raises:
            UnreadableError: something that this needs was not given by the source.
            MalformedError: a policy cannot be understood, or this kind of store's readers are not read.

        """
        if isinstance(keeper, LoggedGroup):
            return _Known(list(group_readers(keeper, self.estate.principals)))
        if isinstance(keeper, LoggedBucket):
            return _Known(self.estate.readers(keeper.found))
        if isinstance(keeper, LoggedObjects):
            unread = (*self.estate.google.missing(), *self.estate.unread(keeper.found))
            return _Known(self.estate.readers(keeper.found), unread)
        if isinstance(keeper, LoggedLogBucket):
            return self._allowed(keeper.access(self.estate.google))
        if isinstance(keeper, LoggedDataset):
            known = self._allowed(keeper.access(self.estate.google))
            return _Known([*known.readers, *_shared(keeper)], known.unread)
        raise MalformedError("the readers of this kind of store are not read by this version")

    def _allowed(self, access: Access) -> _Known:
        unread = (*self._evidence.missing(ACCOUNTS), *self.estate.google.unread_of(access))
        return _Known(readers_by(access), unread)

    def _masking(self, store: LogStore, keeper: Keeper) -> Assessment:
        """Assess whether personal data is masked, and what a sample shows, where one was taken."""
        masks = _masks(keeper)
        declared = any(fnmatchcase(store.id, pattern) for pattern in self._parameters["redacted_stores"])
        words = _MASKED_BY_ITSELF if isinstance(keeper, LoggedGroup) else _MASKED_BEFORE
        faults = [] if masks or declared else [Fault(words)]
        found = self._found(store)
        if found:
            kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(found.items()))
            faults.append(Fault(f"shows what looks like personal data in a sample ({kinds}): mask it"))
        detail: JsonObject = {"declared": declared, "found": dict(found), "masks": list(masks)}
        return assess(f"{store.id} masking", store.what, faults, detail)

    def _found(self, store: LogStore) -> Mapping[str, int]:
        if not store.id.startswith("arn:"):
            return {}
        content = self._samples.get((store.source, f"{store.region}/{store.name}"))
        found: Mapping[str, int] = content.facet("sample")["found"] if content is not None else {}
        return found


def _shared(keeper: LoggedDataset) -> Sequence[Reader]:
    try:
        return keeper.shared()
    except UnreadableError:
        # That its entries are not known is said of its other readers.
        return ()


_MASKED_BY_ITSELF = "shows personal data as it came: set a data protection policy that masks it"
_MASKED_BEFORE = "shows personal data as it came: take it out before it is written, and say so in redacted_stores"


def _masks(keeper: Keeper) -> Sequence[str]:
    if not isinstance(keeper, LoggedGroup):
        return ()
    return sorted({*keeper.content.facet("masks"), *keeper.content.facet("account_masks")})


LOG_5 = Control(
    id="LOG-5",
    title="Whoever can read what is logged of outputs was reviewed and kept, and personal data in it is masked",
    criteria=("CC6.2", "CC6.3", "P4.2"),
    populations=_NEEDS,
    optional=(INSPECTION, ORGANIZATION, *_IN_PROJECTS),
    attestations=(ACCESS_REVIEW,),
    test=test,
    defaults={**DEFAULTS, **REVIEW_DEFAULTS, "redacted_stores": []},
    limits=(
        "That something is masked is tested, not that all personal data is: which kinds a policy names is in the "
        "details. redacted_stores is the word of the configuration. A sample is looked at only where the configuration "
        "asks for it, and shows some kinds of data only. Members of another account, of an identity provider and of a "
        "role's assumers are reviewed as the entry that lets them in. Whoever may copy a log bucket's entries "
        "elsewhere is no reader of it here. Who is let in by the policy of a single table of BigQuery is not read, nor "
        "who may ask its authorized views, which are reviewed as readers themselves."
    ),
)
