/**
 * What an operator can do, one function each; keys and buttons both end here. A pop never comes through here by itself:
 * only a person opens a card, so only a person moves the focus.
 */

import { Problem, request, sentence, Unreachable } from "./api.js";
import { BY_HAND, customerKey, Draft, Drafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { read } from "./searches.js";
import { undoMs } from "./settings.js";
import { fetchInto, share, unshare } from "./shared-drafts.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { owed } from "./wrap-up.js";

const NEXT_MS = 250; // so long the server is asked whose call is next; then this page decides
const TRIP_STATES_FOR_DRIVERS = new Set(["taken"]);

export const drafts = new Drafts(sessionStorage, { share, unshare });
export const outbox = new Outbox({ saved: delivered, refused: sentBack });

const form = () => document.querySelector("order-form");

export function complain(error) {
  if (error.status === 401) store.signedOut = true;
  if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
  store.say({ text: sentence(error), kind: "bad" });
}

// --- calls --------------------------------------------------------------------------------------------------------------

/**
 * F2: the next call is opened and answered: the one whose card is open, else the one that the server names (it knows at which
 * phone it rings), else the one that looks like it from here. With a call in hand none can be answered, so F2 walks through the
 * waiting cards, and from the last one back to my own call; with no card open, my own is the first.
 */
export async function takeNext() {
  const { waiting, mine, openCall } = store;
  if (mine && openCall === null) {
    open(mine.id); // before anybody else's: after a crash, or from an order by hand
    return;
  }
  let next = mine ? waiting[waiting.findIndex((call) => call.id === openCall) + 1] : store.next;
  if (!mine && next && next.id !== openCall) next = (await named()) ?? store.next;
  if (store.openCall !== openCall) return; // another key was quicker
  if (next) take(next);
  else if (mine) open(mine.id);
  else store.say({ text: t("notices.nobody_rings") }, 3000);
}

async function named() {
  try {
    return store.calls.get((await request("GET", "calls/next", undefined, undefined, NEXT_MS)).call_id) ?? null;
  } catch (error) {
    if (error.status === 401) complain(error);
    return null;
  }
}

/** Open a waiting call and answer it; while another call is in hand it is only opened. */
export function take(call) {
  const busy = store.mine;
  open(call.id);
  if (busy && busy.id !== call.id) store.say({ text: t("notices.hang_up_first"), kind: "plain" });
  else answer(call);
}

export async function answer(call) {
  if (call.source === "box" || call.state === "answered" || call.state === "ended") return;
  try {
    await request("POST", `calls/${call.id}/answer`, {});
  } catch (error) {
    complain(error);
  }
}

export async function hangUp() {
  const call = store.mine;
  if (!call) return;
  try {
    await request("POST", `calls/${call.id}/hangup`, {});
  } catch (error) {
    complain(error);
  }
}

export function open(callId) {
  const call = store.calls.get(callId);
  if (!call) return;
  store.openCall = callId;
  showOrderOf(call);
  const draft = drafts.get(callId) ?? new Draft(callId);
  draft.fill(call);
  drafts.set(draft);
  form().show(draft);
  fetchInto(draft, (found) => form().draft === found && form().show(found));
  store.changed();
}

/** A caller with a live order most likely asks for his driver: have that order on the right. */
function showOrderOf(call) {
  const live = call.customer?.live_order_id;
  const ofCall = store.board.find((order) => order.call_id === call.id);
  if (ofCall || live) select(ofCall?.id ?? live);
}

export function byHand() {
  store.openCall = null;
  const draft = drafts.get(BY_HAND) ?? new Draft(BY_HAND);
  drafts.set(draft);
  form().show(draft);
  store.changed();
}

/** A customer who was looked up: his card, his live order on the right, and an order begun for him. */
export function openCustomer(customer) {
  store.openCall = null;
  const draft = drafts.get(customerKey(customer.id)) ?? new Draft(customerKey(customer.id));
  draft.customer = customer;
  draft.fill({ number: customer.numbers[0] ?? null, choice: null, customer });
  drafts.set(draft);
  form().show(draft);
  if (customer.live_order_id) select(customer.live_order_id);
  store.changed();
}

export async function testCall() {
  try {
    await request("POST", "calls/test", {});
    store.say({ text: t("notices.test_call"), kind: "good" }, 4000);
  } catch (error) {
    complain(error);
  }
}

// --- the order in hand ----------------------------------------------------------------------------------------------------

export function takeTrip(index) {
  form().takeTrip(index);
}

export async function save() {
  const draft = form().draft;
  if (!draft || form().saving) return;
  if (form().lacks(draft)) return;
  const call = typeof draft.key === "number" ? (store.calls.get(draft.key) ?? null) : null;
  const values = { ...draft.values };
  form().saving = true;
  try {
    const saving = outbox.save(draft, call, store.link.up);
    drafts.keep(); // with the key under which it is sent
    const order = await saving;
    drafts.drop(draft.key);
    if (order) saved(draft, order, draft.since(values, order));
    else waits(draft);
  } catch (error) {
    if (!(error instanceof Problem && form().refused(draft, error))) complain(error);
  } finally {
    form().saving = false;
  }
}

function saved(draft, order, more) {
  store.takeOrder(order, "order.taken");
  if (more) {
    goOn(draft, order, more);
    return;
  }
  if (form().draft === draft) {
    form().showSaved(order.id);
    select(order.id);
    document.querySelector("candidate-list").enter(order.id);
  }
  store.say({ text: t("notices.saved", { trip: tripOf(order) }), kind: "good" }, 5000);
}

/** Somebody typed on while his order was being saved: it is saved as it was, and what he typed is a change that he has not saved. */
export function goOn(draft, order, more) {
  drafts.set(more);
  if (form().draft === draft) {
    store.openCall = null;
    form().goOn(more);
    select(order.id);
  }
  store.say({ text: t("notices.saved_typed_on", { trip: tripOf(order) }), kind: "bad" }, 15000);
}

function waits(draft) {
  if (form().draft === draft) form().showSaved(null);
  store.say({ text: t("notices.queued"), kind: "bad" }, 20000);
}

/** An order that had waited has arrived. Nothing is opened and no focus moves: the operator is elsewhere by now. */
function delivered(entry, order) {
  store.takeOrder(order, "order.taken");
  form().waitedOrder(entry.callId, order.id);
  const more = Draft.from(entry.draft).since(entry.values, order);
  if (more) {
    drafts.set(more);
    store.say({ text: t("notices.delivered_typed_on", { trip: tripOf(order) }), kind: "bad" }, 30000);
  } else {
    store.say({ text: t("notices.delivered", { trip: tripOf(order) }), kind: "good" });
  }
}

function sentBack(entry, problem) {
  drafts.set(Draft.from(entry.draft));
  store.say({ text: t("notices.sent_back", { reason: sentence(problem) }), kind: "bad" }, 30000);
}

export const tripOf = (order) => [order.origin.text, order.destination?.text].filter(Boolean).join(" → ");

/** Esc: what was typed goes, and can be had back for 8 s; with nothing typed, the card is closed. */
export function clear() {
  const draft = form().draft;
  if (!draft?.dirty && owed()) {
    store.say({ text: t("wrap_up.first"), kind: "bad" });
    return;
  }
  if (!draft) {
    close();
    return;
  }
  if (!draft.dirty) {
    drafts.drop(draft.key);
    close();
    return;
  }
  const kept = Draft.from(structuredClone({ ...draft }));
  if (draft.editing) {
    drafts.drop(draft.key);
    close();
  } else {
    const call = store.calls.get(draft.key) ?? null;
    const empty = new Draft(draft.key);
    empty.customer = draft.customer;
    if (call) empty.fill(call);
    drafts.set(empty);
    form().show(empty);
  }
  const undo = () => {
    drafts.set(kept);
    if (typeof kept.key !== "number") store.openCall = null;
    else if (store.calls.has(kept.key)) store.openCall = kept.key;
    form().show(kept);
    store.hush();
  };
  store.say({ text: t("notices.cleared"), undo }, undoMs());
}

function close() {
  store.openCall = null;
  form().show(null);
  store.changed();
}

// --- the board --------------------------------------------------------------------------------------------------------------

let loading = null;

/** Have an order on the right, with who could drive or with what became of its messages. */
export function select(orderId) {
  const before = store.selectedOrder;
  store.selectedOrder = orderId;
  if (before !== orderId) store.candidates = { order: orderId, items: [], loading: true, error: null };
  store.changed();
  if (before === orderId && loading !== null) return; // is about to be read anyway; a night of news must not put it off
  clearTimeout(loading);
  const look = () => {
    loading = null;
    refreshOrder(orderId);
  };
  loading = setTimeout(look, before === orderId ? 300 : 0);
}

const { takes_back: takesBack } = JSON.parse(document.getElementById("boot").textContent);

/** Who has an order that can still be taken back from him, or takes it next. */
export const holderOf = (order) => order?.next_driver ?? (takesBack.includes(order?.state) ? order.driver : null);

export const wantsDriver = (order) => Boolean(order) && TRIP_STATES_FOR_DRIVERS.has(order.state);

async function refreshOrder(orderId) {
  try {
    const order = store.orders.get(orderId) ?? (await request("GET", `orders/${orderId}`));
    store.takeOrder(order, "order.seen");
    const path = wantsDriver(order) ? `orders/${orderId}/candidates` : `messages?order_id=${orderId}`;
    read(orderId);
    const told = await request("GET", path);
    if (store.selectedOrder !== orderId) return;
    if (wantsDriver(order)) store.candidates = { order: orderId, items: told.items, loading: false, error: null };
    else store.takeMessages(told.items);
  } catch (error) {
    if (store.selectedOrder !== orderId) return;
    store.candidates = { order: orderId, items: [], loading: false, error: sentence(error) };
  } finally {
    store.changed();
  }
}

/** Somebody's assignment changes who is free: look again, a little later, once. So does news of the order that is read. */
export function refreshCandidates(orderId = null) {
  if (wantsDriver(store.order) || (store.order && store.selectedOrder === orderId)) select(store.selectedOrder);
}

/** The driver's own page, by a text message: nobody here sees what is in the link. */
export async function sendLink(driver) {
  try {
    await request("POST", `drivers/${driver.id}/link`, {});
    store.say({ text: t("notices.link_sent", { number: driver.number }), kind: "good" });
  } catch (error) {
    store.say({ text: sentence(error), kind: "bad" });
  }
}

export async function assign(number) {
  const order = store.order;
  if (!order || !number) {
    store.say({ text: t(order ? "notices.which_driver" : "notices.which_order") }, 4000);
    return false;
  }
  try {
    const changed = await store.onItsWay(request("POST", `orders/${order.id}/assign`, { driver_number: number }));
    store.takeOrder(changed, "order.assigned");
    const said = t("notices.assigned", { number: changed.driver?.number ?? number, trip: tripOf(changed) });
    store.say({ text: changed.pin_doubt ? `${said} ${t("notices.pin_told")}` : said, kind: "good" });
    select(order.id);
    return true;
  } catch (error) {
    if (error instanceof Unreachable) store.say({ text: t("notices.not_assigned"), kind: "bad" });
    else complain(error);
    return false;
  }
}

/** The order from the driver who has it to another one: both, or neither. */
export async function reassign(order, number, reason) {
  try {
    const changed = await store.onItsWay(request("POST", `orders/${order.id}/reassign`, { driver_number: number, reason, version: order.version }));
    store.takeOrder(changed, "order.assigned");
    store.say({ text: t("notices.reassigned", { number, before: holderOf(order).number, trip: tripOf(order) }), kind: "good" }, 15000);
    select(order.id);
    return true;
  } catch (error) {
    if (error instanceof Unreachable) store.say({ text: t("notices.not_assigned"), kind: "bad" });
    else complain(error);
    return false;
  }
}

// --- the session --------------------------------------------------------------------------------------------------------------

/** Leave; nothing of a customer stays in this browser. */
export async function signOut() {
  await request("DELETE", "session").catch(() => null);
  form().show(null); // what is open is kept with every change, also with one that comes before the page is left
  drafts.forgetAll();
  sessionStorage.removeItem("callboard.open");
  outbox.forgetAll();
  location.assign("/login");
}
