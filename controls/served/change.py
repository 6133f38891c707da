"""Changes of what is served: the differences of consecutive snapshots, and the revisions made between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.instant import format_instant
from collector.model.snapshot import Snapshot, UnreadableError
from controls.served.serving import (
    ENDPOINTS,
    MODELS,
    VERTEX_ENDPOINTS,
    WORKLOADS,
    Models,
    SageMakerModels,
    Serving,
    served_in,
)
from controls.served.version import VERTEX_MODELS
from controls.served.vertex import VertexModels

REVISIONS = "kubernetes.revisions"


@dataclass(frozen=True, slots=True)
class State:
    """What something serves at one time: images, what it loads, and how it is set up."""

    images: tuple[str, ...]
    loads: tuple[str, ...]
    configuration: str = ""

    @property
    def things(self) -> frozenset[str]:
        """Give everything that an approval can name exactly."""
        return frozenset((*self.images, *self.loads))


NOTHING = State((), ())


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what is served.

    It was made after `not_before` and not after `not_after`; the two are one time when the system itself recorded it.
    """

    source: str
    serving: str
    what: str
    before: State
    after: State
    not_before: datetime
    not_after: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Tell whether the time at which it was made is known, not only two between which it was."""
        return self.not_before == self.not_after

    @property
    def id(self) -> str:
        """Name it, the same in every run."""
        return f"{self.serving} {'at' if self.exact else 'before'} {format_instant(self.not_after)}"

    @property
    def added(self) -> tuple[str, ...]:
        """Give the images and models that it begins to serve."""
        return tuple(sorted(self.after.things - self.before.things))

    @property
    def removed(self) -> tuple[str, ...]:
        """Give the images and models that it no longer serves."""
        return tuple(sorted(self.before.things - self.after.things))

    @property
    def sentence(self) -> str:
        """Say what changed."""
        when = format_instant(self.not_after)[:16].replace("T", " ")
        made = f"at {when} UTC" if self.exact else f"before {when} UTC"
        if self.added:
            return f"{self.what} began to serve {', '.join(self.added)} {made}"
        if self.removed:
            return f"{self.what} stopped serving {', '.join(self.removed)} {made}"
        return f"the configuration of {self.what} changed {made}"


def changes_of(evidence: Evidence, parameters: Parameters) -> tuple[Sequence[Change], Sequence[str]]:
    """Give every change that the recorded snapshots show, oldest first, and a sentence for what is not known."""
    found: list[Change] = []
    problems: dict[str, None] = {}
    models = Models(SageMakerModels(_ever(evidence, MODELS)), VertexModels(_ever(evidence, VERTEX_MODELS)))
    revisions = Revisions(_ever(evidence, REVISIONS))
    for population in (ENDPOINTS, WORKLOADS, VERTEX_ENDPOINTS):
        for history in evidence.history(population):
            states = [_states(snapshot, models, parameters, problems) for snapshot in history]
            for (old, before), (new, after) in zip(
                zip(history, states, strict=True), zip(history[1:], states[1:], strict=True), strict=False
            ):
                found += _between(old, before, new, after, revisions)
    return sorted(found, key=lambda change: (change.not_after, change.id)), tuple(problems)


def _ever(evidence: Evidence, population: str) -> Sequence[Snapshot]:
    return [snapshot for history in evidence.history(population) for snapshot in history]


def _states(
    snapshot: Snapshot, models: Models, parameters: Parameters, problems: dict[str, None]
) -> Mapping[str, Serving]:
    found: dict[str, Serving] = {}
    for serving in served_in(snapshot, models, parameters):
        if isinstance(serving, str):
            problems[serving] = None
        else:
            found[serving.id] = serving
    return found


def _between(
    old: Snapshot,
    before: Mapping[str, Serving],
    new: Snapshot,
    after: Mapping[str, Serving],
    revisions: "Revisions",
) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        seen = now or was
        assert seen is not None  # noqa: S101 - the name is in one of them
        first, last = _state(was), _state(now)
        made = revisions.made(seen, old.finished, new.finished)
        yield from _steps(seen, first, last, made, old.finished, new.finished)


def _state(serving: Serving | None) -> State:
    return State(serving.images, serving.loads, serving.configuration) if serving else NOTHING


def _steps(
    serving: Serving,
    first: State,
    last: State,
    made: Sequence["Revision"],
    not_before: datetime,
    not_after: datetime,
) -> Iterator[Change]:
    """Go from the old state through each revision that was made meanwhile to the new one."""
    annotations: Mapping[str, str] = serving.content.value.get("annotations") or {}
    state = first
    for revision in made:
        if revision.state.things != state.things:
            notes = {**annotations, **revision.annotations} if revision is made[-1] else revision.annotations
            yield Change(
                serving.source, serving.id, serving.what, state, revision.state, revision.made, revision.made, notes
            )
            state = revision.state
    set_up_anew = first.configuration != last.configuration and not made
    if state.things != last.things or set_up_anew:
        yield Change(serving.source, serving.id, serving.what, state, last, not_before, not_after, annotations)


@dataclass(frozen=True, slots=True)
class Revision:
    """One template that a workload was given, and when the cluster recorded it."""

    made: datetime
    number: int
    state: State
    annotations: Mapping[str, str]


class Revisions:
    """The revisions of all workloads, from every snapshot of them: the cluster itself forgets old ones."""

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        self._revisions: dict[str, dict[str, Revision]] = {}
        for snapshot in snapshots:
            for item in snapshot:
                content = item.content()
                try:
                    loads = sorted({model["uri"] for model in content.facet("models")})
                    revision = Revision(
                        made=datetime.fromisoformat(content.facet("created")),
                        number=int(content.facet("revision") or 0),
                        state=State(tuple(sorted(set(content.facet("images")))), tuple(loads)),
                        annotations=content.value.get("annotations") or {},
                    )
                except UnreadableError:
                    # Without it the change is still seen between two snapshots, only less exactly in time.
                    continue
                owner = f"{snapshot.source}/{content.value['workload']}"
                self._revisions.setdefault(owner, {})[item.id] = revision

    def made(self, serving: Serving, after: datetime, until: datetime) -> Sequence[Revision]:
        """Give the revisions of a workload that were made in a time, oldest first."""
        found = (each for each in self._revisions.get(serving.id, {}).values() if after < each.made <= until)
        return sorted(found, key=lambda each: (each.made, each.number))
