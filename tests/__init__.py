"""Tests of chatd. Examples have no time limit: a machine that is busy with something else is no fault of ours."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
