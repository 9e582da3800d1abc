/** The head of the middle column: who is on the line, what is known of him, and his usual trips under the keys 1 to 3. */

import { html, nothing } from "lit";
import { choiceOf, nameOf, numberOf, stateOf } from "./call-list.js";
import { callBack, canCallBack, tel } from "./dial.js";
import { LiveElement } from "./element.js";
import { keyLine } from "./key-line.js";
import { written } from "./phone.js";
import { goesOut, store } from "./store.js";
import { taskWords } from "./tasks.js";
import { clockTime, day, duration, money, t } from "./texts.js";
import { byHand, hangUp, select, take, takeTrip, testCall, tripOf } from "./work.js";
import { wrapUpLine } from "./wrap-up.js";

export class CallerCard extends LiveElement {
  ticks = true;

  render() {
    const call = store.callInHand;
    const form = document.querySelector("order-form");
    if (call) return html`${this.head(call)} ${this.live(call)} ${form?.draft ? this.trips(call.customer) : nothing}`;
    return form?.draft || form?.done ? this.handHead() : this.nobody();
  }

  head(call) {
    const customer = call.customer;
    const name = nameOf(call) ?? t("calls.new_caller");
    return html`
      <header class="caller ${call.state}">
        <div class="who">
          <h1 title=${name}>${name}</h1>
          ${customer?.grade ? html`<span class="grade">${customer.grade}</span>` : nothing}
          ${customer ? nothing : html`<span class="tag">${t("caller.unknown")}</span>`}
        </div>
        <div class="reach">
          <span class="number">${call.number ? tel(call.number, { call_id: call.id }, name) : numberOf(call)}</span>
          <span class="state">${this.state(call)}</span>
        </div>
        <div class="known">${customer ? this.known(customer) : this.unknown(call)}</div>
        <div class="do">${this.buttons(call)}</div>
        ${this.treated(customer)} ${this.heard(call)}
        ${customer?.note ? html`<p class="note" title=${customer.note}>${customer.note}</p>` : nothing}
        ${call.choice ? html`<p class="choice">${choiceOf(call)}</p>` : nothing} ${wrapUpLine(call)}
      </header>
    `;
  }

  state(call) {
    const from = Date.parse(call.answered_at ?? call.ringing_at ?? call.arrived_at);
    const to = call.ended_at ? Date.parse(call.ended_at) : store.now();
    return html`${stateOf(call, store.isMine(call))} <time>${duration(to - from)}</time>`;
  }

  /** That he is not to be served, loudly; and what his segments say: how he is greeted, what of the price. */
  treated(customer) {
    const told = customer?.treatment;
    const tasks = customer?.tasks ?? [];
    const words = told ? [told.segments.join(" · "), told.greeting, told.hint].filter(Boolean).join(" — ") : "";
    return html`
      ${customer?.blocked_reason ? html`<p class="not-served" role="alert">⛔ ${t("caller.not_served", { reason: customer.blocked_reason })}</p>` : nothing}
      ${words ? html`<p class="note" title=${words}>${words}</p>` : nothing}
      ${tasks.map((task) => html`<p class="note task" title=${task.text}>${taskWords(task)}</p>`)}
    `;
  }

  /** What the voice menu made of him: how it greeted him, and how much sooner he came. */
  heard(call) {
    const words = [
      call.heard ? t("caller.heard", { words: call.heard }) : null,
      call.priority ? t("calls.sooner", { priority: call.priority }) : null,
    ].filter(Boolean);
    return words.length ? html`<p class="note heard">${words.join(" · ")}</p>` : nothing;
  }

  known(customer) {
    const facts = [
      t("calls.trips", { count: customer.trips }),
      customer.last_trip_at ? t("caller.last_trip", { day: day(customer.last_trip_at) }) : t("caller.no_trip_yet"),
      t("caller.cancels", { count: customer.cancels }),
    ];
    return facts.join(" · ");
  }

  unknown(call) {
    return call.number ? t("caller.first_time") : t("caller.ask_number");
  }

  buttons(call) {
    const over = call.state === "ended";
    const rings = call.state !== "answered" && !over && call.source !== "box" && !goesOut(call);
    if (rings) return html`<button type="button" @click=${() => take(call)}>${t("calls.answer")} <kbd>F2</kbd></button>`;
    if (canCallBack(call)) return html`<button type="button" @click=${callBack}>${t("dial.call_back")} <kbd>B</kbd></button>`;
    if (store.isMine(call) && !over) {
      return html`<button type="button" @click=${hangUp}>${t("caller.hang_up")} <kbd>Shift F2</kbd></button>`;
    }
    return nothing;
  }

  live(call) {
    const order = store.orders.get(call.customer?.live_order_id);
    if (!order || order.closed_at || (call.id && order.call_id === call.id)) return nothing;
    return html`
      <button class="live" type="button" @click=${() => select(order.id)}>
        <span>${t("caller.live_order")}</span>
        <strong>${tripOf(order)}</strong>
        <span class="order-state ${order.state}">${t(`order.state.${order.state}`)}</span>
        ${order.driver ? html`<span class="driver">#${order.driver.number} ${order.driver.name}</span>` : nothing}
      </button>
    `;
  }

  trips(customer) {
    const trips = customer?.usual_trips ?? [];
    if (!trips.length) return nothing;
    return html`
      <div class="trips" role="group" aria-label=${t("caller.usual_trips")}>
        ${trips.slice(0, 3).map(
          (trip, index) => html`
            <button class="trip" type="button" @click=${() => takeTrip(index)}>
              <kbd class="letter">${index + 1}</kbd>
              <span class="from" title=${trip.origin.text}>${trip.origin.text}</span>
              <span class="to" title=${trip.destination?.text ?? ""}><i>→</i> ${trip.destination?.text ?? "–"}</span>
              <span class="price">${money(trip.fare)}</span>
              <span class="count">${t("caller.times", { count: trip.count })}</span>
            </button>
          `,
        )}
      </div>
    `;
  }

  handHead() {
    const draft = document.querySelector("order-form").draft;
    if (draft?.editing) return this.changeHead(draft.editing.order);
    if (draft?.customer) return this.foundHead(draft.customer);
    return html`
      <header class="caller">
        <div class="who"><h1>${t("caller.by_hand")}</h1></div>
        <div class="known">${t("caller.by_hand_hint")}</div>
      </header>
    `;
  }

  /** A customer who was looked up: as on the card of his call. */
  foundHead(customer) {
    return html`
      <header class="caller found">
        <div class="who">
          <h1 title=${customer.name}>${customer.name || t("search.unnamed")}</h1>
          ${customer.grade ? html`<span class="grade">${customer.grade}</span>` : nothing}
        </div>
        <div class="reach"><span class="number">${customer.numbers.map((number, at) => html`${at ? ", " : ""}${tel(number, { number }, customer.name || written(number))}`)}</span></div>
        <div class="known">${this.known(customer)}</div>
        ${this.treated(customer)}
        ${customer.note ? html`<p class="note" title=${customer.note}>${customer.note}</p>` : nothing}
      </header>
      ${this.live({ customer })} ${this.trips(customer)}
    `;
  }

  changeHead(orderId) {
    const order = store.orders.get(orderId);
    if (!order) return nothing;
    return html`
      <header class="caller change">
        <div class="who">
          <h1>${t("caller.change")}</h1>
          <span class="order-state ${order.state}">${t(`order.state.${order.state}`)}</span>
          ${order.driver ? html`<span>#${order.driver.number} ${order.driver.name}</span>` : nothing}
        </div>
        <div class="known">${[clockTime(order.taken_at), order.customer?.name, tripOf(order)].filter(Boolean).join(" · ")}</div>
      </header>
    `;
  }

  /** To the usual trips, where the figures are no keys. */
  enterTrips() {
    this.querySelector(".trip")?.focus();
  }

  nobody() {
    const { next } = store;
    return html`
      <div class="nobody">
        <p class="lead">${next ? t("caller.somebody_waits", { number: numberOf(next) }) : t("caller.nobody")}</p>
        <div class="do">
          ${next ? html`<button type="button" @click=${() => take(next)}>${t("calls.answer")} <kbd>F2</kbd></button>` : nothing}
          <button type="button" @click=${byHand}>${t("caller.new_order")} <kbd class="letter">N</kbd></button>
          <button type="button" @click=${testCall}>${t("caller.test_call")} <kbd class="letter">T</kbd></button>
        </div>
        <dl class="keys">
          ${["take", "search", "knowledge", "board", "save", "clear", "sheet"].map(keyLine)}
        </dl>
      </div>
    `;
  }
}

customElements.define("caller-card", CallerCard);

