/**
 * What is typed for a call is kept on the server, too: a reload in another browser, or a colleague who takes the call over, finds
 * it. What stands in this form already is never replaced.
 */

import { request } from "./api.js";
import { store } from "./store.js";
import { t } from "./texts.js";

const AFTER_MS = 800;
const kept = new Map(); // call id -> what the server has, as text
const timers = new Map();

/** Keep `draft` a little later, if it is a call's and says something new. */
export function share(draft) {
  if (typeof draft?.key !== "number" || !store.link.up) return;
  clearTimeout(timers.get(draft.key));
  timers.set(draft.key, setTimeout(() => send(draft.key, draft.dirty ? draft.form : {}), AFTER_MS));
}

/** The order is saved: the server has forgotten it by itself. */
export function unshare(callId) {
  clearTimeout(timers.get(callId));
  kept.delete(callId);
}

async function send(callId, form) {
  const text = JSON.stringify(form);
  if (kept.get(callId) === text || (text === "{}" && !kept.has(callId))) return;
  kept.set(callId, text);
  try {
    await request("POST", `calls/${callId}/draft`, { form });
  } catch {
    kept.delete(callId); // the tab has it still
  }
}

/** Put into `draft` what was typed for its call before, by whomever it was, unless something was typed here meanwhile. */
export async function fetchInto(draft, show) {
  if (typeof draft.key !== "number" || draft.dirty || !store.link.up) return;
  let items;
  try {
    ({ items } = await request("GET", `calls/${draft.key}/drafts`));
  } catch {
    return;
  }
  const found = items.find((each) => each.operator.id === store.me?.id) ?? items[0];
  if (!found || Object.keys(draft.touched).length) return;
  Object.assign(draft.values, found.form.values);
  Object.assign(draft.places, found.form.places);
  Object.assign(draft.touched, found.form.touched);
  draft.stops = found.form.stops ?? [];
  show(draft);
  if (found.operator.id !== store.me?.id) store.say({ text: t("order.draft_of", { name: found.operator.name }) }, 8000);
}
