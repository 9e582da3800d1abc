/**
 * What the page knows: the server's rows as the link last told them, and what the operator has open. Elements read it and
 * are told once a frame that something changed, however many pushes came in between.
 *
 * Nothing here touches a field: what is being typed belongs to the form alone.
 */

import { stays } from "./settings.js";

const RECENT_ENDED = 30;
const RECENT_CLOSED = 20;
const DAY_MS = 24 * 60 * 60 * 1000;
export const MOMENT_MS = 400; // what takes longer than this is said to be on its way

/** A search that ended without a driver and waits for somebody: everybody was asked, or it stopped by itself. */
export const leftAlone = (search) => search?.state === "unassigned" || (search?.state === "stopped" && search.why === "uncertain");

/** Whether somebody has to do something: nobody will drive it, an alarm is not seen to, or a text about it was not heard. */
export const needsSomebody = (order) =>
  order.unheard?.length > 0 || (!order.closed_at && ((order.state === "taken" && leftAlone(order.search)) || order.alarms?.length > 0));

export class Store {
  geocoders = []; // who is asked for places on the network
  calls = new Map();
  orders = new Map();
  messages = new Map();
  /** Texts that came in and wait for a person. */
  textsWaiting = 0;
  /** What is to be done for customers: when it is due, and whose it is. */
  tasks = [];
  /** Licences and insurances that run out and nobody has seen to. */
  papers = 0;
  parts = {};
  modes = [];
  wrapUps = { codes: [], required: false }; // what a call may be about, in the order of the keys, and whether it must be said
  pauses = []; // who takes no calls now: {operator, reason, since}
  readyAt = 0; // when my last pause ended, in server time
  me = null;
  today = null;
  offset = 0; // server time less ours, in milliseconds
  openedAt = Date.now();

  link = { up: false, since: performance.now() };
  signedOut = false;

  openCall = null; // id of the call in the middle, or null: an order by hand, or nothing
  selectedOrder = null;
  candidates = { order: null, items: [], loading: false, error: null };
  view = "drivers"; // what the lower right shows of the marked order: "drivers", "why", "history", "car"
  ways = { order: null, items: [] };
  reading = { order: null, view: null, items: [], error: null };
  notice = null;
  late = new Set(); // deeds whose answer takes longer than a moment
  filter = { which: "all", text: "" }; // what the board shows
  ticked = new Set(); // ids of the orders that something is to be done to at once
  refusals = new Map(); // order id -> why it was not done
  drivers = new Map(); // who is on duty, while a map is open
  watchDrivers = () => {}; // (on: boolean): whoever has the link says how
  work = null; // how the last deed for many stands: {deed, total, told, done, running}

  #listeners = new Set();
  #scheduled = false;

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tell the elements, at the next frame (a hidden page has none, so a timer stands by). */
  changed() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    let done = false;
    const tell = () => {
      if (done) return;
      done = true;
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    };
    requestAnimationFrame(tell);
    setTimeout(tell, 60);
  }

  /** Server time, in milliseconds. */
  now() {
    return Date.now() + this.offset;
  }

  heard(at) {
    const offset = Date.parse(at) - Date.now();
    // The message with the shortest way told the truest time.
    if (this.freshOffset || offset > this.offset) this.offset = offset;
    this.freshOffset = false;
  }

  snapshot(told) {
    this.freshOffset = true;
    this.heard(told.now);
    const inHand = this.callInHand;
    this.calls = byId(told.calls);
    // The card in the middle stays, even when it is too old for the server's list.
    if (inHand && !this.calls.has(inHand.id)) this.calls.set(inHand.id, { ...inHand, state: "ended" });
    this.orders = byId(told.orders);
    this.messages = byId(told.messages);
    this.textsWaiting = told.texts_waiting;
    this.papers = told.papers ?? 0;
    this.tasks = told.tasks ?? [];
    this.wrapUps = told.wrap_ups ?? this.wrapUps;
    this.parts = told.parts ?? {};
    this.pauses = told.pauses ?? [];
    this.me = told.me ?? this.me;
    this.today = told.today ?? null;
    this.untick();
    this.changed();
  }

  delta(told) {
    this.heard(told.at);
    // What only moves a call says nothing of the customer: the card that we have stays.
    if (told.call) this.calls.set(told.call.id, { ...this.calls.get(told.call.id), ...told.call });
    if (told.order) this.takeOrder(told.order, told.type);
    if (told.message) this.messages.set(told.message.id, told.message);
    if (told.texts_waiting !== undefined) this.textsWaiting = told.texts_waiting;
    if (told.papers !== undefined) this.papers = told.papers;
    if (told.tasks) this.tasks = told.tasks;
    if (told.modes) this.modes = told.modes;
    if (told.wrap_ups) this.wrapUps = told.wrap_ups;
    if (told.pauses) this.takePauses(told.pauses);
    if (told.type === "part.changed") this.parts = { ...this.parts, [told.part]: { ok: told.ok, reason: told.reason } };
    this.trim();
    this.untick();
    this.changed();
  }

  takeOrder(order, type) {
    const known = this.orders.get(order.id);
    if (!known && type === "order.taken" && this.today) this.today = { ...this.today, orders: this.today.orders + 1 };
    // The answer to our own request and the push of the same change may come in either order.
    if (!known || order.version >= known.version) this.orders.set(order.id, order);
  }

  /** Texts that were asked for: what has become of one since may have been pushed while the answer was on its way. */
  takeMessages(messages) {
    for (const message of messages) {
      const known = this.messages.get(message.id);
      if (!known || message.updated_at > known.updated_at) this.messages.set(message.id, message);
    }
  }

  takePauses(pauses) {
    const away = this.pause;
    this.pauses = pauses;
    if (away && !this.pause) this.readyAt = this.now();
    this.changed();
  }

  /** My own pause, or null: I am there. */
  get pause() {
    return this.pauses.find(({ operator }) => operator.id === this.me?.id) ?? null;
  }

  takeDrivers(told) {
    if (told.whole) this.drivers = new Map();
    for (const driver of told.drivers) this.drivers.set(driver.id, driver);
    this.changed();
  }

  trim() {
    const ended = [...this.calls.values()].filter((call) => call.state === "ended" && call.id !== this.openCall);
    for (const call of ended.sort(newestFirst).slice(RECENT_ENDED)) this.calls.delete(call.id);
  }

  // --- what the elements ask -----------------------------------------------------------------------------------------

  get callInHand() {
    return this.calls.get(this.openCall) ?? null;
  }

  get order() {
    return this.orders.get(this.selectedOrder) ?? null;
  }

  /** Calls that nobody has taken yet, the longest waiting first; nobody waits in a call that one of us has placed. */
  get waiting() {
    return this.sorted((call) => !goesOut(call) && (call.state === "arrived" || call.state === "ringing"));
  }

  /** Whom F2 answers: the open card if it waits, else the most urgent who has waited longest; whom a colleague asked for, last. */
  get next() {
    const elsewhere = (call) => Boolean(call.wanted_by && call.wanted_by.id !== this.me?.id);
    const { waiting } = this;
    const open = waiting.find((call) => call.id === this.openCall && !elsewhere(call));
    return open ?? waiting.sort((a, b) => elsewhere(a) - elsewhere(b) || (b.priority ?? 0) - (a.priority ?? 0))[0] ?? null;
  }

  /** Calls that one of us has, or is about to have. */
  get talking() {
    return this.sorted((call) => call.state === "answered" || (goesOut(call) && call.state !== "ended"));
  }

  get ended() {
    return [...this.calls.values()].filter((call) => call.state === "ended").sort(newestFirst);
  }

  get mine() {
    return this.talking.find((call) => this.isMine(call)) ?? null;
  }

  isMine(call) {
    return Boolean(this.me && call.operator && call.operator.id === this.me.id);
  }

  sorted(which) {
    return [...this.calls.values()].filter(which).sort((a, b) => a.arrived_at.localeCompare(b.arrived_at) || a.id - b.id);
  }

  /** Orders for the board: live ones, then those closed lately; the newest first, so that nothing live jumps about. */
  get board() {
    const rows = [...this.orders.values()].sort((a, b) => b.taken_at.localeCompare(a.taken_at) || b.id - a.id);
    // What is booked for later comes after what waits now, the soonest first.
    const booked = rows.filter((order) => order.state === "reserved").sort((a, b) => a.wanted_at.localeCompare(b.wanted_at));
    const now = rows.filter((order) => !order.closed_at && order.state !== "reserved");
    const closed = rows.filter((order) => order.closed_at);
    const kept = closed.filter((order, at) => at < RECENT_CLOSED || needsSomebody(order));
    return [...now, ...booked, ...kept];
  }

  /** Orders that are gone from here are not ticked; nor is one that is over. */
  untick() {
    for (const id of this.ticked) if (this.orders.get(id)?.closed_at !== null) this.ticked.delete(id);
  }

  messagesOf(orderId) {
    return [...this.messages.values()].filter((message) => message.order_id === orderId).sort((a, b) => a.id - b.id);
  }

  get lastMessages() {
    return [...this.messages.values()].sort((a, b) => b.updated_at.localeCompare(a.updated_at) || b.id - a.id);
  }

  /** Orders taken since midnight at the firm, as far as the server or the rows on this page tell. */
  get ordersToday() {
    return this.today?.orders ?? [...this.orders.values()].filter((order) => this.now() - Date.parse(order.taken_at) < DAY_MS).length;
  }

  /** Since when I am free: my last call's end, my last pause's, or the opening of this page. */
  get readySince() {
    const ends = this.ended.filter((call) => this.isMine(call)).map((call) => Date.parse(call.ended_at));
    return Math.max(this.openedAt + this.offset, this.readyAt, ...ends);
  }

  /** Orders that somebody has to see to. */
  get needing() {
    return [...this.orders.values()].filter(needsSomebody);
  }

  get troubles() {
    return Object.entries(this.parts).filter(([, part]) => part.ok === false);
  }

  /** The server lives and its database does not: whatever is saved now is refused. */
  get unsaved() {
    return this.parts.database?.ok === false;
  }

  // --- notices --------------------------------------------------------------------------------------------------------

  /**
   * Say something in the bottom line, for so long as the settings make of it; what can be undone, exactly as long as that.
   * @param {{text: string, kind?: "good"|"bad"|"plain", undo?: () => void}} notice
   */
  say(notice, milliseconds = 8000) {
    this.notice = { kind: "plain", ...notice, until: Date.now() + (notice.undo ? milliseconds : stays(milliseconds)) };
    this.changed();
  }

  /** The same promise; what takes longer than a moment is said to be on its way (bottom-line.js). */
  async onItsWay(promise) {
    const late = setTimeout(() => {
      this.late.add(promise);
      this.changed();
    }, MOMENT_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      if (this.late.delete(promise)) this.changed();
    }
  }

  hush() {
    this.notice = null;
    this.changed();
  }
}

export const goesOut = (call) => call.direction === "out";
const newestFirst = (a, b) => b.arrived_at.localeCompare(a.arrived_at) || b.id - a.id;
const byId = (rows) => new Map((rows ?? []).map((row) => [row.id, row]));

export const store = new Store();
