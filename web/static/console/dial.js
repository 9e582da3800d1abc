/**
 * Calling somebody: the operator's own phone rings first, then whom he means. The panel dials; who has no phone on the PBX follows
 * the `tel:` link with what his own computer has for it.
 */

import { html, nothing } from "lit";
import { request } from "./api.js";
import { written } from "./phone.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain } from "./work.js";

const may = (right) => Boolean(store.me?.may?.includes(right));

/** @param {object} target as POST /calls/dial takes it @param {string} who in words */
export async function dial(target, who) {
  try {
    await request("POST", "calls/dial", target);
    store.say({ text: t("notices.dialling", { who }), kind: "good" }, 6000);
  } catch (error) {
    complain(error);
  }
}

const isWhole = (number) => Boolean(number?.startsWith("+") && may("numbers.full"));

/** A number as people write it; where it may be seen whole and called, as a link that calls `target`. */
export function tel(number, target = { number }, who = written(number)) {
  if (!isWhole(number) || !may("calls.dial")) return written(number);
  const follow = (event) => {
    if (!store.me.extension) return;
    event.preventDefault();
    dial(target, who);
  };
  return html`<a class="tel" href="tel:${number}" title=${t("dial.call", { who })} @click=${follow}>${written(number)}</a>`;
}

const nameOfOrder = (order) => order.customer?.name || written(order.number) || t("dial.customer");

/** Ctrl Shift F2: the marked order's customer. */
export function callCustomer() {
  const { order } = store;
  if (order) dial({ order_id: order.id }, nameOfOrder(order));
  else store.say({ text: t("notices.which_order") }, 4000);
}

/** Ctrl Shift F7: the driver who has the marked order, or had it. */
export function callDriver() {
  const { order } = store;
  if (order?.driver) dial({ order_id: order.id, whom: "driver" }, `#${order.driver.number} ${order.driver.name}`);
  else store.say({ text: t(order ? "notices.no_driver_to_call" : "notices.which_order") }, 4000);
}

/** B: whoever called, or was called, on the open card. */
export function callBack() {
  const call = store.callInHand;
  if (call && canCallBack(call)) dial({ call_id: call.id }, call.customer?.name ?? call.name ?? written(call.number));
  else store.say({ text: t("notices.nobody_to_call_back") }, 4000);
}

export const canCallBack = (call) => call.state === "ended" && Boolean(call.number) && may("calls.dial");

/** The marked order's people, each by what he is called by: the customer's number, the driver's; with the keys that call them. */
export function reach(order) {
  if (!order || !may("calls.dial")) return nothing;
  const { driver } = order;
  return html`
    <div class="order-actions reach" role="group" aria-label=${t("dial.title")}>
      <span aria-hidden="true">${t("dial.short")}</span>
      ${order.number || order.customer ? customerOf(order) : nothing}
      <button type="button" title=${driver ? t("dial.call", { who: `#${driver.number} ${driver.name}` }) : ""} ?hidden=${!driver} @click=${callDriver}>
        <span class="unseen">${t("dial.call_driver")}</span> ${driver ? `#${driver.number}` : nothing} <kbd>Ctrl Shift F7</kbd>
      </button>
    </div>
  `;
}

/** Where the number may be seen whole it is a link as well: who has no phone here follows it with what his own computer has. */
function customerOf(order) {
  const words = html`<span class="unseen">${t("dial.call_customer")}</span> ${written(order.number) || t("dial.customer")} <kbd>Ctrl Shift F2</kbd>`;
  const title = t("dial.call", { who: nameOfOrder(order) });
  if (!isWhole(order.number)) return html`<button type="button" title=${title} @click=${callCustomer}>${words}</button>`;
  const follow = (event) => {
    if (!store.me.extension) return;
    event.preventDefault();
    callCustomer();
  };
  return html`<a class="tel" href="tel:${order.number}" title=${title} @click=${follow}>${words}</a>`;
}
