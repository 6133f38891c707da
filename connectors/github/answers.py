"""What is read of GitHub's answers, and of which form it must be; titles, texts and addresses are not read.

Source: GitHub REST API, "Get a repository", "Get the authenticated user", "List pull requests", "Get a pull request",
"List reviews for a pull request", version 2022-11-28.
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Repository(_Answer):
    """A repository by its present name, such as `acme/serving`."""

    full_name: str


class Account(_Answer):
    """Who did something. `type` is `User`, `Bot` or `Organization`."""

    login: str
    type: str


class Base(_Answer):
    """The branch that a pull request was merged into."""

    ref: str


class Head(_Answer):
    """The last commit of what was asked to be merged."""

    sha: str


class PullRequest(_Answer):
    """A pull request as lists have it: without who merged it. `user` is null when the account was deleted."""

    number: int
    user: Account | None
    base: Base
    head: Head
    merge_commit_sha: str | None
    merged_at: AwareDatetime | None
    updated_at: AwareDatetime


class Merge(_Answer):
    """What a pull request asked for by itself says besides: who merged it."""

    number: int
    merged_by: Account | None


class Review(_Answer):
    """One review. `state` is APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, or PENDING: not submitted yet."""

    id: int
    user: Account | None
    state: str
    submitted_at: AwareDatetime | None = None
    commit_id: str | None


REPOSITORY = TypeAdapter(Repository)
ACCOUNT = TypeAdapter(Account)
PULL_REQUESTS = TypeAdapter(tuple[PullRequest, ...])
MERGE = TypeAdapter(Merge)
REVIEWS = TypeAdapter(tuple[Review, ...])
