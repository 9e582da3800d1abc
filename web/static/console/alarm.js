/**
 * What must be noticed by somebody who looks elsewhere: a call, an order that nobody will drive, a booked time that is near, a promise
 * that is about to break. It is spoken to screen readers by an element that nobody sees, and what an order needs also sounds, once.
 */

import { tellDesktop } from "./desktop.js";
import { soundAlarm } from "./ring.js";
import { leftAlone, store } from "./store.js";
import { t } from "./texts.js";
import { alarmWords } from "./trips.js";
import { unheardWords } from "./unheard.js";
import { tripOf } from "./work.js";

const SPOKEN_KEPT = 5;
const known = new Set(); // what was sounded for
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
  const fresh = store.needing.flatMap(concernsOf).filter(({ mark }) => !known.has(mark));
  for (const { mark } of fresh) known.add(mark);
  const first = !opened;
  opened = true;
  if (first || !fresh.length) return;
  for (const { text } of fresh) speak(text);
  store.say({ text: fresh[0].text, kind: "bad" }, 15000);
  for (const { mark, text } of fresh) tellDesktop(`order-${mark}`, text);
  soundAlarm();
}

/** Why an order needs somebody: its search, and each alarm that nobody has seen to. */
function concernsOf(order) {
  const trip = tripOf(order);
  const alarms = (order.closed_at ? [] : order.alarms).map((each) => ({
    mark: `${order.id} ${each.kind} ${each.at}`,
    text: t("alarm.spoken", { what: alarmWords(order, each), trip }),
  }));
  for (const text of order.unheard ?? []) {
    alarms.push({ mark: `${order.id} text ${text.message_id}`, text: t("alarm.spoken", { what: unheardWords(text), trip }) });
  }
  if (order.closed_at || order.state !== "taken" || !leftAlone(order.search)) return alarms;
  const key = order.search.why === "uncertain" ? "search_state.alarm_uncertain" : "search_state.alarm";
  return [{ mark: `${order.id} ${order.search.started_at}`, text: t(key, { trip }) }, ...alarms];
}
