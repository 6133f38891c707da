"""What all tests share."""

from hypothesis import settings

# No wall-clock in a verdict: a slow machine fails nothing.
settings.register_profile("tests", deadline=None, max_examples=60)
settings.load_profile("tests")
