/**
 * Which of a customer's places fit what has been typed: by any part of the text, or by first consonants (ㄱㄴㅇ: 강남역); and what
 * the server knows beside these: all of his places, and the office's place book.
 */

import { request } from "./api.js";
import { t } from "./texts.js";

const FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const SYLLABLES = 0xac00;
const PER_FIRST = 588;
const SHOWN = 6;
const MOST = 8;
const MOST_OF_NETWORK = 4;

/** The first consonants of `text`; what is not a Hangul syllable stays as it is. */
export function firstConsonants(text) {
  return Array.from(text, (character) => {
    const place = character.charCodeAt(0) - SYLLABLES;
    return place >= 0 && place < 11172 ? FIRST[Math.floor(place / PER_FIRST)] : character;
  }).join("");
}

const bare = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, "");

function fits(text, typed) {
  const [whole, part] = [bare(text), bare(typed)];
  return whole.includes(part) || firstConsonants(whole).includes(part);
}

/** @param {object|null} customer  @param {"origin"|"destination"} end  @param {string} typed */
export function suggest(customer, end, typed) {
  const known = new Map();
  const trips = (customer?.usual_trips ?? []).map((trip) => trip[end]).filter(Boolean);
  const others = (customer?.usual_trips ?? []).map((trip) => trip[end === "origin" ? "destination" : "origin"]).filter(Boolean);
  for (const place of [...trips, ...(customer?.places ?? []), ...others]) {
    if (!known.has(place.text) || place.id) known.set(place.text, place);
  }
  return [...known.values()].filter((place) => place.text !== typed && fits(place.text, typed)).slice(0, SHOWN);
}

/** Places of one name in two districts are two. */
export const same = (one, other) => one.text === other.text && (one.district ?? null) === (other.district ?? null);

/** What stands in the field once it is chosen. Of areas and of places of one name, the driver must read which is meant. */
export function inFull(place, others) {
  if (place.kind === "area") return place.district ? `${place.district} ${place.text}` : place.text;
  const namesake = others.some((each) => each.text === place.text && !same(each, place));
  return namesake && place.district ? `${place.text} (${place.district})` : place.text;
}

/** Who knows a suggested place. */
export function whoKnows(place) {
  if (place.kind === "book") return `${t("source.book")}: ${place.source}`;
  if (place.kind === "area") return t("source.area");
  if (place.kind === "network") return `${t("source.network")}: ${place.source}`;
  return t(place.id ? "source.saved" : "source.history");
}

/** Whether a place that was told for fewer letters is still meant. */
export const stillFits = (place, typed) =>
  [place.text, place.alias, place.district, `${place.district} ${place.text}`].some((text) => text && fits(text, typed));

/** What the card knows, then what the server told beside it. What stands in the field already is no suggestion, but for its pin. */
export function joined(own, told, typed) {
  const more = told.filter((place) => !own.some((each) => same(each, place)) && (place.text !== typed || place.kind !== "saved"));
  return [...own, ...more].slice(0, MOST);
}

/** What geocoders on the network know; nothing where there are none, or they do not answer. */
export async function askNetwork(typed) {
  try {
    return (await request("GET", `places/network?q=${encodeURIComponent(typed)}`)).items;
  } catch {
    return [];
  }
}

/** The network's places behind those that are shown: nothing that is shown moves. */
export function appended(shown, found) {
  const more = found.filter((place) => !shown.some((each) => each.text === place.text && (each.district ?? null) === place.district));
  return [...shown, ...more.slice(0, MOST_OF_NETWORK)];
}

/** What the server suggests; nothing when it does not answer: the field is there to be typed into. */
export async function ask(customerId, typed) {
  const whose = customerId ? `&customer_id=${customerId}` : "";
  try {
    return (await request("GET", `places?limit=8&q=${encodeURIComponent(typed)}${whose}`)).items;
  } catch {
    return [];
  }
}
