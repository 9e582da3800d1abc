"""Who may do what: the one table. Web routes name a permission, never a role; the tests of rights are generated from both.

A driver signs in by a link to a page of his own (desk/driver/driver_access.py) and is nobody to the panel; he stands here to be
whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Permission = Literal[
    "own.session",  # who one is; sign out; one's own second factor
    "calls.see",  # calls as they come and went, live
    "calls.handle",  # pick up, hang up, place a test call
    "calls.codes",  # by which codes operators note what calls were about
    "calls.dial",  # have a customer or a driver called; no number is shown by it
    "calls.listen",  # what callers said after the tone
    "customers.see",  # customers and their places
    "customers.edit",  # who he is, his numbers and places; somebody new; segments; two rows of one made one, and two again
    "customers.block",  # serve somebody no more, or again
    "customers.override",  # take an order of somebody who is not to be served, and say why
    "customers.forget",  # all that is known of one person, to give to him; and erase it
    "numbers.full",  # telephone numbers whole; everybody else sees 010-****-5678 everywhere
    "numbers.show",  # one number of one customer whole, on record
    "orders.see",
    "orders.take",  # take, change, cancel
    "orders.dispatch",  # assign, release, move on, look for a driver
    "cars.see",  # photos of customers' cars
    "disputes.take",  # all that is known of an order, as a file
    "dispatch.modes",  # how much the desk does by itself, at which hours
    "drivers.see",
    "drivers.manage",  # register and change them; their papers and files
    "drivers.forget",  # all that is known of one driver, to give to him; and erase it
    "drivers.duty",  # take a driver on duty or off it for him
    "drivers.link",  # text a driver the link to his page
    "payees.open",  # the bank accounts that drivers are paid to, whole and on record; change them
    "appeals.see",
    "appeals.answer",  # in words; what moves money is money.book
    "messages.see",  # what was texted, to whom, and what came in
    "texts.handle",  # deal with a text that came in; write down what somebody said of advertising
    "texts.send",  # texts to many: look, send, cancel, keep templates, results; tell of consents; stop a standing send
    "texts.standing",  # rules by which texts go out again and again: make, change, switch on, take away
    "tasks.see",  # what is to be done for customers, and what came of it
    "tasks.work",  # make a task, take it, say what came of it
    "tasks.rules",  # rules that make tasks; the list of tasks as a file
    "money.see",  # reports, statements, what waits; also as files
    "money.ask",  # ask for a pay-out, which somebody else approves
    "money.book",  # pay in and out, penalise, undo
    "money.close",  # close a month
    "money.fees",  # what is taken of a fare, by class of driver; the office's own tariff
    "money.credit",  # credit accounts: their terms, and who rides on them
    "credit.exceed",  # take an order beyond an account's limit
    "articles.read",  # what the desk knows in writing
    "articles.write",  # write, change, archive it
    "people.import",  # customers and drivers from files, all of them to files, and back
    "audit.see",  # the record of who did what
    "users.manage",  # who signs in to the panel, as what; passwords, sessions and second factors of others
    "driver.own",  # a driver's own page
]
PERMISSIONS: Final = frozenset[str](get_args(Permission))

WITHIN: Final = frozenset[str]({"customers.override", "numbers.full"})
"""What no URL asks for: it widens what another permission lets in."""

_DISPATCH: Final = frozenset[str](
    {
        "own.session",
        "calls.see",
        "calls.dial",
        "customers.see",
        "customers.edit",
        "numbers.full",
        "numbers.show",
        "orders.see",
        "orders.take",
        "orders.dispatch",
        "cars.see",
        "drivers.see",
        "drivers.duty",
        "drivers.link",
        "appeals.see",
        "appeals.answer",
        "messages.see",
        "texts.handle",
        "articles.read",
        "tasks.see",
        "tasks.work",
        "money.ask",
    }
)
MAY: Final[Mapping[str, frozenset[str]]] = {
    "operator": _DISPATCH | {"calls.handle", "calls.listen"},
    "dispatcher": _DISPATCH
    | {"credit.exceed", "customers.block", "customers.override", "dispatch.modes", "tasks.rules", "texts.send"},
    "accountant": frozenset(
        {
            "own.session",
            "drivers.see",
            "appeals.see",
            "appeals.answer",
            "money.see",
            "money.ask",
            "money.book",
            "money.close",
            "money.fees",
            "money.credit",
            "payees.open",
        }
    ),
    "auditor": frozenset(
        {
            "own.session",
            "calls.see",
            "customers.see",
            "numbers.show",
            "orders.see",
            "cars.see",
            "disputes.take",
            "drivers.see",
            "appeals.see",
            "messages.see",
            "articles.read",
            "tasks.see",
            "money.see",
            "audit.see",
        }
    ),
    "admin": PERMISSIONS - {"driver.own"},
    "driver": frozenset({"driver.own"}),
}
"""What each role may do, and nothing else."""
WITH_SECOND_FACTOR: Final = frozenset({"admin", "accountant"})
"""Whose sign-in takes a second factor where the site requires one."""


def may(role: str) -> frozenset[str]:
    """What somebody of this role may do; a role that the table does not know may do nothing."""
    return MAY.get(role, frozenset())
