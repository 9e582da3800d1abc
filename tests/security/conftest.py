"""The checklist of docs/security.md: what no other folder's tests already say."""

from tests.web.conftest import engine_name, hashed, house, quiet_log, settings  # noqa: F401 -- fixtures
