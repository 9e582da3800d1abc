/** Which orders the board shows: by state, those in danger, those with a driver, my own; and by what is typed. */

import { means } from "./found.js";
import { written } from "./phone.js";
import { needsSomebody, store } from "./store.js";
import { wantsDriver } from "./work.js";

/** So long may an order wait for a driver before somebody should look at it. */
const LATE_MS = 10 * 60 * 1000;

/** From so long before its time on a promise is about to break. */
const SOON_MS = 5 * 60 * 1000;

/** Milliseconds until a driver was promised, where that is soon or past and none has come; else null. */
export function promiseLeft({ promise }) {
  const waits = promise && (promise.state === "open" || promise.state === "broken") && promise.minutes_left !== null;
  const left = waits ? Date.parse(promise.at) - store.now() : SOON_MS;
  return left < SOON_MS ? left : null;
}

/** Somebody has to see to it, its promise is about to break or has, or it has waited long for a driver (unless that is for later). */
export const isAtRisk = (order) =>
  needsSomebody(order) ||
  (!order.closed_at && promiseLeft(order) !== null) ||
  (wantsDriver(order) && !order.promise && store.now() - Date.parse(order.taken_at) > LATE_MS);

export const FILTERS = [
  { which: "all", letter: "A", code: "KeyA", shows: () => true },
  { which: "waiting", letter: "W", code: "KeyW", shows: wantsDriver },
  { which: "risk", letter: "R", code: "KeyR", shows: isAtRisk },
  { which: "driver", letter: "D", code: "KeyD", shows: (order) => Boolean(order.driver) && !order.closed_at },
  { which: "mine", letter: "M", code: "KeyM", shows: (order) => order.taken_by === store.me?.id },
];

const wordsOf = (order) =>
  [
    order.origin.text,
    order.destination?.text,
    order.customer?.name,
    order.note,
    order.number,
    order.number ? written(order.number) : null,
    order.driver ? `#${order.driver.number} ${order.driver.name}` : null,
  ]
    .filter(Boolean)
    .join(" ");

/** The board as it is to be shown. */
export function shown() {
  const { which, text } = store.filter;
  const { shows } = FILTERS.find((filter) => filter.which === which);
  return store.board.filter((order) => shows(order) && (!text.trim() || means(text, wordsOf(order))));
}
