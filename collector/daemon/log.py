"""Logs as lines of JSON, without the values that must stay secret."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from collector.model.instant import format_instant

_URL_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+(?=@)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_MOST = 16 * 1024
"""Characters of one message."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the traceback of an error of our own."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the values that no line may hold."""
        super().__init__()
        self._secrets = tuple(sorted({each for each in secrets if each}, key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "time": format_instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _BEARER.sub(r"\1 ***", _URL_PASSWORD.sub(r"\1:***", text))
        return text if len(text) <= _MOST else text[:_MOST] + "…"


def log_as_json(secrets: Iterable[str]) -> None:
    """Send our own news, and the warnings of libraries, to stderr as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(secrets))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("collector").setLevel(logging.INFO)
