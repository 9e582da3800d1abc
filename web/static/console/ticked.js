/**
 * What is done to many ticked orders at once. The server tells of each order what became of it: what was done is no longer
 * ticked, what was refused stays so, with the reason beside it. Taking away (cancel, take back) waits 8 s, in which it can be had
 * back; a search that was begun or stopped is undone by its opposite.
 *
 * Orders go in slices, each under its own key: a slice that may or may not have arrived is asked for again as it was.
 */

import { newKey, request, sentence, Unreachable } from "./api.js";
import { undoMs } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";

const SLICE = 50;
const TRIES = 4;
const PATIENCE_MS = 20_000;
const AGAIN_MS = 1500;
const PATHS = { cancel: "orders/cancel", release: "orders/release", search: "orders/search", stop: "orders/search/stop" };
const OPPOSITE = { search: "stop", stop: "search" };

let waiting = null; // what is about to be taken away: {deed, orders, reason, timer}

const bar = () => document.querySelector("ticked-bar");

export const isWaiting = (orderId) => Boolean(waiting?.orders.some((order) => order.id === orderId));

/** The ticked orders as they are now, in the order of the board. */
export const tickedOrders = () => store.board.filter((order) => store.ticked.has(order.id));

/** Cancel or release: ask why, or have back what waits. With nothing ticked the marked order is meant. */
export function act(deed) {
  if (waiting) takeBack();
  else if (store.ticked.size) bar().ask(deed);
  else if (deed === "release" && store.order) document.querySelector("candidate-list").askRelease();
  else store.say({ text: t("notices.which_order") }, 4000);
}

export const searchTicked = () => start("search");
export const stopTicked = () => (store.ticked.size ? start("stop") : store.say({ text: t("ticked.none") }, 4000));

function start(deed) {
  const orders = tickedOrders();
  send(deed, orders).then((done) => {
    if (!done.length) return;
    const undo = () => {
      store.hush();
      send(OPPOSITE[deed], done);
    };
    store.say({ text: t(`ticked.done.${deed}`, { count: done.length }), kind: "good", undo }, undoMs());
  });
}

/** Taken away in 8 s, unless somebody thinks better of it. */
export function takeAway(deed, reason, orders = tickedOrders()) {
  const timer = setTimeout(() => {
    waiting = null;
    send(deed, orders, reason).then((done) => {
      if (done.length) store.say({ text: t(`ticked.done.${deed}`, { count: done.length }), kind: "good" }, 5000);
      else if (orders.length === 1) store.say({ text: store.refusals.get(orders[0].id), kind: "bad" });
    });
  }, undoMs());
  waiting = { deed, orders, reason, timer };
  store.say({ text: t(`ticked.about.${deed}`, { count: orders.length, seconds: undoMs() / 1000 }), undo: takeBack }, undoMs());
}

export function takeBack() {
  clearTimeout(waiting?.timer);
  waiting = null;
  store.hush();
}

/** @returns {Promise<object[]>} the orders for which it was done */
async function send(deed, orders, reason) {
  const work = { deed, total: orders.length, told: 0, done: [], running: true };
  store.work = work;
  for (const order of orders) store.refusals.delete(order.id);
  store.changed();
  for (let at = 0; at < orders.length; at += SLICE) {
    const slice = orders.slice(at, at + SLICE);
    try {
      const told = await ask(deed, slice, reason);
      for (const row of told.items) take(row, work);
    } catch (error) {
      for (const order of orders.slice(at)) store.refusals.set(order.id, t("ticked.not_told", { reason: sentence(error) }));
      break;
    }
  }
  work.running = false;
  store.changed();
  return orders.filter((order) => work.done.includes(order.id));
}

function take(row, work) {
  work.told += 1;
  if (row.done) {
    work.done.push(row.order_id);
    store.ticked.delete(row.order_id);
  } else {
    store.refusals.set(row.order_id, sentence({ code: row.code, body: { details: row.details } }));
  }
  store.changed();
}

async function ask(deed, slice, reason) {
  const key = newKey();
  // A version guards what is taken away; a search that has gone a ring further is the same search.
  const guarded = deed === "cancel" || deed === "release";
  const body = { orders: slice.map(({ id, version }) => (guarded ? { id, version } : { id })) };
  if (reason !== undefined) body.reason = reason;
  for (let tried = 1; ; tried += 1) {
    try {
      return await request("POST", PATHS[deed], body, key, PATIENCE_MS);
    } catch (error) {
      if (!(error instanceof Unreachable) || tried === TRIES) throw error;
      await new Promise((go) => setTimeout(go, AGAIN_MS * tried));
    }
  }
}

// Who leaves the page has had the last word.
addEventListener("pagehide", () => {
  if (!waiting) return;
  clearTimeout(waiting.timer);
  fetch(`/api/v1/${PATHS[waiting.deed]}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": newKey() },
    body: JSON.stringify({ orders: waiting.orders.map(({ id, version }) => ({ id, version })), reason: waiting.reason }),
    credentials: "same-origin",
    keepalive: true,
  });
  waiting = null;
});
