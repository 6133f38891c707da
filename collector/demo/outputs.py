"""How Acme AI logs what its models put out: captures, a log group, and how much came when; flaws are planted here."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.demo.account import ACCOUNT, REGION

CAPTURES = "acme-inference-logs"
LARGE = "acme-bedrock-outputs"
"""The buckets of what endpoints put out, and of what is too large for the log group."""
CAPTURE_URI = f"s3://{CAPTURES}/captures"
REDACTED = f"[s3://{CAPTURES}/*, s3://{LARGE}/*]"
"""The stores in which personal data is taken out before it is written, as the configuration says it."""
VARIANT = "a"

_GROUP = "/acme/bedrock/outputs"
_GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{_GROUP}"
_MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
_PROFILE = "support-answers"
_MASKED = ("EmailAddress", "IpAddress", "Name")
_KEPT_DAYS = 365
_LOCKED_DAYS = 180
_OLD_VERSION_DAYS = 30
_AN_HOUR = 120
"""Invocations an hour of whatever is invoked."""
_HOURS_BACK = 28
"""More than are looked at, so that an hour may end meanwhile."""
# LOG-3: for three hours, some hours ago, nothing was captured of the first endpoint.
_SILENT = range(6, 9)
_HOUR = timedelta(hours=1)


def locked(*, flaws: bool) -> Sequence[str]:
    """Give the buckets that are made with Object Lock. LOG-4: with flaws, one was forgotten."""
    return (CAPTURES,) if flaws else (CAPTURES, LARGE)


def data_capture() -> Mapping[str, Any]:
    """Give the data capture of an endpoint's configuration."""
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": CAPTURE_URI,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }


def seed_outputs(make: Any, *, flaws: bool) -> None:
    """Make what outputs are logged to, and the setting of Bedrock; `make` gives a service's client."""
    for bucket in (CAPTURES, LARGE):
        _keep(make("s3"), bucket, lock=bucket in locked(flaws=flaws))
    _log_bedrock(make("bedrock"))
    # Who gets copies of the group is asked of moto; how it is kept is answered from `log_groups`.
    make("logs").create_log_group(logGroupName=_GROUP)


def log_a_day(make: Any, now: datetime, invoked: Sequence[str], *, flaws: bool) -> None:
    """Make the captures and the counts of a day on which models were invoked.

    Args:
        make: gives a service's client.
        now: the end of that day.
        invoked: the endpoints that were, all of which capture what they put out.
        flaws: whether to plant the flaw of LOG-3.

    """
    s3 = make("s3")
    hours = [now.replace(minute=0, second=0, microsecond=0) - number * _HOUR for number in range(_HOURS_BACK)]
    for endpoint in invoked:
        for number, hour in enumerate(hours):
            if not (flaws and endpoint == invoked[0] and number in _SILENT):
                key = f"captures/{endpoint}/{VARIANT}/{hour:%Y/%m/%d/%H}/part-0.jsonl"
                s3.put_object(Bucket=CAPTURES, Key=key, Body=b"nothing was said")
    _count(make("cloudwatch"), hours, metrics(invoked))


def _keep(s3: Any, bucket: str, *, lock: bool) -> None:
    if lock:
        retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": _LOCKED_DAYS}}
        s3.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )
    rule = {
        "ID": "end",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": _KEPT_DAYS},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_VERSION_DAYS},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})


def _log_bedrock(bedrock: Any) -> None:
    group = {
        "logGroupName": _GROUP,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/bedrock-logging",
        "largeDataDeliveryS3Config": {"bucketName": LARGE, "keyPrefix": "large"},
    }
    kinds = dict.fromkeys(("textDataDeliveryEnabled", "imageDataDeliveryEnabled", "embeddingDataDeliveryEnabled"), True)
    bedrock.put_model_invocation_logging_configuration(loggingConfig={"cloudWatchConfig": group, **kinds})


def _count(cloudwatch: Any, hours: Sequence[datetime], counted: Sequence[Mapping[str, Any]]) -> None:
    for metric in counted:
        datum = {"MetricName": metric["MetricName"], "Dimensions": metric["Dimensions"], "Value": _AN_HOUR}
        points = [{**datum, "Timestamp": hour} for hour in hours]
        cloudwatch.put_metric_data(Namespace=metric["Namespace"], MetricData=points)


def metrics(invoked: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Give the metrics that have data: invocations of the endpoints and of Bedrock, and entries of the log group."""
    counted: Sequence[tuple[str, str, Mapping[str, str]]] = (
        ("AWS/Bedrock", "Invocations", {"ModelId": _MODEL}),
        ("AWS/Logs", "IncomingLogEvents", {"LogGroupName": _GROUP}),
        *(("AWS/SageMaker", "Invocations", {"EndpointName": each, "VariantName": VARIANT}) for each in invoked),
    )
    return [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        for namespace, name, dimensions in counted
    ]


def profiles() -> Sequence[Mapping[str, Any]]:
    """Give the inference profile by which a third party's model is invoked."""
    profile = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{_PROFILE}"
    model = f"arn:aws:bedrock:{REGION}::foundation-model/{_MODEL}"
    identity = {"inferenceProfileArn": profile, "inferenceProfileId": _PROFILE, "inferenceProfileName": _PROFILE}
    return [{**identity, "models": [{"modelArn": model}], "status": "ACTIVE", "type": "APPLICATION"}]


def log_groups(*, flaws: bool) -> Sequence[Mapping[str, Any]]:
    """Give the log group as it is kept. LOG-2: with flaws, for ever."""
    group = {
        "arn": f"{_GROUP_ARN}:*",
        "dataProtectionStatus": "ACTIVATED",
        "deletionProtectionEnabled": True,
        "logGroupArn": _GROUP_ARN,
        "logGroupClass": "STANDARD",
        "logGroupName": _GROUP,
    }
    return [group if flaws else {**group, "retentionInDays": _KEPT_DAYS}]


def protections() -> Sequence[Mapping[str, Any]]:
    """Give the data protection policy of the log group, which masks personal data."""
    identifiers = [f"arn:aws:dataprotection::aws:data-identifier/{name}" for name in _MASKED]
    audit = {"Sid": "audit", "DataIdentifier": identifiers, "Operation": {"Audit": {"FindingsDestination": {}}}}
    mask = {"Sid": "mask", "DataIdentifier": identifiers, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    policy = {"Name": "outputs", "Version": "2021-06-01", "Statement": [audit, mask]}
    return [{"logGroupIdentifier": _GROUP_ARN, "policyDocument": json.dumps(policy)}]
