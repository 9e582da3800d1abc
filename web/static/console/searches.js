/**
 * The search for an order's driver, as an operator starts, stops and watches it; and what else there is to read about the
 * marked order: why each driver was asked or was not, and all that happened to it.
 */

import { Problem, request, sentence, Unreachable } from "./api.js";
import { leftAlone, store } from "./store.js";
import { distance, duration, has, t } from "./texts.js";
import { complain, select, tripOf, wantsDriver } from "./work.js";

const DOUBTS = new Set(["pin_uncertain", "too_many_alike"]);
const drivers = () => document.querySelector("candidate-list");

export const isSearching = (order) => order?.search?.state === "running";
/** Everybody was asked and nobody has it, or the search stopped by itself: somebody has to do something. */
export const isUnassigned = (order) => wantsDriver(order) && leftAlone(order.search);
/** The desk proposes a driver and asks nobody. */
export const isProposing = (order) => isSearching(order) && order.search.proposes;

/** Shift F8: look for a driver, or look no further. */
export function startOrStop() {
  const order = store.order;
  if (!wantsDriver(order)) {
    store.say({ text: t(order ? "notices.no_search" : "notices.which_order") }, 4000);
  } else if (isSearching(order) && !isProposing(order)) {
    ask(order, `orders/${order.id}/search/stop`, {}, "notices.stopped");
  } else if (isDoubted(order)) {
    drivers().askPin();
  } else {
    start(order);
  }
}

/** `reason`: why it is offered although nobody knows exactly where it begins. */
export const start = (order, reason) =>
  ask(order, `orders/${order.id}/search`, reason ? { reason } : {}, "notices.searching");

async function ask(order, path, body, done) {
  try {
    const changed = await store.onItsWay(request("POST", path, body));
    store.takeOrder(changed, "order.changed");
    const unassigned = isUnassigned(changed);
    store.say(unassigned ? { text: standing(changed), kind: "bad" } : { text: t(done, { trip: tripOf(changed) }), kind: "good" }, 5000);
    select(order.id);
  } catch (error) {
    if (error instanceof Unreachable) store.say({ text: t("notices.not_searched"), kind: "bad" });
    else if (error instanceof Problem && DOUBTS.has(error.code)) drivers().askPin();
    else complain(error);
  }
}

/** Whether it is offered only with an operator's reason. */
export const isDoubted = (order) => Boolean(order?.pin_doubt || order?.crowd);

/** Why it must not be offered as it stands, in one sentence. */
export const doubtOf = (order) =>
  order.pin_doubt
    ? t(`search_do.${order.pin_doubt}`, { accuracy: distance(order.origin.accuracy_m) })
    : t(`search_do.${order.crowd.why}`, { count: order.crowd.count });

/** How the search stands, in one line. */
export function standing({ search }) {
  const parts = [];
  if (search.state === "running" && search.proposes) {
    const who = search.proposed;
    parts.push(who ? t("search_state.proposed", { who: `#${who.number} ${who.name}` }) : t("search_state.proposed_nobody"));
  } else if (search.state === "running") {
    parts.push(t(search.ring === search.rings ? "search_state.everybody" : "search_state.round", search), whoIsAsked(search));
  } else if (search.state === "unassigned") {
    parts.push(t(search.declined + search.silent ? "search_state.unassigned" : "search_state.nobody"));
  } else {
    parts.push(t(search.why === "uncertain" ? "search_state.uncertain" : "search_state.stopped"));
  }
  if (search.declined) parts.push(t("search_state.declined", { count: search.declined }));
  if (search.silent) parts.push(t("search_state.silent", { count: search.silent }));
  return parts.join(" · ");
}

function whoIsAsked({ asked, asking }) {
  if (!asked) return t("search_state.next");
  const who = asking.map((number) => `#${number}`).join(" ");
  const count = asked - asking.length;
  return count ? t("search_state.asking_more", { who, count }) : t("search_state.asking", { who });
}

/** How long those who are asked still have, by the server's clock. */
export const timeLeft = (until) => duration(Math.ceil((Date.parse(until) - store.now()) / 1000) * 1000);

// --- what there is to read about the marked order -------------------------------------------------------------------------

const PATHS = { why: "weighings", history: "history", car: "car" };

/** F9, Shift F9, C: have it in sight, or the drivers again. */
export async function show(view) {
  if (!store.order) {
    store.say({ text: t("notices.which_order") }, 4000);
    return;
  }
  store.view = store.view === view ? "drivers" : view;
  store.changed();
  return read(store.selectedOrder);
}

/** Have what the lower half shows of this order read again. Of a car it is on record that somebody looked. */
export async function read(orderId) {
  const view = store.view;
  try {
    const order = store.orders.get(orderId);
    if (view === "drivers" && !(wantsDriver(order) && order.search)) return;
    const told = await request("GET", `orders/${orderId}/${PATHS[view] ?? "offers"}`);
    if (store.selectedOrder === orderId && store.view === view) store.reading = { order: orderId, view, items: told.items ?? told, error: null };
    if (view === "history") store.ways = { order: orderId, items: (await request("GET", `orders/${orderId}/way`)).ways };
  } catch (error) {
    if (store.selectedOrder === orderId) store.reading = { order: orderId, view, items: [], error: sentence(error) };
  } finally {
    store.changed();
  }
}

/** What was read for what is in sight; null until it is here. */
export function reading(orderId) {
  const { order, view } = store.reading;
  return order === orderId && view === store.view ? store.reading : null;
}

export const declinedFor = (reason) => (reason && has(`declined.${reason}`) ? t(`declined.${reason}`) : reason);
