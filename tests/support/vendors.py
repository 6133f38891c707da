"""Third-party models in use, and assessments of their vendors, as they are recorded."""

from datetime import date, datetime, timedelta
from typing import Any

from support.ledgers import START
from support.served import ACCOUNT, CLUSTER, PROJECT, REGISTRY, VERTEX

from collector.model.attestation import VENDOR_ASSESSMENT, Attestation
from collector.model.snapshot import Item

REGION = "eu-central-1"
CLAUDE = f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.claude-sonnet-4-5-v1:0"
DIGEST = "a" * 64
ENDED = START.date() - timedelta(days=60)
SOURCES = {"kubernetes": CLUSTER, "mlflow": REGISTRY, "vertex": PROJECT}


def bedrock(kind: str, name: str, **content: Any) -> Item:
    return Item.of(f"arn:aws:bedrock:{REGION}:{ACCOUNT}:{kind}/{name}", {"name": name, **content})


def inference_profile(name: str = "chat", *models: str) -> Item:
    return bedrock("application-inference-profile", name, models=list(models or (CLAUDE,)), status="ACTIVE")


def agent(model: str | None, name: str = "assistant") -> Item:
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent/{name}"
    return Item.of(
        f"{REGION}/agent/{name}", {"arn": arn, "id": name, "model": model, "name": name, "status": "PREPARED"}
    )


def api(
    host: str | None = None, key: str | None = None, where: str = "environment IT of container main"
) -> dict[str, Any]:
    return {"host": host, "key": key, "where": where}


def config_map(*apis: dict[str, Any], name: str = "routes") -> Item:
    content = {"model_apis": list(apis), "name": name, "namespace": "inference"}
    return Item.of(f"configmap/inference/{name}", content)


def service(external: str | None = None, *hosts: str, name: str = "out") -> Item:
    kind = "ServiceEntry" if hosts else "Service"
    content = {"external_name": external, "hosts": list(hosts) or None, "kind": kind, "name": name}
    return Item.of(
        f"{kind.lower()}/inference/{name}", {**content, "labels": {}, "namespace": "inference", "selector": None}
    )


def gateway_model(provider: str, model: str, *endpoints: str) -> Item:
    content = {"endpoints": list(endpoints), "model": model, "name": "it", "provider": provider}
    return Item.of("model-definition/d-1", content)


def vertex_endpoint(model: str) -> Item:
    deployed = {"id": "1", "model": model, "version": None}
    return Item.of(f"{VERTEX}/endpoints/9", {"deployed": [deployed], "display_name": "chat"})


def report(**changed: Any) -> dict[str, Any]:
    """A report as it should be, of a period that ended two months ago."""
    return {
        "ai_controls": dict.fromkeys(("customer-data-use", "model-access", "model-change"), "CC6.1"),
        "auditor": "Example Assurance LLP",
        "bridge_letter": None,
        "digest": DIGEST,
        "exceptions": [],
        "opinion": "unqualified",
        "opinion_treatment": None,
        "period": {"start": (ENDED - timedelta(days=364)).isoformat(), "end": ENDED.isoformat()},
        "services": ["API", "Console"],
        "type": "SOC 2 Type 2",
        **changed,
    }


def organisation(method: str = "carve-out", reviewed_until: date | None = ENDED) -> dict[str, Any]:
    review = {
        "period_end": reviewed_until and reviewed_until.isoformat(),
        "report": "SOC 2 Type 2",
        "reviewed": START.date().isoformat(),
        "reviewed_by": "vendor-risk-lead",
    }
    named = {"method": method, "name": "Example Cloud", "service": "hosting"}
    return {**named, "review": review if reviewed_until else None}


def vendor_assessment(vendor: str = "anthropic", made: datetime = START, seq: int = 5, **changed: Any) -> Attestation:
    """An assessment of a vendor as `attest vendor` records it, whose report was compared."""
    content = {
        "assessed_by": "vendor-risk-lead",
        "commit": None,
        "contract": {"annual_report": True, "clause": "section 7.2", "reference": None},
        "document": {"digest": DIGEST, "size": 1},
        "models": [],
        "name": vendor.capitalize(),
        "report": report(),
        "retired": None,
        "services": ["api"],
        "signature": None,
        "subservice_organisations": [organisation()],
        "user_entity_controls": [{"control": "keys are rotated", "evidence": "ACC-3", "owner": "platform-team"}],
        "vendor": vendor,
        **changed,
    }
    return Attestation(VENDOR_ASSESSMENT, seq, made, content)
