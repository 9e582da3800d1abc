"""The JSON API of the money: reports, the cashier, accounts of firms, what is taken of a fare, the office's own tariff."""

from __future__ import annotations

from web.api import given as g
from web.api import given_money as gm
from web.api import given_prices as gp
from web.api import told as t
from web.api import told_analysis as tan
from web.api import told_money as tm
from web.api import told_orders as to
from web.api import told_prices as tp
from web.pages import (
    analysis,
    batches,
    cashier,
    credit,
    dead_runs,
    fees,
    open_fares,
    reports,
    tariffs,
)
from web.route import ID, Route, json

ROUTES: tuple[Route, ...] = (
    # --- money: for admins; anybody at the desk may ask for a pay-out, which somebody else approves -----------------------
    json(
        "GET", "/reports/company", "money.see", reports.company, "The office's totals by day, month, quarter or year",
        given=gm.CompanyQuery, answer=tm.CompanyTold, problems=(422,),
    ),
    json(
        "GET", "/reports/company/orders", "money.see", reports.closed_orders, "The closed orders behind the totals",
        given=gm.RowsQuery, answer=t.Items[tm.ClosedOrderTold], problems=(422,),
    ),
    json(
        "GET", "/reports/company/entries", "money.see", reports.entries, "The entries of the books behind the totals",
        given=gm.RowsQuery, answer=t.Items[tm.EntryTold], problems=(422,),
    ),
    json(
        "GET", "/reports/open-fares", "money.see", open_fares.listed, "Trips that ended without a fare",
        answer=t.Items[tm.OpenFareTold],
    ),
    json(
        "POST", f"/orders/{ID}/late-fare", "money.book", open_fares.add, "Add the fare of a trip that ended without one",
        given=gm.FareGiven, answer=to.OrderTold, problems=(404, 409),
    ),
    json(
        "GET", "/reports/drivers", "money.see", reports.drivers, "What each driver did, and where his account stood",
        given=gm.SpanQuery, answer=tm.DriversTold, problems=(422,),
    ),
    json(
        "GET", f"/drivers/{ID}/statement", "money.see", reports.statement, "A driver's statement",
        given=gm.SpanQuery, answer=tm.StatementTold, problems=(404, 422),
    ),
    json(
        "POST", f"/drivers/{ID}/top-ups", "money.book", cashier.top_up, "A driver pays in",
        given=gm.TopUpGiven, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    json(
        "POST", f"/drivers/{ID}/penalties", "money.book", cashier.penalise, "A penalty, with its evidence",
        given=gm.PenaltyGiven, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    json(
        "POST", f"/drivers/{ID}/withdrawals", "money.ask", cashier.ask_for, "Ask for a pay-out to a driver",
        given=gm.WithdrawalAsked, answer=tm.AskedTold, status=201, problems=(404, 409),
    ),
    json("GET", "/withdrawals", "money.see", cashier.asked_for, "Pay-outs that wait", answer=t.Items[tm.AskedTold]),
    json(
        "POST", f"/withdrawals/{ID}/approve", "money.book", cashier.approve, "Pay out what a colleague asked for",
        answer=tm.Booked, status=201, problems=(404, 409),
    ),
    json(
        "POST", f"/withdrawals/{ID}/turn-down", "money.book", cashier.turn_down, "Do not pay it out",
        given=g.Reason, answer=t.Done, problems=(404, 409),
    ),
    json(
        "POST", f"/entries/{ID}/reverse", "money.book", cashier.reverse, "Undo an entry by its opposite, booked today",
        given=gm.Evidence, answer=tm.Booked, status=201, problems=(404, 409),
    ),
    # --- all drivers settled at once ---------------------------------------------------------------------------------------
    json("GET", "/batches", "money.see", batches.listed, "All drivers settled at once: batches", answer=t.Items[tm.BatchTold]),
    json(
        "POST", "/batches", "money.book", batches.propose, "Propose whom to pay out and whom to bill; nothing is booked",
        given=gm.BatchGiven, answer=tm.BatchFull, status=201, problems=(409, 422),
    ),
    json(
        "GET", f"/batches/{ID}", "money.see", batches.shown, "One batch with a line for every driver",
        answer=tm.BatchFull, problems=(404,),
    ),
    json(
        "PUT", f"/batches/{ID}/lines", "money.book", batches.tick, "Which of its lines are in it",
        given=gm.LinesGiven, answer=tm.BatchFull, problems=(404, 409, 422), longest=batches.LONGEST,
    ),
    json(
        "POST", f"/batches/{ID}/approve", "money.book", batches.approve, "Post a batch whose lines somebody else chose",
        given=gm.LinesGiven, answer=tm.BatchFull, problems=(404, 409, 422), longest=batches.LONGEST,
    ),
    json(
        "POST", f"/batches/{ID}/drop", "money.book", batches.drop, "A batch that was not posted goes",
        answer=t.Done, problems=(404, 409),
    ),
    # --- firms that ride on account ---------------------------------------------------------------------------------------
    json(
        "GET", "/credit-accounts/choices", "orders.take", credit.choices, "The accounts that a telephone may ride on",
        given=gm.CreditQuery, answer=t.Items[tm.CreditChoice],
    ),
    json("GET", "/credit-accounts", "money.see", credit.listed, "All credit accounts", answer=t.Items[tm.CreditTold]),
    json(
        "POST", "/credit-accounts", "money.credit", credit.add, "A new account, on which nobody rides yet",
        given=gm.CreditTerms, answer=tm.CreditTold, status=201, problems=(409,),
    ),
    json(
        "GET", f"/credit-accounts/{ID}", "money.see", credit.shown, "One account with its telephones",
        answer=tm.CreditFull, problems=(404,),
    ),
    json(
        "PUT", f"/credit-accounts/{ID}", "money.credit", credit.change, "Other terms, or closed",
        given=gm.CreditTerms, answer=tm.CreditTold, problems=(404, 409),
    ),
    json(
        "POST", f"/credit-accounts/{ID}/riders", "money.credit", credit.add_rider, "Let a telephone ride on it",
        given=gm.RiderGiven, answer=t.Done, problems=(404,),
    ),
    json(
        "POST", f"/credit-accounts/{ID}/riders/remove", "money.credit", credit.remove_rider, "Take a telephone off its list",
        given=gm.RiderGiven, answer=t.Done, problems=(404,),
    ),
    json(
        "POST", f"/credit-accounts/{ID}/payments", "money.book", credit.pay, "Its owner pays",
        given=gm.PaymentGiven, answer=tm.Received, status=201, problems=(404, 409),
    ),
    json(
        "GET", f"/credit-accounts/{ID}/invoice", "money.see", credit.invoice, "What it is billed for some days",
        given=gm.SpanQuery, answer=tm.InvoiceTold, problems=(404, 422),
    ),
    json(
        "POST", "/card-payments", "money.book", credit.card_money, "The card company pays",
        given=gm.PaymentGiven, answer=tm.Received, status=201, problems=(409,),
    ),
    # --- prices -----------------------------------------------------------------------------------------------------------
    json("GET", "/fee-rules", "money.see", fees.listed, "What is taken of a fare, by class of driver", answer=tp.FeeRulesTold),
    json(
        "POST", "/fee-rules", "money.fees", fees.put, "Another rule for a class of drivers",
        given=gp.FeeRuleGiven, answer=tp.FeeRuleTold, status=201,
    ),
    json(
        "POST", f"/fee-rules/{ID}/take-back", "money.fees", fees.take_back, "A rule that does not hold yet never will",
        answer=tp.FeeRuleTold, status=201, problems=(404,),
    ),
    json(
        "GET", "/dead-run-rules", "money.see", dead_runs.listed, "What a driver gets when nobody came out",
        answer=tp.DeadRunsTold,
    ),
    json(
        "POST", "/dead-run-rules", "money.fees", dead_runs.put, "Another sum for that, from a moment on",
        given=gp.DeadRunGiven, answer=tp.DeadRunTold, status=201,
    ),
    json(
        "GET", "/tariffs", "money.see", tariffs.listed, "The office's own tariff, version by version",
        answer=t.Items[tp.TariffTold],
    ),
    json(
        "POST", "/tariffs", "money.fees", tariffs.stage, "A draft of one table, by which nothing is priced",
        given=gp.TariffGiven, answer=tp.TariffTold, status=201,
    ),
    json(
        "GET", f"/tariffs/{ID}", "money.see", tariffs.shown, "One version, and what it changes",
        answer=tp.TariffFull, problems=(404,),
    ),
    json(
        "POST", f"/tariffs/{ID}/take", "money.fees", tariffs.take, "Price trips by it from a moment on",
        given=gp.TariffTaken, answer=tp.TariffTold, problems=(404,),
    ),
    json(
        "POST", f"/tariffs/{ID}/throw-away", "money.fees", tariffs.throw_away, "A draft, or what does not hold yet, goes",
        answer=t.Done, problems=(404, 409),
    ),
    json(
        "GET", "/analysis", "money.see", analysis.told, "The orders of some days from one side",
        given=gm.AnalysisQuery, answer=tan.AnalysisTold, problems=(422,),
    ),
    json(
        "GET", "/analysis/crossing", "money.see", analysis.told_crossed, "The orders of some days from two sides at once",
        given=gm.CrossingQuery, answer=tan.CrossedTold, problems=(422,),
    ),
    json(
        "GET", "/analysis/pauses", "money.see", analysis.told_pauses, "When operators took no calls, by operator and day",
        given=gm.SpanQuery, answer=tan.PausesReport, problems=(422,),
    ),
    json(
        "GET", "/analysis/calls", "money.see", analysis.told_codes, "What calls were about, by code, hour and operator",
        given=gm.SpanQuery, answer=tan.CodesTold, problems=(422,),
    ),
    json("GET", "/periods", "money.see", reports.closed, "The closed months", answer=t.Items[tm.PeriodTold]),
    json(
        "GET", f"/periods/{ID}", "money.see", reports.checked, "A closed month, made again and compared",
        answer=tm.PeriodChecked, problems=(404,),
    ),
    json(
        "POST", "/periods", "money.close", cashier.close_month, "Close a month: nothing is booked into it any more",
        given=gm.MonthGiven, answer=tm.PeriodTold, status=201, problems=(409,),
    ),
)  # fmt: skip
