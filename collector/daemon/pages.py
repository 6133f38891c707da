"""The pages that the daemon serves."""

from collector.daemon.health import Page, Pages
from collector.daemon.metrics import CONTENT_TYPE, Metrics
from collector.daemon.service import Service
from collector.ledger.store import Ledger


def pages(service: Service, ledger: Ledger, metrics: Metrics, collector: str) -> Pages:
    """Give health (it works, or should be started anew), readiness (it works, or stands by), metrics and checkpoint."""

    def healthz() -> Page:
        return Page.json(200 if service.alive else 503, {"alive": service.alive})

    def readyz() -> Page:
        status = service.status
        ready = status.role in ("leader", "standby") and not status.trouble
        said = {"collector": collector, "ready": ready, "role": status.role, "trouble": status.trouble}
        return Page.json(200 if ready else 503, said)

    def checkpoint() -> Page:
        with ledger.read() as reader:
            note = reader.checkpoint(reader.size)
        return Page(200 if note else 503, "text/plain; charset=utf-8", note or b"")

    return {
        "/checkpoint": checkpoint,
        "/healthz": healthz,
        "/metrics": lambda: Page(200, CONTENT_TYPE, metrics.text()),
        "/readyz": readyz,
    }
