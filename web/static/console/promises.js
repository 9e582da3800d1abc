/**
 * What can be done when a promise is about to break, or a booked time is near: raise the fare, ask the customer to wait, begin
 * now, or say that it is seen to. A text cannot be taken back, so it leaves only after 8 s in which it can.
 */

import { request } from "./api.js";
import { change } from "./changes.js";
import { undoMs } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { heard, unheardOf } from "./unheard.js";
import { complain, tripOf } from "./work.js";

const WAIT_MIN = 15;

function marked() {
  const order = store.order;
  if (order && !order.closed_at) return order;
  store.say({ text: t(order ? "notices.order_closed" : "notices.which_order") }, 4000);
  return null;
}

/** The marked order into the form, at its fare. */
export function raise() {
  const order = marked();
  if (!order) return;
  change(order.id);
  const form = document.querySelector("order-form");
  form.updateComplete.then(() => form.field("fare")?.select());
}

/** Text the customer that a driver comes so many minutes later; for 8 s it can be taken back. */
export function askToWait() {
  const order = marked();
  if (!order) return;
  const timer = setTimeout(() => send(order.id, "wait", { minutes: WAIT_MIN }, "notices.told_to_wait"), undoMs());
  const undo = () => {
    clearTimeout(timer);
    store.hush();
  };
  store.say({ text: t("notices.telling_to_wait", { trip: tripOf(order), minutes: WAIT_MIN }), undo }, undoMs());
}

/** Somebody sees to it: the alarm is over. A text that nobody heard comes before the order's clock. */
export function seen() {
  const text = unheardOf(store.order);
  if (text) {
    heard(text);
    return;
  }
  const order = marked();
  if (order) send(order.id, "alarms/seen", {}, "notices.alarm_seen");
}

/** A booked order is taken now. */
export function beginNow() {
  const order = marked();
  if (!order) return;
  if (order.state === "reserved") send(order.id, "begin", {}, "notices.begun");
  else store.say({ text: t("notices.not_booked") }, 4000);
}

async function send(orderId, what, body, done) {
  try {
    store.takeOrder(await store.onItsWay(request("POST", `orders/${orderId}/${what}`, body)), "order.changed");
    store.changed();
    store.say({ text: t(done), kind: "good" }, 5000);
  } catch (error) {
    complain(error);
  }
}
