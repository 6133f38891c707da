"""What accounts share of the SDK, and what they must not."""

import botocore.session
import pytest

from collector.config import AwsAccount
from connectors.aws import sdk
from connectors.aws.session import Identity

REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def client_of(account):
    settings = AwsAccount(account=account, region=REGION, endpoint_url="http://127.0.0.1:9")
    return Identity(settings).client("s3", REGION)


def test_hundreds_of_accounts_have_one_class_and_one_description_of_a_service():
    first, second = client_of("200000000001"), client_of("200000000002")
    assert type(first) is type(second)
    assert first.meta.service_model is second.meta.service_model


def test_an_account_that_is_throttled_or_signed_in_otherwise_shares_neither_with_another():
    first, second = client_of("200000000001"), client_of("200000000002")
    assert first.meta.events is not second.meta.events
    assert first._request_signer is not second._request_signer
    assert first._endpoint is not second._endpoint


def test_sessions_of_others_in_this_process_are_as_the_sdk_makes_them():
    others = botocore.session.Session().create_client("s3", region_name=REGION)
    assert type(others) is not type(client_of("200000000001"))


def test_a_proxy_that_the_environment_names_is_used(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert sdk.proxies() == {}
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert sdk.proxies() is None
