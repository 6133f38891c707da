"""The vendor register as it is attested: the newest assessment of each vendor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from collector.model.attestation import VENDOR_ASSESSMENT, Attestation
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Report:
    """What an auditor says of a vendor; see `controlproof attest vendor --example` for the terms.

    Attributes:
        compared: whether the report itself was once hashed and was the stated one.

    """

    type: str
    start: date
    end: date
    bridged_until: date | None
    opinion: str
    opinion_treatment: str | None
    services: tuple[str, ...]
    ai_controls: Mapping[str, str]
    exceptions: Sequence[Mapping[str, Any]]
    digest: str
    compared: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """One vendor of the register.

    Attributes:
        id: such as `openai`; `name` is for people; `models` are names of its models, with * for any text.
        services: those that are used.
        retired: since when it is not used any more.
        where: for sentences, such as `record 12`.

    """

    id: str
    name: str
    models: tuple[str, ...]
    services: tuple[str, ...]
    report: Report | None
    organisations: Sequence[Mapping[str, Any]]
    user_controls: Sequence[Mapping[str, Any]]
    contract: Mapping[str, Any]
    retired: date | None
    where: str

    def claims(self, model: str) -> bool:
        """Tell whether a model is this vendor's by one of the names that the register gives."""
        return any(fnmatchcase(model, pattern) for pattern in self.models)


def read_register(evidence: Evidence) -> Mapping[str, Registered]:
    """Give the newest assessment of each vendor, by its id.

    Raises:
        MalformedError: an attestation does not have the form that `attest vendor` writes.

    """
    newest: dict[str, Registered] = {}
    compared: set[tuple[str, str]] = set()
    for attestation in evidence.attested(VENDOR_ASSESSMENT):
        try:
            content = attestation.content
            vendor = str(content["vendor"])
            if content["document"]:
                compared.add((vendor, content["document"]["digest"]))
            newest[vendor] = _registered(vendor, attestation, compared)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"the vendor assessment in record {attestation.seq} is malformed: {error!r}"
            raise MalformedError(reason) from None
    return newest


def _registered(vendor: str, attestation: Attestation, compared: set[tuple[str, str]]) -> Registered:
    content = attestation.content
    report = content["report"]
    return Registered(
        id=vendor,
        name=str(content["name"]),
        models=tuple(content["models"]),
        services=tuple(content["services"]),
        report=_report(report, (vendor, report["digest"]) in compared) if report else None,
        organisations=[dict(each) for each in content["subservice_organisations"]],
        user_controls=[dict(each) for each in content["user_entity_controls"]],
        contract=dict(content["contract"]),
        retired=date.fromisoformat(content["retired"]) if content["retired"] else None,
        where=f"record {attestation.seq}",
    )


def _report(report: Mapping[str, Any], compared: bool) -> Report:
    bridge = report["bridge_letter"]
    return Report(
        type=str(report["type"]),
        start=date.fromisoformat(report["period"]["start"]),
        end=date.fromisoformat(report["period"]["end"]),
        bridged_until=date.fromisoformat(bridge["until"]) if bridge else None,
        opinion=str(report["opinion"]),
        opinion_treatment=report["opinion_treatment"],
        services=tuple(report["services"]),
        ai_controls=dict(report["ai_controls"]),
        exceptions=[dict(each) for each in report["exceptions"]],
        digest=str(report["digest"]),
        compared=compared,
    )
