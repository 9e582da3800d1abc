/**
 * What goes with a trip: the stops on its way, when it is wanted, what it costs and of which parts that is made, and by when a
 * driver was promised.
 */

import { html, nothing } from "lit";
import { request } from "./api.js";
import * as icons from "./icons.js";
import { store } from "./store.js";
import { clockTime, dayMonth, has, money, t } from "./texts.js";

export const STOP = " › ";
const KM = 1000;

/** The stops as they stand in one field, and back. */
export const stopsField = (order) => (order.way_points ?? []).map((stop) => stop.text).join(STOP);

export const split = (text) =>
  text
    .split(/[›>]/)
    .map((part) => part.normalize("NFC").trim())
    .filter(Boolean);

export function stopsBody(text, known = []) {
  return split(text).map((part) => {
    const stop = known.find((each) => each.text === part);
    if (!stop) return { text: part, source: "operator" };
    const body = { text: part, source: stop.source };
    for (const name of ["lat", "lon", "accuracy_m"]) if (stop[name] != null) body[name] = stop[name];
    return body;
  });
}

/** A booked time as it stands in its field: the server reads it back as the same moment. */
export const wantedField = (order) => (order.wanted_at ? `${monthDay(order.wanted_at)} ${clockTime(order.wanted_at)}` : "");

const monthDay = (moment) => dayMonth(moment).match(/\d+/g).slice(-2).map((part) => part.padStart(2, "0")).join("/");

/** One line of what a fare is made of. */
export function partWords({ key, amount, args }, currency) {
  const km = (metres) => (metres / KM).toFixed(1).replace(/\.0$/, "");
  const values = { ...args };
  if ("metres" in args) values.km = km(args.metres);
  if ("unit" in args) values.unit = money(args.unit, currency);
  if (key === "waiting") return t("fare_part.waiting", { ...values, step: money(args.step, currency) });
  return `${t(`fare_part.${key}`, values)} ${money(amount, currency)}`;
}

/** What adds up to the amount; how waiting is counted stands after it, as it adds nothing yet. */
export function partsWords(parts, currency) {
  const words = (some) => some.map((part) => partWords(part, currency));
  const sum = words(parts.filter(({ key }) => key !== "waiting")).join(" + ");
  return [sum, ...words(parts.filter(({ key }) => key === "waiting"))].join(" · ");
}

/** What a trip that is being typed would cost; null when the server does not answer, or cannot read it. */
export async function quote(body) {
  try {
    return await request("POST", "quotes", body);
  } catch {
    return null;
  }
}

/** What may be promised to who is on the line, and what that rests on. */
export function promiseWords(quoted) {
  if (!quoted) return "";
  if (quoted.wanted_at) return `${dayMonth(quoted.wanted_at)} ${clockTime(quoted.wanted_at)}`;
  if (!quoted.promise_s) return "";
  const until = new Date(store.now() + quoted.promise_s * 1000).toISOString();
  const told = t("order.promised", { time: clockTime(until), minutes: Math.round(quoted.promise_s / 60) });
  return `${told} · ${learnedWords(quoted)}`;
}

function learnedWords({ samples, error_s: error }) {
  if (!samples) return t("order.promise_usual");
  return t("order.promise_learned", { samples, minutes: Math.max(1, Math.round(error / 60)) });
}

const OFF = new Set(["kept", "off"]);
const DONE = new Set(["texted", "started"]); // what was done, though too late

/** Minutes until the promise breaks, by the server's clock; null where there is none to keep. */
export function minutesLeft({ promise, closed_at: closed }) {
  if (!promise || closed || OFF.has(promise.state) || promise.minutes_left === null) return null;
  return Math.floor((Date.parse(promise.at) - store.now()) / 60000);
}

/** Whether the desk is alarmed of a promise: then the fare may be raised, and the customer asked to wait. */
export const isPromised = (order) => Boolean(order?.alarms?.some((alarm) => alarm.kind.startsWith("promise")));

/** Under an order's row: when it is wanted, and what the desk is to see to. */
export function clockLine(order) {
  const alarm = order.closed_at ? null : order.alarms?.at(-1);
  const wanted = order.wanted_at && !order.closed_at;
  if (!alarm && !wanted) return nothing;
  const when = wanted ? html`<span>${icons.clock} ${dayMonth(order.wanted_at)} ${clockTime(order.wanted_at)}</span>` : nothing;
  return html`<span class="search-line ${alarm ? "unassigned" : ""}">${when}${alarm ? html`<span>${icons.warn} ${alarmWords(order, alarm)}</span>` : nothing}</span>`;
}

export function alarmWords(order, alarm) {
  if (DONE.has(alarm.outcome)) {
    return t("alarm.done_late", { what: t(`history.timer.${alarm.kind}`), minutes: Math.round(alarm.late_s / 60) });
  }
  const minutes = minutesLeft(order);
  const kind = alarm.kind === "promise" && minutes !== null && minutes < 0 ? "promise_broken" : alarm.kind;
  const late = alarm.late_s ? ` (${t("alarm.late", { minutes: Math.round(alarm.late_s / 60) })})` : "";
  return t(has(`alarm.${kind}`) ? `alarm.${kind}` : "alarm.promise", { minutes: minutes ?? 0 }) + late;
}

/** What the fare of an order rests on, line by line. */
export function fareBasis(order) {
  const told = order.fare_basis;
  if (!told) return nothing;
  const words = [t(`fare_basis.${told.basis}`), told.reason, told.told ? t("history.fare_told") : null];
  return html`<p class="fare-basis"><small>${words.filter(Boolean).join(" · ")}</small>
    ${told.parts.length ? html`<small>${partsWords(told.parts, order.currency)}</small>` : nothing}</p>`;
}
