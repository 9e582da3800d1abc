/**
 * All that can be done at the console, in one list. The keyboard is bound from it, the sheet of keys (`?`) and the command
 * palette (Ctrl K) are drawn from it: no key can be missing from either. Its texts are `keys.<name>.key` and `.does`.
 *
 * `keys`: as tinykeys reads them. `where`: "always" works in fields, too; "outside" only where no text is typed; "own" decides by
 * itself; "there" belongs to the element that has the focus, which listens itself. `letter`: like "outside", a single sign, which
 * a person may have switched off. `run`: what the palette does, too.
 */

import { playOfCall } from "./call-list.js";
import { change, saveForm } from "./changes.js";
import { callBack, callCustomer, callDriver } from "./dial.js";
import { nextTheme } from "./look.js";
import { moveOn } from "./on-its-way.js";
import { readyOrPause } from "./pause.js";
import { sendPlaceLink } from "./place-link.js";
import { askToWait, beginNow, raise, seen } from "./promises.js";
import { giveProposed } from "./modes.js";
import { silence } from "./ring.js";
import { show, startOrStop } from "./searches.js";
import { store } from "./store.js";
import { nextLocale, t } from "./texts.js";
import { phoneUnheard, resend } from "./unheard.js";
import { makeTask, openTasks } from "./tasks.js";
import { act, searchTicked, stopTicked } from "./ticked.js";
import { byHand, clear, hangUp, open, sendLink, signOut, takeNext, takeTrip, testCall } from "./work.js";
import { sayWhy } from "./wrap-up.js";

const at = (name) => document.querySelector(name);

function another() {
  const done = at("order-form").done;
  if (done?.call) open(done.call);
  else byHand();
}

function linkOfOrder() {
  const driver = store.order?.driver;
  if (driver) sendLink(driver);
  else store.say({ text: t("notices.which_order") }, 4000);
}

function speakNext() {
  nextLocale();
  redraw();
}

/** Every word anew: after another language was chosen. */
export function redraw() {
  // What was said stays in the language in which it was said: only its undo is worth keeping.
  if (store.notice?.undo) store.notice.text = t("notices.can_undo");
  else store.notice = null;
  store.changed();
  for (const element of document.querySelectorAll("[data-panel]")) element.requestUpdate();
  document.getElementById("announcer").replaceChildren();
}

export const ACTIONS = [
  { name: "take", keys: ["F2"], where: "always", run: takeNext, may: "calls.handle" },
  { name: "hang_up", keys: ["Shift+F2"], where: "always", run: hangUp, may: "calls.handle" },
  { name: "call_customer", keys: ["Control+Shift+F2"], where: "always", run: callCustomer, may: "calls.dial" },
  { name: "call_driver", keys: ["Control+Shift+F7"], where: "always", run: callDriver, may: "calls.dial" },
  { name: "call_back", keys: ["KeyB"], where: "outside", run: callBack, may: "calls.dial" },
  { name: "pause", keys: ["Control+Shift+F6", "Pause"], where: "always", run: readyOrPause, may: "calls.handle" },
  { name: "wrap_up", keys: ["Control+Shift+Digit1"], where: "always", run: () => sayWhy(0), may: "calls.handle" },
  ...[2, 3, 4, 5, 6, 7, 8, 9].map((figure) => ({
    name: `wrap_up_${figure}`,
    of: "wrap_up",
    keys: [`Control+Shift+Digit${figure}`],
    where: "always",
    run: () => sayWhy(figure - 1),
    may: "calls.handle",
  })),
  { name: "play", keys: ["Control+F2"], where: "always", run: () => playOfCall(store.callInHand), may: "calls.listen" },
  { name: "search", keys: ["Control+Slash"], where: "always", run: () => at("customer-search").enter() },
  { name: "search_slash", of: "search", keys: ["Slash"], where: "outside", run: () => at("customer-search").enter() },
  { name: "knowledge", keys: ["F1"], where: "always", run: () => at("knowledge-sheet").enter(), may: "articles.read" },
  { name: "tasks", keys: ["KeyJ"], where: "outside", run: openTasks, may: "tasks.see" },
  { name: "task_new", keys: ["Shift+KeyJ"], where: "outside", run: makeTask, may: "tasks.work" },
  { name: "palette", keys: ["Control+k"], where: "always", run: () => at("command-palette").enter() },
  { name: "board", keys: ["F8"], where: "always", run: () => at("order-board").enter() },
  { name: "map", keys: ["Control+F8"], where: "always", run: () => at("order-board").toggleMap() },
  { name: "map_walk", where: "there" },
  { name: "map_shows", where: "there" },
  { name: "map_squares", where: "there" },
  { name: "map_zoom", where: "there" },
  { name: "filters", where: "there" },
  { name: "filter_text", where: "there", run: () => at("order-board").enterFilter() },
  { name: "tick", where: "there" },
  { name: "tick_range", where: "there" },
  { name: "tick_all", where: "there", run: () => at("order-board").tickAll() },
  { name: "look_for", keys: ["Shift+F8"], where: "always", run: () => (store.ticked.size ? searchTicked() : startOrStop()) },
  { name: "stop_ticked", keys: ["Control+Shift+F8"], where: "always", run: stopTicked },
  { name: "propose", keys: ["F10"], where: "always", run: giveProposed, may: "orders.dispatch" },
  { name: "why", keys: ["F9"], where: "always", run: () => show("why") },
  { name: "history", keys: ["Shift+F9"], where: "always", run: () => show("history") },
  { name: "link", keys: ["Control+F9"], where: "always", run: linkOfOrder, may: "drivers.link" },
  { name: "car", keys: ["KeyC"], where: "outside", run: () => at("candidate-list").enterCar(), may: "cars.see" },
  { name: "car_walk", where: "there" },
  { name: "pages", keys: ["PageDown", "PageUp"], where: "own" },
  { name: "save", keys: ["Control+Enter"], where: "own", run: saveForm },
  { name: "enter", where: "there" },
  { name: "trips", where: "there", letter: true, run: () => at("caller-card").enterTrips() },
  { name: "trip_1", of: "trips", keys: ["1"], where: "outside", run: () => takeTrip(0) },
  { name: "trip_2", of: "trips", keys: ["2"], where: "outside", run: () => takeTrip(1) },
  { name: "trip_3", of: "trips", keys: ["3"], where: "outside", run: () => takeTrip(2) },
  { name: "arrows", where: "there" },
  { name: "assign", where: "there" },
  { name: "step", keys: ["F3"], where: "always", run: moveOn, may: "orders.dispatch" },
  { name: "unheard", keys: ["Control+F3"], where: "always", run: phoneUnheard, may: "calls.dial" },
  { name: "resend", keys: ["Shift+F3"], where: "always", run: resend, may: "orders.dispatch" },
  { name: "change", keys: ["F4"], where: "always", run: () => change() },
  { name: "place_link", keys: ["Shift+F4"], where: "always", run: sendPlaceLink, may: "orders.take" },
  { name: "raise", keys: ["Control+F6"], where: "always", run: raise },
  { name: "wait", keys: ["F7"], where: "always", run: askToWait },
  { name: "seen", keys: ["Shift+F7"], where: "always", run: seen },
  { name: "begin", keys: ["Control+F7"], where: "always", run: beginNow },
  { name: "via", keys: ["F6"], where: "always", run: () => at("order-form").goTo("way_points") },
  { name: "when", keys: ["Shift+F6"], where: "always", run: () => at("order-form").goTo("wanted") },
  { name: "payment", keys: ["Control+F10"], where: "always", run: () => at("order-form").goTo("payment") },
  { name: "wants", keys: ["Control+Shift+F10"], where: "always", run: () => at("order-form").goTo("wants") },
  { name: "choices", where: "there" },
  { name: "stops", where: "there" },
  { name: "waited", where: "there" },
  { name: "clash", where: "there" },
  { name: "cancel", keys: ["Delete"], where: "own", run: () => at("candidate-list").cancelOrNot() },
  { name: "release_ticked", keys: ["Shift+Delete"], where: "own", run: () => act("release") },
  { name: "clear", keys: ["Escape"], where: "own", run: clear },
  { name: "undo", keys: ["Control+z"], where: "own", run: () => store.notice?.undo?.() },
  // By place on the keyboard: the same key whether it is set to Korean or to English.
  { name: "new_order", keys: ["KeyN"], where: "outside", run: another },
  { name: "test_call", keys: ["KeyT"], where: "outside", run: testCall, may: "calls.handle" },
  { name: "look", keys: ["KeyL"], where: "outside", run: nextTheme },
  { name: "language", keys: ["KeyG"], where: "outside", run: speakNext },
  { name: "sign_out", keys: ["Control+Shift+F9"], where: "always", run: signOut },
  { name: "settings", keys: ["Control+Comma"], where: "always", run: () => at("settings-sheet").enter() },
  { name: "silence", keys: ["Control+KeyM"], where: "always", run: silence },
  { name: "dismiss", keys: ["Control+Period"], where: "always", run: () => store.hush() },
  { name: "sheet", keys: ["Shift+?", "?"], where: "own", letter: true, run: () => at("cheat-sheet").toggle() },
];

/** Whether it is reached by a single letter, figure or sign, which a person may have switched off. */
export const byLetter = (action) => action.letter ?? action.where === "outside";

/** What the sheet shows: each thing once. */
export const listed = () => ACTIONS.filter((action) => !action.of);

/** Whether whoever sits here may do it. */
export const allowed = ({ may }) => !may || Boolean(store.me?.may?.includes(may));
