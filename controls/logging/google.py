"""What the stores in Google Cloud have in common: keys of Cloud KMS, and access that may be everyone's."""

from collections.abc import Iterable, Iterator

from collector.model.control import Parameters
from collector.model.evidence import Evidence
from controls.access.gcp.key import key_named
from controls.access.gcp.member import EVERYONE
from controls.access.readers import Reader
from controls.access.reading import take_away
from controls.access.truth import Truth
from controls.fault import Fault


def key_faults(name: str | None, where: str, evidence: Evidence, parameters: Parameters) -> Iterator[Fault]:
    """Judge the default key of what encrypts all that it holds, under a key of Google's own where none is named.

    That something is encrypted is certain, whether its key is among those that were read or not.

    Raises:
        UnreadableError: the state of the key was not given by the source.

    """
    if name is None:
        if parameters["customer_keys"]:
            yield Fault(f"is encrypted under a key of Google's own: set a default key of {where}")
        return
    key = key_named(evidence, name)
    if key is not None and key.facet("state") != "ENABLED":
        yield Fault(f"can be neither written nor read: its key {name} is {key.facet('state')}: enable it")


def openness_faults(readers: Iterable[Reader], unread: Iterable[str], mend: str = "") -> Iterator[Fault]:
    """Say by what everyone can read a store, or that it is not known whether everyone can.

    Args:
        readers: the known ones.
        unread: a sentence for each thing that keeps them from being all.
        mend: what else closes it, if anything does.

    """
    for reader in readers:
        if reader.principal in EVERYONE:
            words = (
                f"can be read by everyone ({reader.principal}): {take_away(reader)}{f', and {mend}' if mend else ''}"
            )
            yield Fault(words, certain=reader.access is Truth.YES)
    sentence = next(iter(unread), None)
    if sentence is not None:
        yield Fault(f"may be open to the public, as {sentence}{f': {mend}' if mend else ''}", certain=False)
