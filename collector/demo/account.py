"""The demo's account: made up, as all of its names are."""

ACCOUNT = "123456789012"
REGION = "eu-central-1"
