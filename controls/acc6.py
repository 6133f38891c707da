"""ACC-6: reads of model weights are logged, by CloudTrail data events or Google Cloud's Data Access audit logs.

Source: AWS CloudTrail User Guide, "Logging data events" (basic and advanced event selectors).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collector.model.canonical import Json
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.access.gcp.audit import audit_faults
from controls.access.gcp.bucket import FoundObjects, find_objects, is_objects
from controls.access.gcp.cloud import NEEDS as GOOGLE_NEEDS
from controls.access.gcp.cloud import GoogleCloud
from controls.access.gcp.project import Project
from controls.access.location import Found, find
from controls.access.truth import Truth, every, some
from controls.fault import assess

_OBJECT = "AWS::S3::Object"
_ALL_BUCKETS = ("arn:aws:s3", "arn:aws:s3:::")
_BUCKETS = "s3.buckets"
_TRAILS = "cloudtrail.trails"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess each location: some trail that is on must log every read of its objects."""
    del as_of  # Settings are judged as recorded; no age matters here.
    if not parameters["weights"]:
        return not_applicable("ACC-6", "no weight locations are declared")
    uris: Sequence[str] = parameters["weights"]
    in_google = [uri for uri in uris if is_objects(uri)]
    assessments = [
        Assessment(uri, Outcome.INCONCLUSIVE, found) if isinstance(found, str) else _assess(found, evidence)
        for uri, found in find(evidence, [uri for uri in uris if uri not in in_google]).items()
    ]
    undecided = any(assessment.outcome is not Outcome.PASS for assessment in assessments)
    # A trail that logs the reads is enough, so a short list matters only where none was found.
    missing = evidence.missing(_BUCKETS, _TRAILS) if undecided else []
    google = GoogleCloud(evidence)
    objects = [_assess_objects(uri, evidence, google) for uri in in_google]
    return conclude("ACC-6", [*assessments, *objects], [*missing, *(google.missing() if in_google else ())])


def _assess_objects(uri: str, evidence: Evidence, google: GoogleCloud) -> Assessment:
    found = find_objects(evidence, uri)
    if isinstance(found, str):
        return Assessment(uri, Outcome.INCONCLUSIVE, found)
    project = google.projects.get(found.source)
    if project is None:
        return Assessment(uri, Outcome.INCONCLUSIVE, f"the policies of project {found.project} were not read")
    try:
        faults = audit_faults(found, project, google.readers(found), whole=not google.unread(found))
        return assess(uri, f"reading {uri}", faults, _logged_by(found, project))
    except (MalformedError, UnreadableError) as error:
        return Assessment(uri, Outcome.INCONCLUSIVE, f"whether reads of {uri} are logged is not known: {error}")


def _logged_by(found: FoundObjects, project: Project) -> dict[str, Json]:
    return {"location": found.uri, "logged_by": sorted(f"{each.service} on {each.where}" for each in project.audits)}


def _assess(found: Found, evidence: Evidence) -> Assessment:
    uri = found.location.uri
    trails = [item.content() for s in evidence.snapshots(_TRAILS) if s.source == found.source for item in s]
    try:
        region = found.bucket.facet("region")
    except UnreadableError as error:
        return Assessment(uri, Outcome.INCONCLUSIVE, str(error))
    logged = Truth.NO
    unread = ""
    for trail in trails:
        try:
            logs = _logs(trail, found, region)
        except UnreadableError as error:
            logs, unread = Truth.UNKNOWN, str(error)
        if logs is Truth.YES:
            return Assessment(uri, Outcome.PASS, "", {"location": uri, "trail": trail.item})
        logged = max(logged, logs)
    detail = {"location": uri, "trails": [trail.item for trail in trails]}
    if logged is Truth.UNKNOWN:
        why = unread or "a selector of a trail narrows them in a way that is not decided here"
        return Assessment(uri, Outcome.INCONCLUSIVE, f"whether reads of {uri} are logged is not known: {why}", detail)
    mend = f"log read data events of {_OBJECT} for {found.location.objects.arn}"
    where = f"in trail {trails[0].value['name']}" if trails else "in a new trail"
    return Assessment(uri, Outcome.FAIL, f"reads of {uri} are not logged: {mend} {where}", detail)


def _logs(trail: Content, found: Found, region: str) -> Truth:
    if not trail.facet("logging"):
        return Truth.NO
    if not trail.facet("multi_region") and trail.value["home_region"] != region:
        return Truth.NO
    basic = some(_basic(selector, found) for selector in trail.facet("selectors"))
    if basic is Truth.YES:
        return Truth.YES
    return max(basic, some(_advanced(selector["fields"], found) for selector in trail.facet("advanced_selectors")))


def _basic(selector: Mapping[str, Any], found: Found) -> Truth:
    if selector["read_write"] == "WriteOnly":
        return Truth.NO
    values = [value for each in selector["data_resources"] if each["type"] == _OBJECT for value in each["values"]]
    return some(_begins(value, found) for value in values)


def _begins(value: str, found: Found) -> Truth:
    """Tell whether a basic selector's value covers the location: a bucket, a slash and a prefix, or all buckets."""
    if not found.location.objects.arn.startswith(value):
        return Truth.NO
    # What a bucket's name without its slash covers is not documented.
    return Truth.YES if "/" in value or value in _ALL_BUCKETS else Truth.UNKNOWN


def _advanced(fields: Sequence[Mapping[str, Any]], found: Found) -> Truth:
    """Tell whether all fields of one selector let every read of the location through."""
    kinds = [field for field in fields if field["field"] in ("eventCategory", "resources.type")]
    if {value for field in kinds for value in field["equals"]} != {"Data", _OBJECT}:
        return Truth.NO
    return every(_lets_through(field, found) for field in fields if field not in kinds)


def _lets_through(field: Mapping[str, Any], found: Found) -> Truth:
    negative = any(field[name] for name in ("not_equals", "not_starts_with", "not_ends_with"))
    name = field["field"]
    if name == "readOnly" and not negative:
        return Truth.YES if "true" in field["equals"] else Truth.NO
    if name == "eventName" and not negative and field["equals"]:
        return Truth.YES if "GetObject" in field["equals"] else Truth.NO
    if name == "resources.ARN" and not negative:
        arn = found.location.objects.arn
        return Truth.YES if any(arn.startswith(value) for value in field["starts_with"]) else Truth.NO
    return Truth.UNKNOWN


ACC_6 = Control(
    id="ACC-6",
    title="Reads of model weights are logged, by CloudTrail data events or Data Access audit logs",
    criteria=("CC6.1", "CC7.2"),
    populations=(_TRAILS, _BUCKETS),
    optional=GOOGLE_NEEDS,
    test=test,
    defaults={"weights": []},
    limits=(
        "That reads are to be logged is tested, not that the log arrived or that anyone looks at it. CloudTrail Lake, "
        "S3 server access logs and usage logs of Cloud Storage are not counted, and filters of log sinks are not read."
    ),
)
