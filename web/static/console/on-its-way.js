/**
 * What an operator says in the place of a driver whose phone is dead: on the way, arrived, driving, done. Nothing is sent for 8 s,
 * in which it can be had back; the key pressed again within them goes one state further. That a trip is done books money, so it is
 * asked once and then done at once.
 */

import { newKey, request, Unreachable } from "./api.js";
import { undoMs } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain, select, tripOf } from "./work.js";

const COMPLETED = "completed";
const { way } = JSON.parse(document.getElementById("boot").textContent);

let waiting = null; // what is about to be said: {order, to, key, timer}

/** The states that may be said next of an order, in the order of its way. */
const ahead = (order) => way[order?.state] ?? [];

/** The state that the key says next; undefined where there is none. */
export const nextOf = (order) => ahead(order)[ahead(order).indexOf(about(order?.id)) + 1] ?? about(order?.id);

/** The state that is about to be said of an order, while it can be had back. */
export const about = (orderId) => (waiting?.order === orderId ? waiting.to : undefined);

/** F3: the marked order goes on, one state a press. */
export function moveOn() {
  const { order } = store;
  const to = nextOf(order);
  if (!to) {
    store.say({ text: t(order ? "notices.no_step" : "notices.which_order") }, 4000);
  } else if (to === COMPLETED) {
    document.querySelector("candidate-list").askDone();
  } else if (to === about(order.id)) {
    send(); // nothing follows it before it is said
  } else {
    if (waiting && waiting.order !== order.id) send();
    clearTimeout(waiting?.timer);
    waiting = { order: order.id, to, key: newKey(), timer: setTimeout(send, undoMs()) };
    store.say({ text: t("notices.moving", { state: t(`order.state.${to}`), trip: tripOf(order), seconds: undoMs() / 1000 }), undo: takeBack }, undoMs());
  }
}

function takeBack() {
  clearTimeout(waiting?.timer);
  waiting = null;
  store.hush();
}

/** The trip is done, in one step where the trade's table has one; `fare`: what it cost (minor units), where nobody had said so. */
export function complete(order, fare) {
  if (about(order.id)) takeBack();
  return tell(order.id, COMPLETED, newKey(), fare);
}

function send() {
  if (!waiting) return;
  const { order, to, key, timer } = waiting;
  clearTimeout(timer);
  waiting = null;
  tell(order, to, key);
}

async function tell(orderId, to, key, fare = null) {
  try {
    const order = await store.onItsWay(request("POST", `orders/${orderId}/step`, fare === null ? { to } : { to, fare }, key));
    store.takeOrder(order, "order.changed");
    const words = { state: t(`order.state.${to}`), trip: tripOf(order) };
    if (to === COMPLETED && order.fare === null) store.say({ text: t("notices.moved_unpaid", words) }, 8000);
    else store.say({ text: t("notices.moved", words), kind: "good" }, 5000);
    if (store.selectedOrder === orderId) select(orderId);
  } catch (error) {
    if (error instanceof Unreachable) store.say({ text: t("notices.not_moved"), kind: "bad" }, 20000);
    else complain(error);
    store.changed();
  }
}

// Who leaves the page has had the last word.
addEventListener("pagehide", () => {
  if (!waiting) return;
  const { order, to, key, timer } = waiting;
  clearTimeout(timer);
  waiting = null;
  fetch(`/api/v1/orders/${order}/step`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ to }),
    credentials: "same-origin",
    keepalive: true,
  });
});
