/** Every won that was taken or given, every order that went by, each with its reason; and two taps to say that it is not right. */

import { clockTime, dayMonth, money, t } from "../console/texts.js";
import { h } from "./dom.js";

const REASONS = {
  call_fee: ["wrong_amount", "not_my_trip"],
  penalty: ["no_fault", "wrong_amount", "not_my_trip"],
  grade: ["not_so", "no_fault"],
  missed: ["was_nearer", "was_waiting", "was_free"],
};

export function account(me, act) {
  const { money: rows } = act.page.rows;
  return [
    h("section.card.purse", {}, h("small", {}, t("driver.money.balance")), h("strong", { className: me.balance < 0 ? "owes" : "" }, money(me.balance))),
    rows ? h("p.quiet.paid-to", {}, rows.paid_to ? t("driver.money.paid_to", { account: rows.paid_to }) : t("driver.money.paid_to_none")) : null,
    grade(rows?.grades ?? [], act),
    me.fee_rule ? h("p.quiet", {}, t("driver.fee.mine", { rule: feeWords(me.fee_rule, me.currency) })) : null,
    rows ? months(rows, act) : h("p.quiet", {}, t("driver.link.loading")),
    rows && !rows.items.length ? h("p.quiet", {}, t("driver.money.none")) : null,
    h("ul.rows", {}, (rows?.items ?? []).map((row) => entry(row, act))),
  ];
}

/** Which month it is, what he had before it and has after it, the months beside it, and all of it on paper. */
function months({ month, earlier, later, opening, closing, currency }, act) {
  const beside = (to, words, sign) => h("button.other", { type: "button", disabled: !to, onclick: () => act.month(to), aria: { label: words }, data: { month: to ?? "" } }, sign);
  const line = (words, amount) => h("p.head", {}, words, h("strong", { className: amount < 0 ? "minus" : "" }, signedMoney(amount, currency)));
  return h(
    "section.card.row.month",
    { data: { shows: month } },
    h("p.head", {}, beside(earlier, t("driver.money.earlier"), "‹"), h("b", {}, month), beside(later, t("driver.money.later"), "›")),
    line(t("driver.money.opening"), opening),
    line(t("driver.money.moved"), closing - opening),
    line(t("driver.money.closing"), closing),
    h("p.foot", {}, h("a.link", { href: `/api/v1/driver/statement.pdf?month=${month}`, download: "" }, t("driver.money.paper"))),
  );
}

const signedMoney = (amount, currency) => `${amount < 0 ? "−" : ""}${money(Math.abs(amount), currency)}`;

/** His grade, what it counts for, and the reason of each change, which he may appeal against. */
function grade([now, ...before], act) {
  if (!now) return null;
  const key = now.credit_s > 0 ? "nearer" : now.credit_s < 0 ? "farther" : "even";
  return h(
    "section.card.row",
    {},
    h("p.head", {}, h("b", {}, t("driver.grade.now", { name: now.after }))),
    h("p.why", {}, t(`driver.grade.${key}`, { seconds: Math.abs(now.credit_s) })),
    [now, ...before].map((one) => [
      h("p.why", {}, `${dayMonth(one.at)} ${one.before ?? "–"} → ${one.after}: ${one.reason}`),
      one.appeal ? words(one.appeal) : h("p.foot", { data: { grade: one.id } }, against(null, act, { grade_id: one.id }, REASONS.grade)),
    ]),
  );
}

function entry(row, act) {
  const trip = [row.origin, row.destination].filter(Boolean).join(" → ");
  const signed = `${row.amount > 0 ? "+" : "−"}${money(Math.abs(row.amount), row.currency)}`;
  return h(
    "li.card.row",
    { className: `card row ${row.undone ? "undone" : ""}` },
    h("p.head", {}, h("b", {}, t(`driver.kind.${row.kind}`)), h("strong", { className: row.amount > 0 ? "plus" : "minus" }, signed)),
    h("p.why", {}, [row.evidence, trip, row.order_id ? t("driver.money.order", { id: row.order_id }) : null, row.undone ? t("driver.money.undone") : null].filter(Boolean).join(" · ")),
    h("p.why", {}, t("driver.money.after", { balance: signedMoney(row.balance, row.currency) })),
    row.fee ? h("p.why", {}, t("driver.fee.why", { fare: money(row.fee.fare, row.currency), rule: feeWords(row.fee, row.currency) })) : null,
    h("p.foot", {}, h("time", { dateTime: row.at }, when(row.at)), row.amount < 0 && !row.undone ? against(row.appeal, act, { entry_id: row.id }, REASONS[row.kind] ?? ["wrong_amount"]) : null),
    words(row.appeal),
  );
}

/** A fee rule in words: what is taken, and whose rule that is. */
export function feeWords(rule, currency) {
  const parts = rule.basis_points ? [t("driver.fee.percent", { percent: String(rule.basis_points / 100) })] : [];
  if (rule.fixed || !parts.length) parts.push(money(rule.fixed, currency));
  const told = [parts.join(" + ")];
  if (rule.unit > 1) told.push(t("driver.fee.unit", { amount: money(rule.unit, currency) }));
  if (rule.least) told.push(t("driver.fee.least", { amount: money(rule.least, currency) }));
  if (rule.most !== null) told.push(t("driver.fee.most", { amount: money(rule.most, currency) }));
  return `${told.join(", ")} (${t(`driver.fee.of_${rule.sort}`, { name: rule.class_name })})`;
}

export function missed(_me, act) {
  const { missed: rows } = act.page.rows;
  return [
    h("p.lead", {}, rows && !rows.items.length ? t("driver.missed.none") : rows ? t("driver.missed.hint") : t("driver.link.loading")),
    h(
      "ul.rows",
      {},
      (rows?.items ?? []).map((row) =>
        h(
          "li.card.row",
          {},
          h("p.head", {}, h("b", {}, t("driver.money.order", { id: row.order_id })), h("strong", {}, row.fare === null ? t("driver.offer.fare_open") : money(row.fare, row.currency))),
          h("p.why", {}, t(row.reason_key, row.reason_args)),
          h("p.foot", {}, h("time", { dateTime: row.at }, when(row.at)), against(row.appeal, act, { weighing_id: row.id }, REASONS.missed)),
          words(row.appeal),
        ),
      ),
    ),
  ];
}

export function appealSheet(_me, act) {
  const { against: what, reasons } = act.page.sheet;
  return h(
    "section.sheet",
    {},
    h("h2", {}, t("driver.appeal.why")),
    reasons.map((reason) => h("button.big.choice", { type: "button", onclick: () => act.appeal(what, t(`driver.reason.${reason}`)) }, t(`driver.reason.${reason}`))),
    h("button.big.quiet", { type: "button", onclick: () => act.open(null) }, t("driver.appeal.back")),
  );
}

function against(appeal, act, what, reasons) {
  if (appeal) return null;
  return h("button.link", { type: "button", onclick: () => act.open({ against: what, reasons }) }, t("driver.appeal.make"));
}

function words(appeal) {
  if (!appeal) return null;
  return h("p.appeal", {}, t("driver.appeal.open", { reason: appeal.reason }), appeal.answer ? h("b", {}, t("driver.appeal.answered", { answer: appeal.answer })) : null);
}

const when = (moment) => `${dayMonth(moment)} ${clockTime(moment)}`;
