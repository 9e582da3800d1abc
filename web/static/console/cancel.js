/**
 * An order that is cancelled from the board. Nobody is asked whether he is sure: for 8 s it can be had back, and only then is
 * the server told. An order that somebody else has changed within those seconds is not cancelled.
 */

import { newKey, request, Unreachable } from "./api.js";
import { undoMs } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain, tripOf } from "./work.js";

const leaving = new Map(); // order id -> {reason, version, key, timer}

export const isLeaving = (orderId) => leaving.has(orderId);

export function cancel(order, reason) {
  const timer = setTimeout(() => send(order.id), undoMs());
  leaving.set(order.id, { reason, version: order.version, key: newKey(), timer });
  store.say({ text: t("notices.cancelling", { trip: tripOf(order), seconds: undoMs() / 1000 }), undo: () => takeBack(order.id) }, undoMs());
}

export function takeBack(orderId) {
  clearTimeout(leaving.get(orderId)?.timer);
  leaving.delete(orderId);
  store.hush();
}

async function send(orderId) {
  const { reason, version, key } = leaving.get(orderId);
  leaving.delete(orderId);
  try {
    store.takeOrder(await store.onItsWay(request("POST", `orders/${orderId}/cancel`, { reason, version }, key)), "order.changed");
    store.say({ text: t("notices.cancelled"), kind: "good" }, 5000);
  } catch (error) {
    if (error instanceof Unreachable) store.say({ text: t("notices.not_cancelled"), kind: "bad" }, 20000);
    else complain(error);
  }
}

// Who leaves the page has had the last word.
addEventListener("pagehide", () => {
  for (const [orderId, { reason, version, key, timer }] of leaving) {
    clearTimeout(timer);
    fetch(`/api/v1/orders/${orderId}/cancel`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify({ reason, version }),
      credentials: "same-origin",
      keepalive: true,
    });
  }
  leaving.clear();
});
