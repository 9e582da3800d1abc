/**
 * What the page says, in the language of the person at it. Both languages come with the page, so that switching works
 * without a connection and without a reload. Money, times and lengths of time are formatted here and nowhere else.
 */

const state = { tables: {}, locale: "en", fallback: "en", currency: "KRW", timeZone: undefined };

/** @param {{texts: object, locale: string, currency: string, timezone: string}} boot */
export function setUpTexts(boot) {
  state.tables = boot.texts;
  state.currency = boot.currency;
  state.timeZone = boot.timezone;
  setLocale(boot.locale);
}

export const locale = () => state.locale;
export const locales = () => Object.keys(state.tables);

export function setLocale(tag) {
  state.locale = tag in state.tables ? tag : state.fallback;
  document.documentElement.lang = state.locale;
}

/** The next language, remembered in this browser. */
export function nextLocale(tag = locales()[(locales().indexOf(state.locale) + 1) % locales().length]) {
  setLocale(tag);
  localStorage.setItem("callboard.locale", state.locale);
}

/** The words for `key` in every language: who searches may know only one of them. */
export const inEvery = (key) =>
  locales()
    .map((tag) => find(tag, key)?.other ?? "")
    .join(" ") + " ";

/** Whether the language in use has words for `key` ("calls.title"). */
export const has = (key) => find(state.locale, key) !== undefined;

/**
 * The words for `key`, with `{name}` places filled from `values`; `count` chooses the plural form. An unknown key is shown
 * as it is: never an error.
 */
export function t(key, values = {}) {
  const forms = find(state.locale, key) ?? find(state.fallback, key) ?? { other: key };
  const form = "count" in values ? new Intl.PluralRules(state.locale).select(values.count) : "other";
  const text = forms[form] ?? forms.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const find = (tag, key) => state.tables[tag]?.[key];

/** @param {number|null} minor whole minor units of `currency` */
export function money(minor, currency = state.currency) {
  if (minor === null || minor === undefined) return "";
  // As people there write it (25,000원), where the locale's table knows better than CLDR (₩25,000).
  if (has(`money.${currency}`)) return t(`money.${currency}`, { amount: moneyField(minor, currency) });
  const format = new Intl.NumberFormat(state.locale, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/**
 * Money as people type it ("25,000", "₩25000", "2만5천"), in the currency's smallest unit; null for nothing, and for what says no amount:
 * a sign, a letter or a second point may be a slip of the finger, and half of it is not what was meant.
 */
export function parseMoney(typed, currency = state.currency) {
  const format = new Intl.NumberFormat(state.locale, { style: "currency", currency });
  const bare = typed.normalize("NFKC").replace(/[\s,원\p{Currency_Symbol}]/gu, "");
  const parts = /^(?:([\d.]*)만)?(?:([\d.]*)천)?([\d.]*)$/.exec(bare);
  if (!bare || !parts) return null;
  const [, tenThousands, thousands, rest] = parts;
  const counted = (digits, unit) => (digits === undefined ? 0 : Number(digits || 1) * unit);
  const amount = counted(tenThousands, 10_000) + counted(thousands, 1000) + Number(rest || 0);
  return Number.isFinite(amount) ? Math.round(amount * 10 ** format.resolvedOptions().maximumFractionDigits) : null;
}

/** Money as it stands in a field: grouped digits without the sign. */
export function moneyField(minor, currency = state.currency) {
  if (minor === null || minor === undefined) return "";
  const digits = new Intl.NumberFormat(state.locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  return new Intl.NumberFormat(state.locale).format(minor / 10 ** digits);
}

export const clockTime = (moment, seconds = false) =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: seconds ? "2-digit" : undefined,
    timeZone: state.timeZone,
  }).format(new Date(moment));

export const day = (moment) =>
  new Intl.DateTimeFormat(state.locale, { month: "short", day: "numeric", timeZone: state.timeZone }).format(new Date(moment));

/** A date in as little room as a time of day. */
export const dayMonth = (moment) =>
  new Intl.DateTimeFormat("en-US", { month: "numeric", day: "numeric", timeZone: state.timeZone }).format(new Date(moment));

/** The day of a moment by the office's calendar (2026-11-22). */
export const today = (moment) => new Intl.DateTimeFormat("sv-SE", { timeZone: state.timeZone }).format(new Date(moment));

/** A length of time as an operator reads it: 0:04, 12:30, 1:02:03. */
export function duration(milliseconds) {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** Metres as people say them. */
export function distance(metres) {
  if (metres === null || metres === undefined) return "";
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}
