/**
 * Notifications of the desktop: only for what comes while nobody looks at the page, and gone once it is over. They are silent: the
 * ring is ours (ring.js). A browser gives them to pages of https and of this very machine only.
 */

import { isHeardHere } from "./one-tab.js";
import { setting } from "./settings.js";
import { store } from "./store.js";
import { open } from "./work.js";

const shown = new Map(); // tag -> Notification

/** How it stands with them, as a key of `settings.desktop.state`. */
export function desktopState() {
  if (!isSecureContext) return "plain_http";
  if (!("Notification" in window)) return "unknown";
  if (Notification.permission === "denied") return "denied";
  if (setting("desktop") !== "on") return "off";
  return Notification.permission === "granted" ? "on" : "unasked";
}

/** Ask for the browser's leave; @returns {Promise<void>} once it is known */
export async function askForDesktop() {
  if (isSecureContext && "Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}

/** @param {string} tag what it is about: `call-<id>` goes with the call */
export function tellDesktop(tag, text) {
  if (!document.hidden || desktopState() !== "on" || !isHeardHere()) return;
  const told = new Notification("callboard", { body: text, tag, icon: "/static/icon.svg", silent: true });
  shown.set(tag, told);
  told.onclick = () => {
    window.focus();
    const call = /^call-(\d+)$/.exec(tag);
    if (call) open(Number(call[1]));
  };
}

function takeAway(tag) {
  shown.get(tag)?.close();
  shown.delete(tag);
}

export function setUpDesktop() {
  store.subscribe(() => {
    const waiting = new Set(store.waiting.map((call) => `call-${call.id}`));
    for (const tag of [...shown.keys()]) if (tag.startsWith("call-") && !waiting.has(tag)) takeAway(tag);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const tag of [...shown.keys()]) takeAway(tag);
  });
}
