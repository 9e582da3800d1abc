/** How long the driver has waited at the customer's place, and what that comes to: shown beside the order, added only by a person. */

import { store } from "./store.js";
import { money, parseMoney, t } from "./texts.js";

const MINUTE = 60000;

/** Minutes waited, and what they come to by the tariff as of now, or of when they went on; null where nothing is counted. */
export function waitedNow(order) {
  const told = order?.waiting;
  if (!told || order.closed_at) return null;
  const ms = Math.max(0, (told.until ? Date.parse(told.until) : store.now()) - Date.parse(told.since));
  const steps = Math.max(0, Math.ceil((ms - told.free_min * MINUTE) / (told.step_min * MINUTE)));
  return { minutes: Math.floor(ms / MINUTE), amount: steps * told.step, rule: told };
}

/** The same in words, with the rule. */
export function waitedWords(order) {
  const now = waitedNow(order);
  if (!now) return "";
  const { free_min, step_min, step } = now.rule;
  const rule = t("fare_part.waiting", { free_min, step_min, step: money(step, order.currency) });
  return `${t("order.waited", { minutes: now.minutes, amount: money(now.amount, order.currency) })} (${rule})`;
}

/** What the change of an order proposes: the fare that was there with the waiting; null where there is nothing to add. */
export function waitingProposal(draft) {
  const order = draft?.editing ? store.orders.get(draft.editing.order) : null;
  const now = waitedNow(order);
  const before = draft?.editing ? parseMoney(draft.editing.seen.fare) : null;
  if (!now?.amount || before === null) return null;
  return { fare: before + now.amount, minutes: now.minutes, amount: now.amount };
}
