import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import vectors

from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.merkle import leaf_hash
from collector.model.errors import MalformedError

ROOT = base64.b64encode(bytes(32)).decode()
TREE = vectors.load("notes.json")["go_tree"]


def test_a_published_tree_head_reads_and_writes_the_same():
    checkpoint = Checkpoint.parse(TREE["text"], "it")
    assert checkpoint == Checkpoint("go.sum database tree", 123456789012, leaf_hash(TREE["leaf"].encode()))
    assert checkpoint.text() == TREE["text"]


def test_extension_lines_are_allowed():
    assert Checkpoint.parse(f"example.com/log\n5\n{ROOT}\nmore\n", "it").size == 5


REFUSED = {
    "a leading zero": f"o\n05\n{ROOT}\n",
    "a plus sign": f"o\n+5\n{ROOT}\n",
    "a minus sign": f"o\n-5\n{ROOT}\n",
    "hex": f"o\n0x5\n{ROOT}\n",
    "other digits": f"o\n٥\n{ROOT}\n",
    "a space": f"o\n5 \n{ROOT}\n",
    "a size beyond 2^53-1": f"o\n9007199254740992\n{ROOT}\n",
    "a size of a thousand digits": f"o\n{'9' * 1000}\n{ROOT}\n",
    "a short root": f"o\n5\n{ROOT[:-4]}\n",
    "a root with stray bits": f"o\n5\n{ROOT[:-2]}B=\n",
    "a root in URL-safe base64": f"o\n5\n{'_' * 43}=\n",
    "no root": "o\n5\n",
    "no origin": f"\n5\n{ROOT}\n",
    "an empty extension line": f"o\n5\n{ROOT}\n\n",
    "no newline at the end": f"o\n5\n{ROOT}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(MalformedError, match=r"\bit\b"):
        Checkpoint.parse(text, "it")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_malformed(data):
    with pytest.raises(MalformedError):
        SignedCheckpoint.decode(data, "it")
