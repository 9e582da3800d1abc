/**
 * The right column's lower half, for the marked order: who could drive and why, with the field for the driver's number;
 * once a driver has it, the two messages and what became of them. The number field is made once and never again.
 */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { allowed } from "./actions.js";
import { cancel, isLeaving, takeBack } from "./cancel.js";
import { carOf } from "./car-view.js";
import { change } from "./changes.js";
import { afterComposition } from "./compose.js";
import { reach } from "./dial.js";
import { LiveElement } from "./element.js";
import * as icons from "./icons.js";
import { about, complete, moveOn, nextOf } from "./on-its-way.js";
import { asked, history, why } from "./order-reading.js";
import { papersOf } from "./papers.js";
import { askToWait, beginNow, raise, seen } from "./promises.js";
import { giveProposed } from "./modes.js";
import { doubtOf, isDoubted, isProposing, isSearching, show, standing, start, startOrStop, timeLeft } from "./searches.js";
import { store } from "./store.js";
import { paymentWords, termsOf, wantsWords } from "./terms.js";
import { alarmWords, isPromised } from "./trips.js";
import { unheardBar, unheardOf } from "./unheard.js";
import { clockTime, distance, money, parseMoney, t } from "./texts.js";
import { act, isWaiting, takeAway } from "./ticked.js";
import { waitedWords } from "./waiting.js";
import { assign, holderOf, reassign, sendLink, tripOf, wantsDriver } from "./work.js";

export class CandidateList extends LiveElement {
  ticks = true;
  busy = false;
  typedNumber = "";
  asksWhy = null; // id of the order that is about to be cancelled, or taken from its driver
  deed = "cancel"; // or "release", or "reassign": what the reason is asked for
  another = ""; // number of the driver who is to have it instead
  asksDone = null; // id of the order that is about to be completed
  asksFare = false; // whether it had no fare when that was asked: it may be typed there
  asksPin = null; // id of the order whose pick-up is uncertain, about to be offered all the same
  proposesFor = null; // id of the order that was just saved here: Enter in the empty field gives it to the first candidate
  proposal = null; // {order, number}: who that is. He stays it while he can be had, whatever moves in the list

  get field() {
    return this.querySelector("input[name=driver]");
  }

  /** To the number field, which is there once the marked order is drawn. A person has asked for this. */
  enter(proposesFor = null) {
    this.proposesFor = proposesFor;
    this.requestUpdate();
    this.updateComplete.then(() => this.field.focus());
  }

  pressed = (event) => {
    if (event.key === "Enter" && !event.ctrlKey) {
      if (!event.repeat) afterComposition(event, () => this.give(this.field.value.trim() || this.proposed(store.order) || ""));
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.walk(event.key === "ArrowDown" ? 1 : -1);
    }
  };

  /** The number that stands in the empty field to be confirmed: of an order just saved, whose pick-up is certain and which nobody is asked for. */
  proposed(order) {
    const { order: of, items } = store.candidates;
    const open = order && order.id === this.proposesFor && wantsDriver(order) && !order.next_driver && !isSearching(order) && !isDoubted(order);
    if (!open || of !== order.id) return null;
    const stands = this.proposal?.order === order.id && items.some(({ number, free }) => free && number === this.proposal.number);
    if (!stands) this.proposal = items[0]?.free ? { order: order.id, number: items[0].number } : null;
    return this.proposal?.number ?? null;
  }

  /** Arrows put the number of the next candidate into the field: what Enter will do is always in sight. */
  walk(step) {
    const numbers = store.candidates.items.map((candidate) => candidate.number);
    if (!numbers.length || !wantsDriver(store.order)) return;
    const at = numbers.indexOf(this.field.value.trim());
    const next = at < 0 ? (step > 0 ? 0 : numbers.length - 1) : (at + step + numbers.length) % numbers.length;
    this.put(numbers[next]);
  }

  put(number) {
    this.field.value = number;
    this.typedNumber = number;
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector(".candidate.meant")?.scrollIntoView({ block: "nearest" }));
  }

  async give(number = this.field.value) {
    const meant = number.normalize("NFKC").replace(/^#/, "").trim();
    if (meant && holderOf(store.order)) this.askOther(meant);
    else await this.do(() => assign(meant));
  }

  async do(assigned) {
    if (this.busy) return;
    this.busy = true;
    const done = await assigned();
    this.busy = false;
    if (!done) {
      this.field.select();
      return;
    }
    this.put("");
  }

  // --- cancelling -------------------------------------------------------------------------------------------------------

  /** Del: ask why, or have an order back that is about to be cancelled. Of ticked orders, all of them. A person has asked for this. */
  cancelOrNot() {
    if (store.ticked.size) {
      act("cancel");
      return;
    }
    const order = store.order;
    if (!order || order.closed_at) return;
    if (isLeaving(order.id)) {
      takeBack(order.id);
      return;
    }
    this.ask("cancel", t("board.usual_reason"));
  }

  /** Shift Del: ask why the marked order is taken back from its driver. A person has asked for this. */
  askRelease() {
    if (holderOf(store.order)) this.ask("release", t("candidates.usual_reason"));
    else store.say({ text: t("notices.not_held") }, 4000);
  }

  /** A number typed where a driver has the order: another one is to have it. */
  askOther(number) {
    if (holderOf(store.order).number === number) {
      store.say({ text: t("notices.has_it", { number }) }, 4000);
      this.field.select();
      return;
    }
    this.another = number;
    this.ask("reassign", t("candidates.usual_reason"));
  }

  ask(deed, usual) {
    this.deed = deed;
    this.asksWhy = store.selectedOrder;
    this.asksDone = this.asksPin = null;
    this.requestUpdate();
    const why = this.querySelector("[name=why]");
    why.value = usual;
    this.updateComplete.then(() => why.select());
  }

  whyPressed = (event) => {
    if (event.key === "Enter" && !event.ctrlKey) afterComposition(event, () => this.doIt());
    else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.dontAsk();
    }
  };

  doIt() {
    const order = store.orders.get(this.asksWhy);
    const reason = this.querySelector("[name=why]").value.normalize("NFC").trim();
    if (!order || !reason) return;
    if (this.deed === "cancel") cancel(order, reason);
    else if (this.deed === "release") takeAway("release", reason, [order]);
    else this.do(() => reassign(order, this.another, reason));
    this.dontAsk();
  }

  dontAsk() {
    this.asksWhy = null;
    this.requestUpdate();
    document.querySelector("order-board").enter();
  }

  // --- done -------------------------------------------------------------------------------------------------------------

  /** The driver's fee is booked with it: asked once. A person has pressed for this. */
  askDone() {
    if (this.asksDone !== store.selectedOrder) this.fareField.value = "";
    this.asksDone = store.selectedOrder;
    this.asksFare = store.order.fare === null;
    this.asksWhy = this.asksPin = null;
    this.requestUpdate();
    this.updateComplete.then(() => (this.asksFare ? this.fareField : this.querySelector("[name=done]")).focus());
  }

  get fareField() {
    return this.querySelector("[name=done_fare]");
  }

  donePressed = (event) => {
    if (event.key === "Enter" && event.target === this.fareField && !event.ctrlKey) {
      if (!event.repeat) afterComposition(event, () => this.isDone());
      return;
    }
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.asksDone = null;
    this.requestUpdate();
    document.querySelector("order-board").enter();
  };

  async isDone() {
    const order = store.orders.get(this.asksDone);
    if (!order) return;
    const typed = this.asksFare ? this.fareField.value.trim() : "";
    const fare = typed ? parseMoney(typed) : null;
    if (typed && !fare) {
      store.say({ text: t("step.no_fare_that"), kind: "bad" }, 5000);
      this.fareField.select();
      return;
    }
    this.asksDone = null;
    document.querySelector("order-board").enter();
    this.requestUpdate();
    await complete(order, fare);
  }

  whyWords(order) {
    if (this.deed !== "reassign" || !order) return t(this.deed === "release" ? "ticked.why" : "board.why");
    return t("candidates.why_another", { before: holderOf(order)?.number ?? "–", number: this.another });
  }

  doneWords(order) {
    if (order?.fare == null) return t("step.ask_unpaid", { number: order?.driver?.number ?? "–" });
    return t("step.ask", { number: order.driver?.number ?? "–", fare: money(order.fare, order.currency) });
  }

  // --- an uncertain pick-up ---------------------------------------------------------------------------------------------

  /** Say why the marked order cannot be offered as it stands, and ask why it shall be. A person has asked for this. */
  askPin() {
    this.asksPin = store.selectedOrder;
    this.asksWhy = this.asksDone = null;
    this.requestUpdate();
    const field = this.querySelector("[name=pin_why]");
    field.value = "";
    this.updateComplete.then(() => field.focus());
  }

  pinPressed = (event) => {
    if (event.key === "Enter" && !event.ctrlKey) afterComposition(event, () => this.offerIt());
    else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.asksPin = null;
      this.enter();
    }
  };

  offerIt() {
    const order = store.orders.get(this.asksPin);
    const reason = this.querySelector("[name=pin_why]").value.normalize("NFC").trim();
    if (!order || !reason) return;
    this.asksPin = null;
    start(order, reason);
    this.enter();
  }

  /** C: the photos of the marked order's car, or the drivers again. A person has asked for this. */
  async enterCar() {
    await show("car");
    this.requestUpdate();
    await this.updateComplete;
    (this.querySelector(".car .thumb") ?? this.querySelector(".car .order-actions > *"))?.focus();
  }

  /** PageDown, PageUp. */
  page(step) {
    const box = this.querySelector(".scroll");
    box.scrollBy({ top: step * (box.clientHeight - 40) });
  }

  render() {
    const order = store.order;
    const wants = wantsDriver(order);
    const holder = holderOf(order);
    const proposed = this.proposed(order);
    return html`
      <div class="panel-title">
        ${order ? this.tabs(wants) : html`<h2>${t("candidates.title")}</h2>`}
        ${order ? html`<span class="for">${[`${clockTime(order.taken_at)} ${tripOf(order)}`, wants ? termsOf(order) : ""].filter(Boolean).join(" · ")}</span>` : nothing}
      </div>
      <div class="order-actions waited" ?hidden=${!waitedWords(order)}><span>${waitedWords(order)}</span></div>
      <div class="order-actions" ?hidden=${!order || order.closed_at !== null}>
        <button type="button" class="look" ?hidden=${!wants} @click=${startOrStop}>
          ${t(isSearching(order) && !isProposing(order) ? "search_do.stop" : order?.search ? "search_do.again" : "search_do.start")} <kbd>Shift F8</kbd>
        </button>
        <button type="button" class="look" ?hidden=${!wants || !isProposing(order) || !order.search.proposed} @click=${giveProposed}>
          ${wants && order.search?.proposed ? t("search_do.give", { who: `#${order.search.proposed.number}` }) : nothing} <kbd>F10</kbd>
        </button>
        <button type="button" class="look" ?hidden=${!order?.driver || !nextOf(order) || !allowed({ may: "orders.dispatch" })} @click=${moveOn}>
          ${order?.driver && nextOf(order) ? t("step.next", { state: t(`order.state.${nextOf(order)}`) }) : nothing} <kbd>F3</kbd>
        </button>
        <button type="button" @click=${() => change(order.id)}>${t("board.change")} <kbd>F4</kbd></button>
        <button type="button" ?hidden=${!holder} @click=${() => act("release")}>
          ${t(isWaiting(order?.id) ? "notices.undo" : "ticked.release")} <kbd>Shift Del</kbd>
        </button>
        <button type="button" @click=${() => this.cancelOrNot()}>
          ${t(isLeaving(order?.id) ? "board.take_back" : "board.cancel")} <kbd>Del</kbd>
        </button>
      </div>
      ${unheardBar(order)}
      <div class="order-actions alarmed" role="group" ?hidden=${!order?.alarms?.length || order.closed_at !== null}>
        <span>${order?.alarms?.length ? alarmWords(order, order.alarms.at(-1)) : nothing}</span>
        <button type="button" ?hidden=${!isPromised(order)} @click=${raise}>${t("alarm.raise")} <kbd>Ctrl F6</kbd></button>
        <button type="button" ?hidden=${!isPromised(order)} @click=${askToWait}>${t("alarm.wait")} <kbd>F7</kbd></button>
        <button type="button" ?hidden=${order?.state !== "reserved"} @click=${beginNow}>${t("alarm.begin")} <kbd>Ctrl F7</kbd></button>
        <button type="button" ?hidden=${unheardOf(order)} @click=${seen}>${t("alarm.seen")} <kbd>Shift F7</kbd></button>
      </div>
      <div class="assign done" ?hidden=${!order || this.asksDone !== order.id}>
        <label id="done-asked" for="done-fare">${this.asksDone ? this.doneWords(order) : nothing}</label>
        <input id="done-fare" name="done_fare" type="text" inputmode="numeric" maxlength="14" autocomplete="off" spellcheck="false" ?hidden=${!this.asksFare} @keydown=${this.donePressed} />
        <button type="button" name="done" aria-describedby="done-asked" @keydown=${this.donePressed} @click=${() => this.isDone()}>
          ${t("order.state.completed")} <kbd>↵</kbd>
        </button>
      </div>
      ${reach(order)}
      <div class="assign why" ?hidden=${!order || this.asksWhy !== order.id}>
        <label for="cancel-why">${this.whyWords(order)}</label>
        <input id="cancel-why" name="why" type="text" maxlength="200" autocomplete="off" spellcheck="false" @keydown=${this.whyPressed} />
        <button type="button" @click=${() => this.doIt()}>
          ${t({ cancel: "board.cancel", release: "ticked.release", reassign: "candidates.assign" }[this.deed])} <kbd>↵</kbd>
        </button>
      </div>
      <div class="pin" ?hidden=${!wants || this.asksPin !== order.id}>
        <p role="alert">${wants && this.asksPin === order.id && isDoubted(order) ? doubtOf(order) : nothing}</p>
        <div class="assign">
          <label for="pin-why">${t("search_do.why")}</label>
          <input id="pin-why" name="pin_why" type="text" maxlength="200" autocomplete="off" spellcheck="false" @keydown=${this.pinPressed} />
          <button type="button" @click=${() => this.offerIt()}>${t("search_do.all_the_same")} <kbd>↵</kbd></button>
        </div>
      </div>
      <p class="standing ${order?.search?.state ?? ""}" ?hidden=${!wants || !order.search}>
        <span>${wants && order.search ? standing(order) : nothing}</span>
        ${isSearching(order) && order.search.asked ? html`<time>${timeLeft(order.search.due_at)}</time>` : nothing}
      </p>
      <div class="assign" ?hidden=${!wants && !holder}>
        <label for="driver-number">${t(holder ? "candidates.another" : "candidates.number")}</label>
        <input
          id="driver-number"
          name="driver"
          type="text"
          inputmode="numeric"
          maxlength="8"
          autocomplete="off"
          spellcheck="false"
          placeholder=${proposed ? `${proposed} ↵` : ""}
          @keydown=${this.pressed}
          @input=${(event) => {
            this.typedNumber = event.target.value.trim();
            this.requestUpdate();
          }}
        />
        <button type="button" @click=${() => this.give()}>${t("candidates.assign")} <kbd>↵</kbd></button>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("tabs.title")}>${this.shown(order, wants)}</div>
    `;
  }

  tabs(wants) {
    const tab = (view, words, key) => html`
      <button type="button" class="tab" aria-pressed=${String(store.view === view)} @click=${() => show(view)}>
        ${words} ${key ? html`<kbd class=${key === "C" ? "letter" : ""}>${key}</kbd>` : nothing}
      </button>
    `;
    return html`
      <div class="tabs" role="group" aria-label=${t("tabs.title")}>
        ${tab("drivers", t(wants ? "tabs.drivers" : "tabs.texts"), { why: "F9", history: "Shift F9", car: "C" }[store.view])} ${tab("why", t("tabs.why"), "F9")}
        ${tab("history", t("tabs.history"), "Shift F9")}
        ${allowed({ may: "cars.see" }) ? tab("car", t("tabs.car"), "C") : nothing}
      </div>
    `;
  }

  shown(order, wants) {
    if (!order) return html`<p class="quiet">${t("candidates.choose")}</p>`;
    if (store.view === "why") return why(order);
    if (store.view === "history") return history(order);
    if (store.view === "car") return carOf(order);
    return wants ? html`${asked(order)} ${this.candidates()}` : this.details(order);
  }

  candidates() {
    const { items, loading, error } = store.candidates;
    if (error) return html`<p class="quiet bad">${error}</p>`;
    if (!items.length) return html`<p class="quiet">${t(loading ? "candidates.loading" : "candidates.none")}</p>`;
    return html`<ol class="candidates">${repeat(items, (each) => each.driver_id, (each, index) => this.candidate(each, index))}</ol>`;
  }

  candidate(each, index) {
    const meant = each.number === (this.typedNumber || this.proposed(store.order));
    const fits = this.typedNumber !== "" && each.number.startsWith(this.typedNumber);
    return html`
      <li>
        <button
          type="button"
          tabindex="-1"
          class="candidate ${meant ? "meant" : fits ? "fits" : ""}"
          @click=${() => {
            this.put(each.number);
            this.field.focus();
          }}
        >
          <span class="rank">${index + 1}</span>
          <b class="number">#${each.number}</b>
          <span class="name">${each.name}</span>
          <b class="eta">${each.eta_s === null ? "–" : t("candidates.minutes", { minutes: Math.max(1, Math.round(each.eta_s / 60)) })}</b>
          <small>${this.how(each)} ${each.alive ? html`<b class="alive">${t("candidates.alive")}</b>` : nothing} ${papersOf(each)}</small>
          <small class="reason" title=${each.reason}>${each.reason}</small>
        </button>
      </li>
    `;
  }

  /** Where he is and how long he has waited; of one who drives, when he is done. */
  how(each) {
    if (!each.free) return html`<b class="not-free">${icons.clock} ${notFree(each)}</b> · ${distance(each.distance_m)}`;
    const waits = t("candidates.waits", { minutes: Math.round((each.waiting_s ?? 0) / 60) });
    return each.distance_m === null ? `${t("candidates.no_place")} · ${waits}` : `${distance(each.distance_m)} · ${waits}`;
  }

  details(order) {
    const messages = store.messagesOf(order.id);
    return html`
      <div class="details">
        ${order.driver
          ? html`<p class="has"><b>#${order.driver.number}</b> ${order.driver.name}
              ${order.assigned_at ? html`<time>${clockTime(order.assigned_at)}</time>` : nothing} ${papersOf(order.driver)}</p>
              <button type="button" class="send-link" @click=${() => sendLink(order.driver)}>${t("candidates.send_link")} <kbd>Ctrl F9</kbd></button>`
          : nothing}
        <p class="terms">${[paymentWords(order), wantsWords(order.wants)].filter(Boolean).join(" · ")}</p>
        <ul class="messages">
          ${repeat(messages, (message) => message.id, (message) => this.message(message))}
        </ul>
      </div>
    `;
  }

  message(message) {
    return html`
      <li class="message ${message.state}">
        <div class="line">
          <b>${t(`messages.to.${message.audience}`)}</b>
          <span class="message-state ${message.state}">${t(`messages.state.${message.state}`)}</span>
          <time>${clockTime(message.updated_at, true)}</time>
        </div>
        <p>${message.text}</p>
      </li>
    `;
  }
}

function notFree({ finishes_in_s: left }) {
  if (left === null) return t("candidates.drives");
  return t("candidates.drives_until", { minutes: Math.max(1, Math.round(left / 60)) });
}

customElements.define("candidate-list", CandidateList);
