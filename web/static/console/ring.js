/**
 * What is heard: a ring while somebody waits whom the operator could answer, and the alarm of orders that need somebody. Both go
 * to the loudspeaker that he chose, as loud as he chose, and not in his quiet hours; `Ctrl M` silences what sounds at once (WCAG
 * 1.4.2). The voice of a caller is no business of this: it stays where the system plays it.
 */

import { canSound, hush, play, sendTo, whenItCanSound } from "../tones.js";
import { allowed } from "./actions.js";
import { isHeardHere } from "./one-tab.js";
import { setting } from "./settings.js";
import { store } from "./store.js";
import { clockTime, t } from "./texts.js";

const EVERY_S = 3;
const AHEAD = 20; // rings that are planned at once: timers of a hidden page are late
const LOUDEST = 0.7;

/** What can be chosen; `tones` are seconds from the beginning, and Hz. */
const RINGS = {
  phone: { tones: [[0, 440], [0, 480]], seconds: 1.2 },
  chime: { tones: [[0, 880], [0.28, 660], [0.56, 523]], seconds: 0.5 },
  low: { tones: [[0, 294], [0.35, 294], [0.7, 220]], seconds: 0.3 },
  bright: { tones: [[0, 1175], [0.14, 1397], [0.28, 1568], [0.42, 1397]], seconds: 0.12 },
};
const ALARM = { tones: [[0, 660], [0.25, 520], [0.6, 660], [0.85, 520]], seconds: 0.22 };

const silenced = new Set(); // ids of calls that are not to ring any more
let planned = null; // the timer that plans the next rings, while it rings

const loudness = () => LOUDEST * (Number(setting("volume")) / 10) ** 2;

/** Whether it is the hour of nobody's ring; from 22:00 until 07:00 goes over midnight. */
export function isQuiet(now = clockTime(store.now())) {
  const [from, until] = [setting("quiet_from"), setting("quiet_until")];
  if (!from || !until || from === until) return false;
  return from < until ? from <= now && now < until : from <= now || now < until;
}

const elsewhere = (call) => Boolean(call.wanted_by && call.wanted_by.id !== store.me?.id);

/** Whether a caller waits whom this operator could answer now. */
function rings() {
  if (!allowed({ may: "calls.handle" }) || store.mine || store.pause || !RINGS[setting("tone")]) return false;
  return store.waiting.some((call) => !silenced.has(call.id) && !elsewhere(call));
}

/** Begin, go on or stop, as things are now. Called after every piece of news. */
export function mindRing() {
  const wanted = rings() && canSound() && isHeardHere() && loudness() > 0 && !isQuiet();
  if (wanted && planned === null) plan();
  if (!wanted && planned !== null) stop();
}

function plan() {
  const { tones, seconds } = RINGS[setting("tone")];
  const all = Array.from({ length: AHEAD }, (_, time) => tones.map(([after, pitch]) => [after + time * EVERY_S, pitch])).flat();
  play(all, { seconds, loudness: loudness() });
  planned = setTimeout(plan, AHEAD * EVERY_S * 1000);
}

function stop() {
  clearTimeout(planned);
  planned = null;
  hush();
}

/** An order needs somebody. */
export function soundAlarm() {
  if (isHeardHere() && !isQuiet()) play(ALARM.tones, { seconds: ALARM.seconds, loudness: loudness() });
}

/** How a ring sounds, once, with what is chosen. */
export function tryRing() {
  const ring = RINGS[setting("tone")] ?? ALARM;
  stop();
  play(ring.tones, { seconds: ring.seconds, loudness: loudness() });
}

/** Ctrl M: what sounds stops at once; the next caller is heard again. */
export function silence() {
  for (const call of store.waiting) silenced.add(call.id);
  stop();
  store.say({ text: t("notices.silenced") }, 4000);
}

/** What was chosen has changed: a ring that sounds goes on as chosen. */
export function anew() {
  if (planned !== null) stop();
  mindRing();
}

export function setUpRing() {
  sendTo(setting("speaker")).catch(() => {});
  whenItCanSound(mindRing);
  store.subscribe(mindRing);
  setInterval(mindRing, 5000); // quiet hours begin and end
}
