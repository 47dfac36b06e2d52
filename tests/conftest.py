"""Hypothesis profiles: `HYPOTHESIS_PROFILE=nightly pytest tests/property` looks long, `default` at every run, and `ci`
looks at the same examples each time, since what gates a change must not fail by chance."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Trees and records are large on purpose, and a slow machine is no failure.
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("default", max_examples=200, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("ci", settings.get_profile("default"), max_examples=100, derandomize=True)
settings.register_profile("nightly", max_examples=5_000, deadline=None, suppress_health_check=_SLOW, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
