/**
 * A text about an order that did not get through, or of which nobody knows: whoever it was meant for is phoned, by one key, with
 * what it said before one's eyes; another key sends it again, and a third says that it is done.
 */

import { html, nothing } from "lit";
import { request } from "./api.js";
import { dial } from "./dial.js";
import * as icons from "./icons.js";
import { written } from "./phone.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain } from "./work.js";

/** The text that is to be seen to first, of the marked order. */
export const unheardOf = (order) => order?.unheard?.[0] ?? null;

const whom = ({ who }) => who ?? t("unheard.customer");

/** To whom the text was, and how it stands. */
export const unheardWords = (text) => t(`unheard.${text.state === "failed" || text.state === "expired" ? "lost" : "unsure"}`, { whom: whom(text) });

/** Ctrl F3: call whom the text did not reach. */
export function phoneUnheard() {
  const text = marked();
  if (text) dial({ message_id: text.message_id }, whom(text));
}

/** Shift F3: the same text once more. */
export function resend() {
  const text = marked();
  if (text) settle(text, "resend", "notices.resent");
}

/** Shift F7: he has heard it otherwise, or need not. */
export const heard = (text) => settle(text, "seen", "notices.alarm_seen");

function marked() {
  const text = unheardOf(store.order);
  if (!text) store.say({ text: t(store.order ? "notices.all_heard" : "notices.which_order") }, 4000);
  return text;
}

async function settle(text, what, done) {
  try {
    store.takeOrder(await store.onItsWay(request("POST", `messages/${text.message_id}/${what}`, {})), "order.changed");
    store.changed();
    store.say({ text: t(done), kind: "good" }, 5000);
  } catch (error) {
    complain(error);
  }
}

/** Beside the marked order: whom to phone, what the text said, and the keys. */
export function unheardBar(order) {
  const text = unheardOf(order);
  if (!text) return nothing;
  const more = order.unheard.length - 1;
  return html`
    <div class="order-actions unheard" role="group" aria-label=${t("unheard.title")}>
      <span>${icons.warn} ${unheardWords(text)} · <span class="number">${t("unheard.phone", { number: written(text.number) })}</span> ${more ? t("unheard.more", { count: more }) : nothing}</span>
      <q>${text.text}</q>
      <button type="button" @click=${phoneUnheard}>${t("unheard.call")} <kbd>Ctrl F3</kbd></button>
      <button type="button" @click=${resend}>${t("unheard.resend")} <kbd>Shift F3</kbd></button>
      <button type="button" @click=${() => heard(text)}>${t("unheard.done")} <kbd>Shift F7</kbd></button>
    </div>
  `;
}

/** Under an order's row on the board. */
export function unheardLine(order) {
  const text = unheardOf(order);
  return text ? html`<span class="search-line unassigned"><span>${icons.warn} ${unheardWords(text)}</span></span>` : nothing;
}
