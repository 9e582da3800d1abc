/**
 * What must be noticed by somebody who looks elsewhere: a call, or an order that nobody will drive. It is spoken to screen
 * readers by an element that nobody sees, and an order without a driver also sounds, once for each search.
 */

import { play } from "../tones.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { tripOf } from "./work.js";

const SPOKEN_KEPT = 5;
const known = new Set(); // searches that were sounded for
let opened = false;

/** What is added is spoken; two things in one moment are both heard. */
export function speak(text) {
  const words = document.createElement("p");
  words.textContent = text;
  const announcer = document.getElementById("announcer");
  announcer.append(words);
  while (announcer.children.length > SPOKEN_KEPT) announcer.firstChild.remove();
}

/** Called after every piece of news. What stood there when the page was opened is seen, not heard. */
export function alarm() {
  const fresh = store.unassigned.filter((order) => !known.has(mark(order)));
  for (const order of fresh) known.add(mark(order));
  const first = !opened;
  opened = true;
  if (first || !fresh.length) return;
  for (const order of fresh) speak(t(alarmOf(order), { trip: tripOf(order) }));
  store.say({ text: t(alarmOf(fresh[0]), { trip: tripOf(fresh[0]) }), kind: "bad" }, 15000);
  ring();
}

const mark = (order) => `${order.id} ${order.search.started_at}`;
const alarmOf = (order) => (order.search.why === "uncertain" ? "search_state.alarm_uncertain" : "search_state.alarm");

const ring = () => play([[0, 660], [0.25, 520], [0.6, 660], [0.85, 520]], { seconds: 0.22, loudness: 0.25 });
