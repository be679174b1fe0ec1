"""What every test may ask for."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.harness.postgres",
    "tests.harness.homeserver",
    "tests.harness.company",
    "tests.harness.company_server",
    "tests.harness.memory_company",
]

# Time on a shared machine says nothing about the code: hypothesis does not watch the clock.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
