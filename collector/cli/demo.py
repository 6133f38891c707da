"""`demo`: the whole job on an embedded AI estate: collect, test, export, verify, replay."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.text import Text

from collector.bundle.beside import WORTH_IT
from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.cli import console
from collector.cli.collect import run_plan, selected
from collector.cli.init import create
from collector.cli.opening import open_ledger
from collector.cli.options import ControlOption
from collector.cli.replay import print_replay
from collector.cli.report import print_report
from collector.cli.review import write_packet
from collector.cli.verify import print_verification, verify_target
from collector.config import Configuration, template
from collector.demo.cluster import APPROVALS, recorded_cluster, with_cluster
from collector.demo.front import front
from collector.demo.outputs import REDACTED
from collector.demo.registry import SOURCE, fill
from collector.demo.server import has_mlflow, mlflow_server, moto_server
from collector.demo.serving import VALIDATORS, answers
from collector.demo.vendors import write_register
from collector.demo.year import START, Player, VirtualClock
from collector.demo.year_estate import CAPTURES, DEPLOYER, LAB, MODELS, REGION, VALIDATOR, WEIGHTS, tenant_map
from collector.keys.opening import signer_of
from collector.ledger.bodies import attestation_entry
from collector.ledger.keys import create_key_file, load_key_file
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust
from collector.model import instant
from collector.model.attestation import CHANGE_APPROVAL
from collector.model.control import Control
from collector.model.errors import ConfigurationError, Exit
from collector.model.period import Period
from collector.pipeline.halves import Place, replay_in_halves
from collector.pipeline.plan import make_plan
from collector.review.document import hash_document
from collector.review.packet import build, newest_result
from collector.review.submission import check, review_entry
from collector.review.vendor import read_register, vendor_entries
from controls.registry import select

_LEDGER = "controlproof.example.com/demo"
_MARKER = "controlproof.yaml"
_MONTH = timedelta(days=30)
_REVIEWER = "security-lead"
_SERVING = """\
serving:
  namespaces: [inference]
  deployers:
    - arn:aws:iam::123456789012:role/break-glass
    - arn:aws:iam::123456789012:user/emergency
    - arn:aws:iam::123456789012:user/release-bot
    - serviceaccount mlops/ci-deployer
    - group platform-admins
    - group system:masters"""

_YEAR_SERVING = f"serving:\n  deployers: [{DEPLOYER}]"


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")] = Path("demo"),
    flaws: Annotated[bool, typer.Option("--flaws/--no-flaws", help="Plant flaws for the controls to find.")] = True,
    mlflow: Annotated[
        bool, typer.Option("--mlflow/--no-mlflow", help="Start a real MLflow if it is installed.")
    ] = True,
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            help="12mo: play a year of hourly polls on a clock of its own, without any server, and test all controls "
            "or those of --control.",
        ),
    ] = None,
    control: ControlOption = None,
) -> None:
    """Run everything once on a local AWS with an AI company's estate in it; nothing leaves this machine."""
    months = _months(period)
    if months is None and control:
        raise ConfigurationError("--control says what a played period is tested with", "add --period 12mo")
    controls = selected(control)
    _make_folder(output)
    if months is not None:
        raise typer.Exit(int(_year(output, months, controls)))
    rolled_out = instant.now() - timedelta(hours=1)
    with ExitStack() as running:
        running.enter_context(_made_up_credentials())
        # It starts while the estate is made.
        registry = _registry(running, output, wanted=mlflow) if flaws else None
        local = running.enter_context(moto_server())
        cluster = running.enter_context(recorded_cluster(output, rolled_out))
        from collector.demo.estate import REVOKED, drift, seed, use  # noqa: PLC0415 - needs boto3, which only the demo extra brings

        _step(f"An AI company's AWS account on {local}")
        endpoint = running.enter_context(front(local, answers(instant.now(), flaws=flaws)))
        estate = seed(local, flaws=flaws)
        use(local, flaws=flaws)
        console.out.print(
            Text(f"{estate.principals} users and roles, {estate.buckets} buckets, 3 of them with weights")
        )
        # What the cluster answers was recorded, flaws and all, so an estate without flaws has none.
        tenants, sources = with_cluster(estate.tenants, cluster) if flaws else (estate.tenants, "")
        if registry:
            console.out.print(Text("A Kubernetes cluster, answered from recordings of a real one"))
            sources += registry()
        more = {"serving": _SERVING, "sources": sources, "validators": VALIDATORS, "redacted": REDACTED}
        text = template(
            _LEDGER, estate.account, estate.region, estate.weights, endpoint_url=endpoint, tenants=tenants, more=more
        )
        configuration = create(output / _MARKER, text, _a_month_ago)
        _review(configuration, output, REVOKED if flaws else "")
        _assess_vendors(configuration, output, flaws=flaws)
        if flaws:
            _before_the_rollouts(configuration, rolled_out - timedelta(hours=1))
            drift(local)
            cluster.state = "after"
        _step("Today: collect")
        ledger = open_ledger(configuration)
        report = run_plan(configuration, ledger, make_plan(configuration, selected(None)))
        print_report(report, details=True)
    # The estate is gone from here on: what follows needs the recorded evidence only.
    bundle = output / "bundle.zip"
    code = _audit(configuration, bundle, _last_month(), signer_of(configuration).key.fingerprint)
    _step("Look at")
    for path, what in (
        (bundle, "what an auditor gets; controlproof verify, controlproof replay"),
        (output / "index.html", "its page: open it in a browser, and drop the zip on it to verify"),
        (next(output.glob("review-ACC-3-*.yaml")), "the packet of the access review, as a reviewer gets it"),
        (output / "vendors.yaml", "the vendor register, made up for the demo"),
        (output / _MARKER, "the configuration, with comments"),
        (output / "controlproof.db", "the ledger; controlproof show -c " + str(output / _MARKER)),
    ):
        console.out.print(Text.assemble(("  " + str(path), "bold"), f"  {what}"))
    raise typer.Exit(int(code))


def _months(period: str | None) -> int | None:
    """Read `12mo` as 12.

    Raises:
        ConfigurationError: it is not 1mo to 12mo.

    """
    if period is None:
        return None
    number = period.removesuffix("mo")
    if not period.endswith("mo") or not number.isdecimal() or not 1 <= int(number) <= 12:
        raise ConfigurationError(f"not a period that can be played: {period[:20]!r}", "1mo to 12mo")
    return int(number)


def _year(output: Path, months: int, controls: tuple[Control, ...]) -> Exit:
    """Play some months from the first of January on, then audit them as an auditor would."""
    length = timedelta(days=365 * months // 12)
    _step(f"{length.days} days of hourly polls of two AWS accounts, on a clock of its own")
    clock = VirtualClock()
    lab = f'  - aws:\n      account: "{LAB}"\n      region: {REGION}'
    more = {
        "redacted": f'["s3://{CAPTURES}/*"]',
        "serving": _YEAR_SERVING,
        "sources": lab,
        "validators": f'["{VALIDATOR}"]',
    }
    text = template(_LEDGER, MODELS, REGION, WEIGHTS, tenants=tenant_map(), more=more)
    configuration = create(output / _MARKER, text, clock)
    fingerprint = signer_of(configuration).key.fingerprint
    create_key_file(output / "second.key")
    first = signer_of(configuration)
    second = load_key_file(output / "second.key", _LEDGER)
    ledger = Ledger.open(configuration.database, configuration.ledger.collector, first, clock, durable=False)
    plan = make_plan(configuration, controls)
    # Nothing is expected of the others, or all their windows would be missed.
    plan = replace(plan, schedule={each.id: plan.schedule[each.id] for each in controls})
    began = perf_counter()
    with console.progress("polls", length // timedelta(hours=1)) as advance:
        Player(ledger, clock, second).play(plan, length, advance)
    with ledger.read() as reader:
        handed_over = reader.key != first.key.encode()
        told = f"{reader.size} records in {output / 'controlproof.db'}, played in {perf_counter() - began:.0f} s"
        console.out.print(Text(told))
    if handed_over:
        # As `key rotate` asks for: the configured key is the one that the ledger was handed over to.
        configuration.key_path.replace(output / "first.key")
        (output / "second.key").replace(configuration.key_path)
    return _audit(configuration, output / "bundle.zip", Period(START, START + length), fingerprint)


def _registry(running: ExitStack, output: Path, *, wanted: bool) -> Callable[[], str]:
    """Start an MLflow server; what is given fills it and gives its entry in the configuration, or says why none is."""
    address = running.enter_context(mlflow_server(output)) if wanted and has_mlflow() else None

    def registered() -> str:
        if address is None:
            why = "it is not installed (pip install mlflow)" if wanted else "--no-mlflow"
            console.out.print(Text(f"No MLflow: {why}"))
            return ""
        with console.err.status("starting MLflow"):
            url = address()
            versions = fill(url)
        console.out.print(Text(f"A real MLflow server on {url} with {versions} model versions"))
        return SOURCE.format(url=url)

    return registered


def _a_month_ago() -> datetime:
    return instant.now() - _MONTH


def _review(configuration: Configuration, folder: Path, revoked: str) -> None:
    """Review who can read weights and outputs, on a clock that is set back: revoke one reader, keep the others."""
    _step("30 days ago, on a clock that is set back: collect, review open, review submit, attest vendor")
    ledger = open_ledger(configuration, _a_month_ago)
    controls = (*select("ACC-3"), *select("LOG-5"))
    run_plan(configuration, ledger, make_plan(configuration, controls), _a_month_ago)
    for control in controls:
        decided = _decide(ledger, folder, control, revoked)
        told = f"; access of {revoked} was decided revoke, and nobody did it" if "revoke" in decided else ""
        console.out.print(Text(f"{_REVIEWER} decided on {len(decided)} entries of {control.id}{told}"))


def _decide(ledger: Ledger, folder: Path, control: Control, revoked: str) -> Sequence[str]:
    """Review the readers of one control, and give the decisions."""
    with ledger.read() as reader:
        packet = build(reader, newest_result(reader, control.id), control)
    write_packet(packet, folder)
    decided = replace(
        packet,
        entries=tuple(
            replace(each, decision="revoke" if revoked and each.principal.endswith(f"/{revoked}") else "keep")
            for each in packet.entries
        ),
    )
    check(decided, packet, _REVIEWER, partial=False)
    ledger.append([review_entry(decided, _REVIEWER, _a_month_ago(), None)])
    return [each.decision for each in decided.entries]


def _assess_vendors(configuration: Configuration, folder: Path, *, flaws: bool) -> None:
    """Record the vendor register as it was a month ago."""
    today = _a_month_ago().date()
    path, reports = write_register(folder, today, flaws=flaws)
    documents = {vendor: hash_document(report) for vendor, report in reports.items()}
    entries = vendor_entries(read_register(path, today), documents, None, None)
    open_ledger(configuration, _a_month_ago).append(list(entries))
    console.out.print(Text(f"{len(entries)} vendors assessed in {path}, with reports that are made up for the demo"))


def _before_the_rollouts(configuration: Configuration, now: datetime) -> None:
    """Read what is served, and attest an approval that will do and one that will not."""
    _step("Two hours ago: collect --control CC8.1, attest change")
    ledger = open_ledger(configuration, lambda: now)
    run_plan(configuration, ledger, make_plan(configuration, select("CC8.1")), lambda: now)
    ledger.append([attestation_entry(CHANGE_APPROVAL, content, ("CHG-1", "CHG-4")) for content in APPROVALS])
    for content in APPROVALS:
        console.out.print(Text(f"{content['approved_by']} approved {', '.join(content['names'])}"))


def _last_month() -> Period:
    today = instant.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(today - _MONTH - timedelta(days=1), today + timedelta(days=1))


def _audit(configuration: Configuration, bundle: Path, period: Period, fingerprint: str) -> Exit:
    """Export a period, then verify and replay it as an auditor would, knowing only the key's fingerprint."""
    _step(f"export --period {period}")
    with open_ledger(configuration).read() as reader, console.named_progress() as advance:
        export_bundle(reader, period, None, bundle, advance, worth_it=WORTH_IT)
    console.out.print(Text(f"{bundle}, {bundle.stat().st_size} bytes"))
    _step(f"verify {bundle} --key {fingerprint}")
    with open_bundle(bundle) as reader:
        verification = verify_target(reader, Trust((fingerprint,)))
        print_verification(verification)
        _step(f"replay {bundle} --key {fingerprint}")
        with console.progress("replaying") as advance:
            found = replay_in_halves(reader, Place(bundle), advance)
        print_replay(found)
        for name in ("index.html", "data/changes.js", "data/overview.js", "data/records.js"):
            (bundle.parent / name).parent.mkdir(exist_ok=True)
            (bundle.parent / name).write_bytes(reader.archive.read(name, 1 << 30))
    return max(verification.exit, found.exit)


def _make_folder(output: Path) -> None:
    """Make the folder anew; one that is not an earlier demo is left alone."""
    if output.exists():
        if not (output / _MARKER).is_file() and any(output.iterdir()):
            raise ConfigurationError(f"{output} exists and is not an earlier demo", "use another --output")
        shutil.rmtree(output)
    output.mkdir(parents=True)


@contextmanager
def _made_up_credentials() -> Iterator[None]:
    """Sign in to the local AWS with made-up credentials, so that nobody's own are read or sent."""
    with tempfile.TemporaryDirectory() as empty:
        made_up = {
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_CONFIG_FILE": f"{empty}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{empty}/credentials",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        before = {name: os.environ.get(name) for name in (*made_up, "AWS_PROFILE", "AWS_SESSION_TOKEN")}
        os.environ.update(made_up)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _step(title: str) -> None:
    console.out.print(Text.assemble("\n", (title, "bold reverse")))
