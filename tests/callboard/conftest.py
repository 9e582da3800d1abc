"""The same small office as the desk's own tests."""

from tests.desk.conftest import add_customer, clock, site

__all__ = ["add_customer", "clock", "site"]
