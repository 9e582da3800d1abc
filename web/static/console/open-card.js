/**
 * Which card is open, kept for the tab's lifetime and for who sits at it: a reload, or a browser that crashed, opens it again with what
 * was typed. Nobody else's card is opened by it.
 */

import { store } from "./store.js";
import { drafts, open } from "./work.js";

const STORED = "callboard.open";

let restored = false;

const form = () => document.querySelector("order-form");

/** Called after every piece of news; only the first time the card is opened again. */
export function restoreOpen() {
  if (restored) return;
  restored = true;
  const { who, key, done } = read() ?? {};
  if (who !== store.me?.id || form().draft) return;
  if (done) showDone(done);
  else if (typeof key === "number") open(key);
  else if (drafts.has(key)) form().show(drafts.get(key));
}

/** The order of that card is saved: its outcome, not a form in which it could be taken again. */
function showDone(done) {
  if (store.calls.has(done.call)) store.openCall = done.call;
  form().done = done;
  form().requestUpdate();
  store.changed();
}

/** What is open now is what will be opened again. */
export function keepOpen() {
  if (!restored) return;
  const { draft, done } = form();
  const kept = JSON.stringify({ who: store.me?.id, key: draft?.key ?? null, done });
  try {
    if (!draft && !done) sessionStorage.removeItem(STORED);
    else if (sessionStorage.getItem(STORED) !== kept) sessionStorage.setItem(STORED, kept);
  } catch {
    // A full or forbidden storage costs the card's survival of a reload, nothing else.
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED));
  } catch {
    return null;
  }
}
