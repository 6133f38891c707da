"""One bounded POST: what a timestamp authority or a witness is asked with."""

from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3 import Retry

from collector.anchors.outcome import AnchorGap
from collector.config.anchors import Anchors

MAX_ANSWER = 256 * 1024
_ATTEMPTS = 2
_PIECE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    form: str
    body: bytes


def post(settings: Anchors, url: str, form: str, body: bytes) -> Answer:
    """Post and give the answer, whatever its status.

    Args:
        settings: how long to wait.
        url: where to.
        form: the media type of `body`.
        body: what to send.

    Raises:
        AnchorGap: there is no answer, or a larger one than is read.

    """
    retry = Retry(
        total=_ATTEMPTS - 1,
        redirect=0,
        allowed_methods=("POST",),
        status_forcelist=(502, 503, 504),
        respect_retry_after_header=False,
        backoff_factor=0.2,
        raise_on_redirect=False,
        raise_on_status=False,
    )
    patience = (settings.connect_timeout, settings.read_timeout)
    headers = {"Content-Type": form}
    try:
        with requests.Session() as session:
            # Without this, requests would take a password from ~/.netrc.
            session.auth = _nobody
            session.mount("https://", HTTPAdapter(max_retries=retry))
            session.mount("http://", HTTPAdapter(max_retries=retry))
            with session.post(
                url, data=body, headers=headers, timeout=patience, allow_redirects=False, stream=True
            ) as answer:
                return Answer(answer.status_code, answer.headers.get("Content-Type", ""), _bounded(answer))
    except RequestException as error:
        # The library's own texts hold addresses in memory.
        raise AnchorGap(f"no answer ({type(error).__name__})") from None


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _bounded(answer: requests.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_content(_PIECE):
        body += piece
        if len(body) > MAX_ANSWER:
            raise AnchorGap(f"the answer is larger than {MAX_ANSWER} bytes")
    return bytes(body)
