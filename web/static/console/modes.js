/** By which mode orders are dispatched now, beside the top line's figures; and F10: give the marked order to whom the desk proposes. */

import { html } from "lit";
import { request } from "./api.js";
import { LiveElement } from "./element.js";
import { store } from "./store.js";
import { locale, t } from "./texts.js";
import { assign, wantsDriver } from "./work.js";

const LOOK_EVERY_MS = 60_000;

/** Modes change with the hour, which nobody tells: asked every minute. */
async function look() {
  if (!store.me?.may?.includes("orders.see")) return;
  const told = await request("GET", "dispatch/modes").catch(() => null);
  if (told) {
    store.modes = told.now;
    store.changed();
  }
}

/** F10. */
export function giveProposed() {
  const order = store.order;
  const who = wantsDriver(order) ? order.search?.proposed : null;
  if (who) assign(who.number);
  else store.say({ text: t(order ? "search_do.nobody" : "notices.which_order") }, 4000);
}

export class DispatchMode extends LiveElement {
  connectedCallback() {
    super.connectedCallback();
    setTimeout(look, 500);
    this.timer = setInterval(look, LOOK_EVERY_MS);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    super.disconnectedCallback();
  }

  render() {
    const modes = [...new Set(store.modes.map((each) => each.mode))];
    if (!modes.length) return html``;
    return html`<a class="gauge mode" href="/dispatch?lang=${locale()}" title=${t("modes.title")}>
      <span class="word">${t("modes.title")}</span> <b>${modes.map((mode) => t(`modes.mode.${mode}`)).join(" / ")}</b>
    </a>`;
  }
}

customElements.define("dispatch-mode", DispatchMode);
