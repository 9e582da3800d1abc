/**
 * What a call was about: one key of nine (Ctrl Shift 1 to 9), while it lasts or afterwards, and another one where it was another
 * matter. Without an open card it is said of one's own call, else of the last one that one had. Nothing is asked, and no focus moves.
 */

import { html, nothing } from "lit";
import { newKey, request } from "./api.js";
import { nameOf, numberOf } from "./call-list.js";
import { store } from "./store.js";
import { has, t } from "./texts.js";
import { complain } from "./work.js";

let saving = null; // {call, code} on its way

/** One of the office's own is its own name. */
const words = (code) => (has(`wrap_up.code.${code}`) ? t(`wrap_up.code.${code}`) : code);

const had = (call) => Boolean(call?.answered_at) && store.isMine(call);

function meant() {
  if (had(store.callInHand)) return store.callInHand;
  const mine = [...store.calls.values()].filter(had);
  return store.mine ?? mine.sort((a, b) => b.answered_at.localeCompare(a.answered_at))[0] ?? null;
}

/** The call in hand of which the office wants to know what it was about, before its card is closed; null where nothing is owed. */
export function owed() {
  const call = store.callInHand;
  return store.wrapUps.required && had(call) && call.state === "ended" && !call.wrap_up ? call : null;
}

/** The code of a key. The same key again takes it back, where nothing has to be said. */
export async function sayWhy(index, call = meant()) {
  const { codes, required } = store.wrapUps;
  const code = codes[index];
  if (!code || saving) return;
  if (!call) {
    store.say({ text: t("wrap_up.no_call") }, 4000);
    return;
  }
  const wanted = call.wrap_up === code && !required ? null : code;
  saving = { call: call.id, code };
  try {
    const told = await store.onItsWay(request("POST", `calls/${call.id}/wrap-up`, { code: wanted }, newKey()));
    store.calls.set(call.id, { ...store.calls.get(call.id), wrap_up: told.wrap_up });
    const who = nameOf(call) ?? numberOf(call);
    store.say({ text: told.wrap_up ? t("wrap_up.said", { who, code: words(told.wrap_up) }) : t("wrap_up.taken_back", { who }), kind: "good" }, 4000);
  } catch (error) {
    if (error.code === "invalid") store.say({ text: t("wrap_up.gone"), kind: "bad" });
    else complain(error);
  } finally {
    saving = null;
    store.changed();
  }
}

/** The line of codes on the card of a call that one had. */
export function wrapUpLine(call) {
  if (!had(call) || !store.me?.may?.includes("calls.handle")) return nothing;
  return html`
    <div class="wrap-up" role="group" aria-label=${t("wrap_up.title")}>
      ${owed() ? html`<span class="owed">${t("wrap_up.owed")}</span>` : nothing} <kbd title=${t("wrap_up.title")}>Ctrl Shift</kbd>
      ${call.wrap_up && !store.wrapUps.codes.includes(call.wrap_up) ? html`<b class="former">${words(call.wrap_up)}</b>` : nothing}
      ${store.wrapUps.codes.map(
        (code, index) => html`
          <button
            type="button"
            aria-pressed=${String(call.wrap_up === code)}
            aria-keyshortcuts=${`Control+Shift+${index + 1}`}
            @click=${() => sayWhy(index, call)}
          >
            <kbd>${index + 1}</kbd> ${store.late.size && saving?.call === call.id && saving.code === code ? t("wrap_up.saving") : words(code)}
          </button>
        `,
      )}
    </div>
  `;
}
