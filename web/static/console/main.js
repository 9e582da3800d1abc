/** Puts the console together: texts, look, link, keys, and who hears of what. */

import { listenForFirstTouch } from "../tones.js";
import { alarm, speak } from "./alarm.js";
import { request } from "./api.js";
import { badge } from "./badge.js";
import "./bottom-line.js";
import "./call-list.js";
import { numberOf, nameOf } from "./call-list.js";
import "./caller-card.js";
import "./car-viewer.js";
import "./candidate-list.js";
import "./cheat-sheet.js";
import "./command-palette.js";
import { watchComposition } from "./compose.js";
import { setUpDesktop, tellDesktop } from "./desktop.js";
import { setUpKeys } from "./keys.js";
import { LiveLink } from "./live.js";
import { setUpLook } from "./look.js";
import { keepOpen, restoreOpen } from "./open-card.js";
import "./knowledge-sheet.js";
import "./order-board.js";
import "./order-form.js";
import "./pause.js";
import { setUpTab } from "./one-tab.js";
import { setUpPhone } from "./phone.js";
import { mindRing, setUpRing } from "./ring.js";
import { setUpSettings } from "./settings.js";
import "./settings-sheet.js";
import "./status-bar.js";
import { tellShown } from "./place-link.js";
import { store } from "./store.js";
import "./ticked-bar.js";
import { setUpTexts, t } from "./texts.js";
import { outbox, refreshCandidates, select } from "./work.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
setUpTexts({ ...boot, locale: localStorage.getItem("callboard.locale") ?? boot.locale });
setUpPhone(boot.country);
setUpLook();
setUpSettings();
store.me = boot.me;
store.geocoders = boot.geocoders;

const announced = new Set();

/** A pop is spoken once a call, by an element that nobody sees: the eyes have the card. */
function announce(call) {
  if (announced.has(call.id) || call.state === "ended") return;
  announced.add(call.id);
  const who = [numberOf(call), nameOf(call), call.customer?.grade].filter(Boolean).join(", ");
  speak(t("calls.announced", { who }));
  if (store.calls.get(call.id)?.state !== "answered") tellDesktop(`call-${call.id}`, t("calls.announced", { who }));
}

/** What is read of an order names its texts, too. */
function refreshTexts(orderId) {
  if (orderId !== null && store.view === "history") refreshCandidates(orderId);
}

const link = new LiveLink(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`, {
  snapshot: (told) => {
    store.snapshot(told);
    for (const call of store.waiting) announce(call);
    restoreOpen();
    outbox.flush();
    refreshCandidates();
    alarm();
    tellShown(true);
  },
  delta: (told) => {
    store.delta(told);
    // The name follows the number within moments; both are spoken together.
    if (told.type === "call.identified") announce(told.call);
    if (told.type === "order.assigned" || told.type === "order.changed") refreshCandidates(told.order.id);
    if (told.type === "message.changed") refreshTexts(told.message.order_id);
    alarm();
    if (told.order) tellShown(false);
  },
  drivers: (told) => store.takeDrivers(told),
  up: (up) => {
    store.link = { up, since: performance.now() };
    if (up) store.signedOut = false;
    store.changed();
  },
  refused: async () => {
    const error = await request("GET", "calls?limit=1").catch((refusal) => refusal);
    store.signedOut = error?.status === 401;
    store.changed();
  },
});

store.watchDrivers = (on) => link.watch(on);
document.addEventListener("open-order", (event) => select(event.detail));

store.subscribe(badge);
setUpTab(mindRing);
setUpRing();
setUpDesktop();

store.subscribe(keepOpen);

watchComposition();
listenForFirstTouch("keydown", "pointerdown");
setUpKeys();
link.start();
// From the map's own page: the order that was opened there.
const meant = /^#order-(\d{1,15})$/.exec(location.hash);
if (meant) {
  history.replaceState(null, "", "/");
  select(Number(meant[1]));
}
