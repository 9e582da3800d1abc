/** What became of the order that was just saved, in the place of its form until the next one is begun. */

import { html, nothing } from "lit";
import { detailsOf, labelOf } from "./form-fields.js";
import { store } from "./store.js";
import { paymentWords, wantsWords } from "./terms.js";
import { clockTime, money, t } from "./texts.js";
import { fareBasis } from "./trips.js";
import { byHand, clear, open, tripOf } from "./work.js";

/** `done`: {order: id, or null while it waits; call: id, or null for an order by hand}. */
export function outcome(done) {
  const order = store.orders.get(done.order);
  const again = () => (done.call === null ? byHand() : open(done.call));
  return html`
    <section class="outcome" aria-label=${t("order.saved_title")}>
      ${order
        ? html`
            <h2>${t("order.saved_title")} <time>${clockTime(order.taken_at)}</time></h2>
            <p class="way">${tripOf(order)}</p>
            <p>
              <span class="order-state ${order.state}">${t(`order.state.${order.state}`)}</span>
              ${order.driver ? html`<b>#${order.driver.number}</b> ${order.driver.name}` : nothing} ·
              ${order.fare === null ? t("order.fare_open") : money(order.fare, order.currency)} · ${paymentWords(order)}
            </p>
            ${order.wants.length ? html`<p class="detail"><small>${t("order.wants")}</small> ${wantsWords(order.wants)}</p>` : nothing}
            ${detailsOf(order).map(([name, text]) => html`<p class="detail"><small>${t(labelOf(name))}</small> ${text}</p>`)}
            ${fareBasis(order)}
            ${order.note ? html`<p class="note">${order.note}</p>` : nothing}
          `
        : html`<h2>${t("order.queued_title")}</h2><p>${t("notices.queued")}</p>`}
      <div class="actions">
        <button type="button" @click=${again}>${t("order.another")} <kbd>N</kbd></button>
        <button type="button" @click=${clear}>${t("order.close")} <kbd>Esc</kbd></button>
      </div>
    </section>
  `;
}
