"""Which connector serves which settings. The SDKs are only imported when a source is used."""

from collections.abc import Callable
from datetime import datetime

from collector.config import AwsAccount
from collector.model.errors import ConfigurationError
from connectors.base import Progress, Source


def connect(settings: AwsAccount, *, clock: Callable[[], datetime], progress: Progress) -> Source:
    """Give the source behind settings; nothing is called yet.

    Raises:
        ConfigurationError: its SDK is not installed.

    """
    try:
        from connectors.aws.source import AwsSource  # noqa: PLC0415 - an auditor installs no SDK
    except ImportError as error:
        if error.name not in ("boto3", "botocore"):
            raise
        raise ConfigurationError(
            f"{settings.id} needs the AWS SDK, which is not installed", "pip install 'controlproof[aws]'"
        ) from None
    return AwsSource(settings, clock, progress)
