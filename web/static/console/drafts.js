/**
 * Orders that are being typed, one per call (and one that is taken by hand). A draft is kept for the tab's lifetime, so a
 * reload, another card or a lost link costs nothing that was typed; signing out forgets all of them.
 *
 * A draft knows for each field what it holds, where that is known from, and whether a person has touched it: what was typed
 * is never replaced by what arrives later.
 */

import { CHANGEABLE, FIELDS, OWN, VALUES } from "./form-fields.js";
import { written } from "./phone.js";
import { accountOf, paymentBody, paymentField, wantsBody, wantsField } from "./terms.js";
import { moneyField, parseMoney, t } from "./texts.js";
import { stopsBody, stopsField, wantedField } from "./trips.js";

export const BY_HAND = "by-hand";
const PLACES = new Set(["origin", "destination"]);
const STORED = "callboard.drafts";

/** The key of the draft in which order `id` is changed. */
export const changeKey = (id) => `order:${id}`;

/** The key of the draft that is begun for a customer who was looked up. */
export const customerKey = (id) => `customer:${id}`;

/** What an order says, as it stands in the form. */
export function wordsOf(order) {
  return {
    number: written(order.number),
    customer_name: "",
    origin: order.origin.text,
    destination: order.destination?.text ?? "",
    fare: moneyField(order.fare, order.currency),
    fare_reason: "",
    note: order.note ?? "",
    way_points: stopsField(order),
    wanted: wantedField(order),
    payment: paymentField(order),
    cost_centre: order.cost_centre ?? "",
    wants: wantsField(order),
    limit_reason: "",
    served_because: "",
    ...Object.fromEntries(OWN.map((name) => [name, order.details[name] ?? ""])),
  };
}

export class Draft {
  constructor(key) {
    this.key = key;
    this.values = Object.fromEntries(VALUES.map((name) => [name, ""]));
    this.places = { origin: null, destination: null };
    this.touched = {};
    this.stops = []; // the stops that are known with their pins
    this.when = null; // {text, at}: what the server understood the wanted time to be
    this.quoted = null; // what the server says the trip costs, and what may be promised
    this.fareFrom = null; // the fare's text as it came from history, while it stands
    this.editing = null; // of an order that is being changed: {order, version, state, seen: its words}
    this.customer = null; // whom the operator has looked up; the customer of a call is the call's
    this.sent = null; // {body, key} of the last attempt to save
    this.refused = null; // what the server would take with a reason: "customer_not_served", "over_credit_limit"
    this.clash = null; // what others changed meanwhile: {before, after: states, fields: [...]}
  }

  /** A draft in which `order` is changed. */
  static of(order) {
    const draft = new Draft(changeKey(order.id));
    draft.saw(order, order.version);
    draft.values = { ...draft.editing.seen };
    draft.places = { origin: order.origin, destination: order.destination };
    draft.stops = order.way_points;
    return draft;
  }

  /** A draft in which `order`, as this draft asked for it, is changed by what was typed here since: null where nothing was. */
  since(values, order) {
    const typed = CHANGEABLE.filter((name) => this.touched[name] && this.values[name] !== values[name]);
    if (!typed.length) return null;
    const draft = Draft.of(order);
    for (const name of typed) {
      draft.type(name, this.values[name]);
      if (name in draft.places) draft.places[name] = this.places[name];
    }
    if (typed.includes("way_points")) draft.stops = this.stops;
    return draft;
  }

  /** From here on, changes are changes to this state of the order. */
  saw(order, version) {
    this.editing = { order: order.id, version, state: order.state, seen: wordsOf(order) };
  }

  static from(kept) {
    const draft = new Draft(kept.key);
    return Object.assign(draft, kept, { values: { ...draft.values, ...kept.values } });
  }

  get dirty() {
    if (this.editing) return this.clash !== null || FIELDS.some((name) => this.values[name] !== this.editing.seen[name]);
    return FIELDS.some((name) => this.touched[name] && this.values[name].trim() !== "");
  }

  type(name, text) {
    this.values[name] = text;
    this.touched[name] = true;
    if (PLACES.has(name) && this.places[name]?.text !== text) this.places[name] = null;
  }

  /** Put a known place into a field. `source` is where the desk knows it from: "caller", "saved" or "history". */
  place(name, place, source) {
    this.values[name] = place?.text ?? "";
    this.places[name] = place ? { ...place, source } : null;
  }

  takeTrip(trip, keepOrigin) {
    if (!keepOrigin) this.place("origin", trip.origin, "history");
    this.place("destination", trip.destination, "history");
    this.values.fare = this.fareFrom = moneyField(trip.fare);
    for (const name of ["origin", "destination", "fare"]) this.touched[name] = true;
  }

  /** Fill what nobody has touched from the call's card. Returns the names of the fields whose text changed. */
  fill(call) {
    const before = { ...this.values };
    if (!this.touched.number) this.values.number = written(call.number);
    if (!this.touched.origin) this.fillOrigin(call);
    return FIELDS.filter((name) => before[name] !== this.values[name]);
  }

  fillOrigin({ choice, customer }) {
    const places = customer?.places ?? [];
    if (choice?.kind === "place") {
      const known = places.find((place) => place.id === choice.place_id);
      this.place("origin", known ?? { text: choice.text ?? "" }, "caller");
    } else if (choice?.kind !== "recording") {
      // Not simply his latest place: that may be where he was last taken to.
      const usual = customer?.usual_trips?.[0]?.origin ?? null;
      if (usual) this.place("origin", places.find((place) => place.text === usual.text) ?? usual, "saved");
    }
  }

  /** The trip that Enter takes: the usual one from where the caller is. What the caller told the IVR is never overruled. */
  proposal(customer) {
    const trips = customer?.usual_trips ?? [];
    const origin = this.values.origin.trim();
    const same = trips.find((trip) => trip.origin.text === origin);
    return same ?? (origin === "" || this.places.origin?.source === "saved" ? (trips[0] ?? null) : null);
  }

  /** The request's body; `call` may be null. */
  body(call) {
    const text = (name) => this.values[name].normalize("NFC").trim();
    const body = { origin: this.placeBody("origin", call) };
    if (call) body.call_id = call.id;
    if (!call?.number && text("number")) body.number = text("number");
    if (!call?.customer && text("customer_name")) body.customer_name = text("customer_name");
    if (text("destination")) body.destination = this.placeBody("destination", call);
    const fare = parseMoney(text("fare"));
    if (fare !== null) body.fare = fare;
    if (text("note")) body.note = text("note");
    this.terms(body, text);
    if (text("way_points")) body.way_points = stopsBody(text("way_points"), this.stops);
    if (text("wanted")) body.wanted = this.wanted;
    if (this.byHand) body.fare_reason = text("fare_reason") || t("order.fare_usual_reason");
    if (OWN.length) body.details = Object.fromEntries(OWN.map((name) => [name, text(name) || null]));
    return body;
  }

  /** How it is paid, who may drive it, and why somebody is served all the same. */
  terms(body, text) {
    if (this.values.payment && this.values.payment !== "cash") Object.assign(body, paymentBody(this.values.payment));
    if (this.account !== null && text("cost_centre")) body.cost_centre = text("cost_centre");
    if (this.overLimit) body.reason = text("limit_reason");
    if (this.values.wants) body.wants = wantsBody(this.values.wants);
    if (text("served_because")) body.served_because = text("served_because");
  }

  /** The account that pays; null where it is paid otherwise. */
  get account() {
    return accountOf(this.values.payment);
  }

  /** Whether it is sent as one that goes beyond its account's limit. */
  get overLimit() {
    return this.account !== null && this.refused === "over_credit_limit" && this.values.limit_reason.trim() !== "";
  }

  /** The body of a change: the version that was seen, and only the fields that are otherwise now. */
  changes() {
    const body = { version: this.editing.version };
    for (const name of CHANGEABLE) {
      const text = this.values[name].normalize("NFC").trim();
      if (text === this.editing.seen[name]) continue;
      if (name === "way_points") body[name] = stopsBody(text, this.stops);
      else if (name === "wanted") body[name] = this.wanted;
      else if (name === "payment") Object.assign(body, paymentBody(text));
      else if (name === "wants") body[name] = wantsBody(text);
      else if (OWN.includes(name)) body.details = { ...body.details, [name]: text || null };
      else if (PLACES.has(name)) body[name] = text ? this.placeBody(name, null) : null;
      else body[name] = name === "fare" ? parseMoney(text) : text || null;
    }
    return body;
  }

  /** The wanted time: as the server has understood it, so that "+45" is not counted anew when it is saved. */
  get wanted() {
    const text = this.values.wanted.normalize("NFC").trim();
    return this.when?.text === text && this.when.at ? this.when.at : text;
  }

  /** Whether somebody has typed a fare that is neither what the tariff says nor what the same trip cost last time. */
  get byHand() {
    const fare = parseMoney(this.values.fare);
    if (this.editing) return fare !== parseMoney(this.editing.seen.fare);
    const quoted = this.quoted?.amount ?? null;
    return fare !== null && quoted !== null && fare !== quoted && this.fareFrom !== this.values.fare;
  }

  /** What the server is asked of the trip as it stands; null while there is too little. */
  trip(call) {
    if (!this.values.origin.trim()) return null;
    const body = { origin: this.placeBody("origin", call) };
    if (this.values.destination.trim()) body.destination = this.placeBody("destination", call);
    if (this.values.way_points.trim()) body.way_points = stopsBody(this.values.way_points, this.stops);
    if (this.values.wanted.trim()) body.wanted = this.values.wanted.normalize("NFC").trim();
    const fare = parseMoney(this.values.fare);
    if (fare !== null) body.fare = fare;
    return body;
  }

  /** What is kept on the server for whoever takes the call over. */
  get form() {
    return { values: this.values, places: this.places, touched: this.touched, stops: this.stops };
  }

  placeBody(name, call) {
    const text = this.values[name].normalize("NFC").trim();
    const known = this.places[name];
    const typedFrom = name === "origin" && call?.choice?.kind === "recording" ? "recording" : "operator";
    if (!known || known.text !== this.values[name]) return { text, source: typedFrom };
    const body = { text, source: known.source };
    for (const part of ["lat", "lon", "accuracy_m"]) if (known[part] != null) body[part] = known[part];
    return body;
  }
}

export class Drafts {
  #all = new Map();

  /** `server`: what is told when a call's draft has changed (`share`) and when it is gone (`unshare`). */
  constructor(storage = sessionStorage, server = { share: () => {}, unshare: () => {} }) {
    this.storage = storage;
    this.server = server;
    for (const kept of read(storage)) this.#all.set(kept.key, Draft.from(kept));
  }

  get(key) {
    return this.#all.get(key) ?? null;
  }

  has(key) {
    return this.#all.get(key)?.dirty ?? false;
  }

  set(draft) {
    this.#all.set(draft.key, draft);
    this.server.share(draft);
    this.keep();
  }

  drop(key) {
    this.#all.delete(key);
    this.server.unshare(key);
    this.keep();
  }

  forgetAll() {
    this.#all.clear();
    this.storage.removeItem(STORED);
  }

  keep() {
    const dirty = [...this.#all.values()].filter((draft) => draft.dirty);
    for (const draft of dirty) this.server.share(draft);
    try {
      this.storage.setItem(STORED, JSON.stringify(dirty));
    } catch {
      // A full or forbidden storage costs the draft's survival of a reload, nothing else.
    }
  }
}

function read(storage) {
  try {
    return JSON.parse(storage.getItem(STORED) ?? "[]");
  } catch {
    return [];
  }
}
