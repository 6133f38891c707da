"""As whom an MLflow server is asked. The token stays in the environment, and is written nowhere."""

import os
import re

from urllib3 import make_headers

from collector.config import MlflowServer
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError

_TOKEN = re.compile(r"[\x20-\x7e]{1,16384}")


def authorization(settings: MlflowServer) -> dict[str, str]:
    """Give the header that signs a call in: a bearer token, or with a user HTTP Basic, or none.

    Raises:
        SourceError: the named environment variable holds no token.

    """
    if settings.token_variable is None:
        return {}
    token = os.environ.get(settings.token_variable, "").strip()
    if not _TOKEN.fullmatch(token):
        reason = f"the environment variable {settings.token_variable} holds no token"
        raise SourceError(Failure(FailureClass.DENIED, "mlflow:sign-in", "NoCredentials", reason))
    if settings.user is None:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": make_headers(basic_auth=f"{settings.user}:{token}")["authorization"]}
