"""How a reader stands in results: its id, its details, and the statement that a person would change."""

from collections.abc import Iterable, Iterator, Sequence

from collector.model.canonical import Json
from collector.model.outcome import Outcome
from collector.model.result import Assessment
from controls.access.evaluate import Grant
from controls.access.reachability import Chain
from controls.access.readers import Assumer, Reader
from controls.access.truth import Truth


def reading_id(uri: str, reader: Reader) -> str:
    """Name a member of the population of (location, reader)."""
    return f"{uri} <- {reader.principal}"


def reading_detail(uri: str, reader: Reader, chains: Iterable[Chain]) -> dict[str, Json]:
    """Give what is known of it, for people and for the packets of access reviews."""
    return {
        "access": spell(reader.access),
        "assumable_by": [_assumer(assumer) for assumer in reader.assumers],
        "conditions": sorted({condition for grant in reader.grants for condition in grant.conditions}),
        "kind": reader.kind,
        "last_used": reader.last_used,
        "location": uri,
        "path": [list(grant.steps) for grant in reader.grants],
        "principal": reader.principal,
        "reachable_from": [str(chain) for chain in chains],
    }


def spell(access: Truth) -> str:
    """Give the word for access: yes, conditional or no."""
    return {Truth.YES: "yes", Truth.UNKNOWN: "conditional", Truth.NO: "no"}[access]


def statement_of(grant: Grant) -> str:
    """Name the statement that gives a grant, its policy and whose it is: what a person would change."""
    return " of ".join(reversed(grant.steps))


def way_in(reader: Reader) -> str:
    """Name the statement behind a reader's surest grant."""
    return statement_of(max(reader.grants, key=lambda grant: grant.access))


def take_away(reader: Reader) -> str:
    """Say what a person does to end a reader's access."""
    mends = dict.fromkeys(grant.mend for grant in reader.grants if grant.mend)
    return "; ".join(mends) if mends else f"take away {way_in(reader)}"


def not_whole(uri: str, sentences: Sequence[str]) -> Iterator[Assessment]:
    """Say of a location whose other readers are listed what of its readers is not known."""
    if sentences:
        more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
        detail: dict[str, Json] = {"location": uri, "not_read": list(sentences)}
        reason = f"not everyone who can read {uri} is known: {sentences[0]}{more}"
        yield Assessment(uri, Outcome.INCONCLUSIVE, reason, detail)


def _assumer(assumer: Assumer) -> str:
    conditions = f" if {'; '.join(assumer.conditions)}" if assumer.conditions else ""
    return f"{assumer.kind} {assumer.name} ({assumer.statement} of the trust policy{conditions})"
