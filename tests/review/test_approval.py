"""Approvals of changes: what is taken as exactly named, and what is refused, with its line and mend."""

import pytest
from support.ledgers import START

from collector.model.errors import ConfigurationError
from collector.review.approval import approval_of, read_approval

IMAGE = f"registry.example.com/llm@sha256:{'0' * 64}"
PACKAGE = "arn:aws:sagemaker:eu-central-1:123456789012:model-package/llm/7"
FILE = f"""\
approved_by: owner-1
author: engineer-1
names:
  - {IMAGE}
  - {PACKAGE}
reason: fewer wrong answers
"""


def approve(**changed):
    given = {"approved_by": "owner-1", "author": "engineer-1", "names": [IMAGE], "reason": "it", **changed}
    return approval_of(given, START, "it", lambda place: ".".join(map(str, place)))


@pytest.fixture
def read(tmp_path):
    """Reads the text of an approval file."""

    def read_text(text):
        path = tmp_path / "approval.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_approval(path, START)

    return read_text


def test_a_file_is_read_as_it_stands_and_its_exact_bytes_are_given(read):
    marked = b"\xef\xbb\xbf" + FILE.encode() + b'approved: "2025-12-31T23:59:59+01:00"\r\n'
    approval, data = read(marked)
    assert data == marked
    assert (approval.names, approval.approved_by, approval.author) == ((IMAGE, PACKAGE), "owner-1", "engineer-1")
    assert approval.approved.isoformat() == "2025-12-31T23:59:59+01:00"
    assert (approval.reference, approval.serving) == (None, None)


def test_spaces_around_a_name_and_a_name_twice_make_no_other_approval():
    assert approve(names=[IMAGE, f" {IMAGE} "]).names == (IMAGE,)


@pytest.mark.parametrize(
    "name",
    [
        IMAGE,
        f"registry.example.com/llm:1@sha256:{'0' * 64}",
        f"sha256:{'0' * 64}",
        "0" * 64,
        PACKAGE,
        "mlflow:main/llm/7",
        "models:/llm/7",
        "llm-config-7",
        "acme/serving#12",
        "s3://acme-weights/llm/7/model.tar.gz",
        "kubernetes:prod/deployment/inference/llm",
    ],
)
def test_a_name_that_cannot_be_moved_is_taken(name):
    assert approve(names=[name]).names == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "registry.example.com/llm:1",
        "registry.example.com:5000/llm:latest",
        "registry.example.com/llm",
        "acme/llm",
        "llm:latest",
        f"registry.example.com/llm@sha256:{'0' * 63}",
        f"registry.example.com/llm@sha256:{'A' * 64}",
        f"registry.example.com/llm@SHA256:{'0' * 64}",
        f"@sha256:{'0' * 64}",
        "models:/llm@champion",
        "models:/llm/Production",
        "mlflow:main/llm@champion",
        "mlflow:main/llm",
    ],
)
def test_a_name_that_can_be_moved_is_refused_with_the_mend(name):
    with pytest.raises(ConfigurationError) as caught:
        approve(names=[IMAGE, name])
    assert caught.value.message == f"names.1: {name} can come to mean something else later"
    assert "IMAGE@sha256:" in caught.value.mend


@pytest.mark.parametrize(
    ("author", "approver"),
    [
        ("owner-1", "owner-1"),
        ("Owner-1", " owner-1 "),
        ("arn:aws:iam::123456789012:user/owner-1", "owner-1"),
        ("owner-1", "arn:aws:iam::123456789012:user/owner-1"),
    ],
)
def test_a_change_that_its_author_approves_is_refused(author, approver):
    with pytest.raises(ConfigurationError, match="self-approved"):
        approve(author=author, approved_by=approver)


FAULTS = {
    "no names": (FILE.replace(f"  - {IMAGE}\n  - {PACKAGE}\n", "  []\n"), 3, "must list what is approved"),
    "one name instead of a list": (FILE.partition("names:")[0] + f"names: {IMAGE}\nreason: it\n", 3, "must list"),
    "an empty name": (FILE.replace(PACKAGE, '" "'), 5, "names[1]: is empty"),
    "a movable name": (
        FILE.replace(IMAGE, "registry.example.com/llm:1"),
        4,
        "names[0]: registry.example.com/llm:1 can",
    ),
    "a control character": (
        FILE.replace("fewer wrong", '"fewer\\u001b[2J"  # '),
        6,
        "reason: holds a control character",
    ),
    "text that turns around": (
        FILE.replace("fewer wrong answers", '"\\u202eit"'),
        6,
        "reason: holds a control character",
    ),
    "a name with a line end": (FILE.replace(PACKAGE, '"llm\\nconfig"'), 5, "names[1]: holds a control character"),
    "a number": (FILE + "reference: 12\n", 7, "reference: must be text"),
    "nothing for an author": (FILE.replace("author: engineer-1", "author:"), 2, "author: must be text"),
    "an unknown key": (FILE + "refrence: it\n", 7, "did you mean 'reference'?"),
    "a key twice": (FILE + "reason: it\n", 7, "'reason' stands here and on line 6"),
    "an alias": (FILE + "reference: &a it\n", 7, "anchors and aliases are not allowed"),
    "no reason": (FILE.replace("reason: fewer wrong answers\n", ""), 1, "reason: is missing"),
    "a text too long": (FILE + f"reference: {'x' * 2001}\n", 7, "longer than 2000 characters"),
    "the author approves": (FILE.replace("by: owner-1", "by: engineer-1"), 1, "self-approved"),
    "a time without a zone": (FILE + 'approved: "2026-01-02T03:04:05"\n', 7, "is no time with a time zone"),
    "a time that YAML changes": (FILE + "approved: 2026-01-02T03:04:05Z\n", 7, "quote it"),
    "a time to come": (FILE + 'approved: "9998-01-02T03:04:05Z"\n', 7, "lies in the future"),
    "a time of no calendar": (FILE + 'approved: "9999-12-31T23:59:59-12:00"\n', 7, "is no time"),
    "101 names": (FILE.replace(f"  - {PACKAGE}\n", "".join(f"  - c-{n}\n" for n in range(100))), 3, "101 things"),
    "a list": ("- it\n", 1, "not an approval"),
    "not UTF-8": (FILE.encode() + b"reference: \xff\n", 7, "not UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "said"), FAULTS.values(), ids=FAULTS)
def test_a_file_with_a_fault_is_refused_with_its_line_and_mend(read, text, line, said):
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert f"approval.yaml:{line}: " in caught.value.message
    assert said in f"{caught.value.message}; {caught.value.mend}"
    assert caught.value.mend


def test_every_problem_of_a_file_is_named_at_once(read):
    with pytest.raises(ConfigurationError, match=r"approval\.yaml has 4 problems") as caught:
        read("approved_by: it\nnames: []\nother: it\nreason: ''\n")
    for line, name in ((1, "author"), (2, "names"), (3, "other"), (4, "reason")):
        assert f"approval.yaml:{line}: {name}: " in caught.value.message


def test_a_file_that_is_absent_empty_or_too_large_is_refused(read, tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_approval(tmp_path / "none.yaml", START)
    with pytest.raises(ConfigurationError, match="is empty") as caught:
        read("# nothing\n")
    assert "it must hold approved_by" in caught.value.mend
    with pytest.raises(ConfigurationError, match="larger than 1048576 bytes"):
        read("#" * (1024 * 1024 + 1))
