/**
 * The order that is being typed. Its fields are made once and never again, and nothing is bound to their values: what they
 * hold is the operator's. A card that fills up later changes only fields that nobody has touched; the focus never moves
 * unless a person opened a card, took a trip or saved.
 */

import { html, nothing } from "lit";
import { saveForm, typedOver } from "./changes.js";
import { fieldOf, sentence, wordsOf } from "./api.js";
import { afterComposition } from "./compose.js";
import { allowed } from "./actions.js";
import { asked, FIELDS, isOwn, labelOf, limitOf, REQUIRED, WANTED } from "./form-fields.js";
import { LiveElement } from "./element.js";
import "./order-clash.js";
import { outcome } from "./order-outcome.js";
import "./order-payment.js";
import "./order-skills.js";
import "./order-stops.js";
import { about, placeholder } from "./order-words.js";
import { inFull } from "./places.js";
import { MOMENT_MS, store } from "./store.js";
import { Suggestions } from "./suggestions.js";
import { has, moneyField, parseMoney, t } from "./texts.js";
import { quote } from "./trips.js";
import { waitingProposal } from "./waiting.js";
import { clear, drafts } from "./work.js";

const OPENING_MS = 1000;
const LETTERS = { number: 30, customer_name: 80, fare: 14, note: 500, wanted: 40, cost_centre: 80 };
const KEYS = { way_points: "via", wanted: "when", payment: "payment", wants: "wants" };
const ON_ACCOUNT = new Set(["cost_centre", "limit_reason"]);
const SUGGESTS = new Set(["origin", "destination", "way_points"]);
const QUOTE_AFTER_MS = 250;
const ACCOUNTS = new Set(["over_credit_limit", "not_on_account", "credit_account_closed"]);
const PRICED = new Set(["origin", "destination", "way_points", "wanted", "fare"]);

export class OrderForm extends LiveElement {
  draft = null;
  done = null; // what became of the last one: {order: id|null, call: id|null}
  problem = null; // {field, text}
  slow = false; // a save takes longer than a moment
  #saving = false;
  choices = new Suggestions(this);

  get saving() {
    return this.#saving;
  }

  /** Typing goes on meanwhile. What takes longer than a moment says so, in the place of the button and to whoever listens. */
  set saving(saving) {
    this.#saving = saving;
    this.slow = false;
    clearTimeout(this.slowly);
    if (saving) this.slowly = setTimeout(() => this.isSlow(), MOMENT_MS);
    this.requestUpdate();
  }

  isSlow() {
    this.slow = true;
    this.requestUpdate();
  }

  field(name) {
    return this.querySelector(`[name="${name}"]`);
  }

  /** Where the text of a field is typed. */
  input(name) {
    const field = this.field(name);
    return field.input ?? field;
  }

  /** For whom the order is: the caller, or whom the operator has looked up. */
  get customer() {
    return store.callInHand?.customer ?? this.draft?.customer ?? null;
  }

  // --- what others ask of the form ------------------------------------------------------------------------------------

  /** Show `draft` (null: nothing) and put the focus where the first answer is missing. A person has asked for this. */
  show(draft) {
    this.draft = draft;
    this.done = null;
    this.problem = null;
    this.choices.close();
    this.filledFor = this.signature();
    this.requestUpdate();
    document.querySelector("caller-card")?.requestUpdate();
    this.updateComplete.then(() => {
      if (this.draft !== draft || !draft) return;
      for (const name of FIELDS) this.field(name).value = draft.values[name];
      this.querySelector("order-clash").show(draft);
      this.placed = draft.editing ? this.field("origin") : this.missing();
      this.placedAt = performance.now();
      this.placed?.focus();
      this.price();
      this.knowAccounts();
    });
  }

  /** The fields are free for the next one; the order (or that it waits) is shown instead. */
  showSaved(orderId) {
    this.done = { order: orderId, call: typeof this.draft?.key === "number" ? this.draft.key : null };
    this.draft = null;
    this.choices.close();
    this.requestUpdate();
    document.querySelector("caller-card")?.requestUpdate();
  }

  /** What was typed while an order was being saved becomes a change of it, at the letter where one types: no field is touched. */
  goOn(draft) {
    this.draft = draft;
    this.choices.close();
    this.filledFor = this.signature();
    this.requestUpdate();
    document.querySelector("caller-card")?.requestUpdate();
    this.price();
  }

  waitedOrder(callId, orderId) {
    if (this.done?.order === null && this.done.call === callId) this.done = { order: orderId, call: callId };
    this.requestUpdate();
  }

  /** Take usual trip `index` into the fields. */
  takeTrip(index) {
    const trip = this.customer?.usual_trips?.[index];
    if (!trip || !this.draft) return;
    this.trip = index;
    this.draft.takeTrip(trip, false);
    this.took();
  }

  /** To a field of the order in hand, where its form has it. A person has asked for this. */
  goTo(name) {
    if (this.draft && FIELDS.includes(name)) this.field(name).focus();
  }

  /** Say what is wrong with a field, and go there. */
  ask(name, text) {
    this.problem = { field: FIELDS.includes(name) ? name : "origin", text };
    this.requestUpdate();
    this.field(this.problem.field)?.focus();
  }

  /** Whether something is missing without which `draft` cannot be saved, or says no amount; then it says so, and goes there. */
  lacks(draft) {
    const name = [...REQUIRED, ...this.owedToAccount(draft)].find((each) => !draft.values[each].trim());
    const own = `order.${name}_missing`;
    if (name) this.ask(name, has(own) ? t(own) : t("order.field_missing", { field: t(labelOf(name)) }));
    else if (draft.values.fare.trim() && parseMoney(draft.values.fare) === null) this.ask("fare", t("order.fare_unclear"));
    else return false;
    return true;
  }

  /** What the account that pays wants to read. */
  owedToAccount(draft) {
    if (draft.account === null) return [];
    return this.field("payment").account?.needs_cost_centre ? ["fare", "cost_centre"] : ["fare"];
  }

  /** The server does not take `draft` as it stands: say so where it is mended. Returns whether a reason would make up for it. */
  refused(draft, error) {
    const may = { customer_not_served: "customers.override", over_credit_limit: "credit.exceed" }[error.code];
    if (may && !draft.editing && allowed({ may })) {
      draft.refused = error.code;
      this.requestUpdate();
      const field = error.code === "over_credit_limit" ? "limit_reason" : "served_because";
      this.updateComplete.then(() => this.ask(field, t(`order.${field}_how`, wordsOf(error))));
      return true;
    }
    if (ACCOUNTS.has(error.code)) {
      this.ask("payment", sentence(error));
    } else if (error.code === "invalid") {
      const name = fieldOf(error);
      this.ask(name, name === "fare_reason" ? t("order.fare_reason_needed") : sentence(error));
    }
    return false;
  }

  /** Have the payment's field know on whose accounts the number may ride. */
  knowAccounts() {
    const call = store.callInHand;
    if (this.draft) this.field("payment").know(call?.number ?? this.draft.values.number.trim());
  }

  // --- filling ----------------------------------------------------------------------------------------------------------

  signature() {
    const call = store.callInHand;
    return call ? JSON.stringify([call.customer?.id, call.choice, call.number, call.customer?.places?.[0]]) : null;
  }

  willUpdate() {
    if (!this.draft || this.draft.key !== store.openCall || this.signature() === this.filledFor) return;
    this.filledFor = this.signature();
    for (const name of this.draft.fill(store.callInHand)) {
      const field = this.field(name);
      if (!field) continue;
      field.value = this.draft.values[name];
      if (field === document.activeElement) this.passOn(field);
    }
  }

  /**
   * The field with the focus was filled by the card. Right after the card was opened, that is still part of opening it: the
   * focus goes on to what is missing. Later it stays, and typing replaces what was filled in.
   */
  passOn(field) {
    const opening = field === this.placed && performance.now() - this.placedAt < OPENING_MS;
    const untouched = Object.keys(this.draft.touched).length === 0;
    if (opening && untouched) this.updateComplete.then(() => this.missing()?.focus());
    else field.select();
  }

  missing() {
    const wanted = [...WANTED];
    const call = store.callInHand;
    if (!call?.number && !call?.customer && this.draft.key !== null && this.shows("number")) wanted.unshift("number");
    const first = wanted.find((name) => !this.field(name).value.trim());
    return first ? this.field(first) : this.querySelector(".save");
  }

  shows(name) {
    const draft = this.draft;
    if (name === "fare_reason") return draft?.byHand ?? false;
    if (name === "limit_reason") return Boolean(draft) && draft.account !== null && draft.refused === "over_credit_limit";
    if (name === "cost_centre") return Boolean(draft) && draft.account !== null;
    if (name === "served_because") return Boolean(draft) && this.needsReason(draft);
    if (draft?.editing) return name !== "customer_name";
    const call = store.callInHand;
    if (name === "number") return !call || !call.customer;
    if (name === "customer_name") return !this.customer;
    return true;
  }

  /** Whether the customer is not to be served, and whoever sits here may do so all the same. */
  needsReason(draft) {
    const blocked = this.customer?.blocked_reason || draft.refused === "customer_not_served";
    return Boolean(blocked) && !draft.editing && allowed({ may: "customers.override" });
  }

  took() {
    for (const name of asked("origin", "destination", "fare")) this.field(name).value = this.draft.values[name];
    this.problem = null;
    drafts.keep();
    this.choices.close();
    this.price();
    this.missing()?.focus();
    this.requestUpdate();
  }

  // --- typing -------------------------------------------------------------------------------------------------------------

  typed = (event) => {
    if (!this.draft) return;
    const { name, value } = event.target.closest("[name]");
    this.draft.type(name, value);
    typedOver(this.draft, name);
    if (this.problem?.field === name) this.problem = null;
    if (SUGGESTS.has(name)) this.suggest(name, event.target);
    if (name === "number") this.knowAccounts();
    if (PRICED.has(name)) this.price();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => drafts.keep(), 250);
    this.requestUpdate();
  };

  /** In the empty field for a stop Enter goes on: nothing is marked there unasked, nor after a stop was added. */
  suggest(name, told) {
    const input = this.input(name);
    if (told !== input || (name === "way_points" && !input.value)) this.choices.close();
    else this.choices.offer(name, input.value);
  }

  touched = (event) => {
    // From the first stroke of a syllable on, the field is the operator's, though no text stands in it yet.
    if (this.draft) this.draft.touched[event.target.closest("[name]").name] = true;
  };

  left = (event) => {
    if (event.target.name === "fare" && this.draft) {
      const fare = parseMoney(event.target.value);
      // What says no amount stays as it was typed, to be mended.
      if (fare !== null || !event.target.value.trim()) event.target.value = this.draft.values.fare = moneyField(fare);
    }
    if (this.choices.under(event.target.closest("[name]")?.name)) this.choices.close();
    this.requestUpdate();
  };

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "BUTTON") return;
    const { name } = event.target.closest("[name]");
    if (event.key === "Enter" && event.shiftKey && name === "fare") {
      event.preventDefault();
      this.addWaiting();
    } else if (event.key === "Enter" && !event.shiftKey) afterComposition(event, () => this.enter(name));
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.isComposing) {
      this.arrow(event, name, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && this.choices.open) {
      event.preventDefault();
      event.stopPropagation();
      this.choices.close();
    }
  };

  /** Enter: the marked suggestion; in an empty field, the proposed trip; else on to the next field. */
  enter(name) {
    if (!this.draft) return;
    const chosen = this.choices.marked(name);
    if (chosen) {
      this.choose(name, chosen);
      return;
    }
    if (name === "way_points" && this.input(name).value.trim()) {
      this.choices.close();
      this.field(name).add();
      return;
    }
    const proposal = this.proposalFor(name);
    if (proposal) {
      this.draft.takeTrip(proposal, Boolean(this.field("origin").value.trim()));
      this.took();
      return;
    }
    if (name === "fare") this.takeQuote();
    const fields = FIELDS.filter((each) => this.shows(each));
    const next = fields[fields.indexOf(name) + 1];
    if (next) this.field(next).focus();
    else this.querySelector(".save").focus();
  }

  /** Enter in an empty fare: what the tariff says. */
  takeQuote() {
    const amount = this.draft.quoted?.amount ?? null;
    if (this.draft.values.fare.trim() || amount === null) return;
    this.draft.type("fare", moneyField(amount));
    this.field("fare").value = this.draft.values.fare;
    drafts.keep();
    this.requestUpdate();
  }

  /** Shift Enter in the fare of an order that is changed: with what the driver's waiting comes to, and why, to be saved or not. */
  addWaiting() {
    const proposal = waitingProposal(this.draft);
    if (!proposal) return;
    const reason = this.draft.values.fare_reason.trim() || t("order.waited_reason", { minutes: proposal.minutes });
    for (const [name, text] of [["fare", moneyField(proposal.fare)], ["fare_reason", reason]]) {
      this.draft.type(name, text);
      if (FIELDS.includes(name)) this.field(name).value = text;
    }
    if (this.problem?.field === "fare" || this.problem?.field === "fare_reason") this.problem = null;
    drafts.keep();
    this.price();
    this.requestUpdate();
    this.updateComplete.then(() => this.goTo("fare_reason"));
  }

  /** Ask, a little later, what the trip costs as it stands; late answers are dropped. */
  price() {
    clearTimeout(this.pricing);
    this.pricing = setTimeout(async () => {
      const draft = this.draft;
      const body = draft?.trip(store.callInHand);
      const turn = (this.priced = (this.priced ?? 0) + 1);
      const quoted = body && store.link.up ? await quote(body) : null;
      if (turn !== this.priced || this.draft !== draft || !draft) return;
      draft.quoted = quoted;
      draft.when = { text: draft.values.wanted.normalize("NFC").trim(), at: quoted?.wanted_at ?? null };
      this.requestUpdate();
    }, QUOTE_AFTER_MS);
  }

  /** The trip that Enter would take in field `name`, which must be empty. */
  proposalFor(name) {
    const empty = (name === "destination" || name === "origin") && !this.draft?.values[name].trim();
    return empty ? this.draft.proposal(this.customer) : null;
  }

  arrow(event, name, step) {
    if (this.choices.under(name)) {
      event.preventDefault();
      this.choices.move(step);
    } else if (SUGGESTS.has(name) && !this.input(name).value.trim()) {
      event.preventDefault();
      this.choices.offer(name, "");
    }
  }

  // --- suggestions ----------------------------------------------------------------------------------------------------------

  choose(name, place) {
    const text = inFull(place, this.choices.shown.items);
    const source = place.kind ?? (place.id ? "saved" : "history");
    this.choices.close();
    if (name === "way_points") {
      this.draft.stops = [...this.draft.stops.filter((stop) => stop.text !== text), { ...place, text, source }];
      this.field(name).add(text);
      return;
    }
    this.draft.type(name, text);
    this.draft.place(name, { ...place, text }, source);
    this.field(name).value = text;
    drafts.keep();
    this.price();
    this.missing()?.focus();
  }

  // --- drawing ----------------------------------------------------------------------------------------------------------------

  render() {
    return html`
      <form
        class="order"
        autocomplete="off"
        novalidate
        ?hidden=${!this.draft}
        aria-label=${t("order.title")}
        @submit=${(event) => event.preventDefault()}
        @input=${this.typed}
        @compositionstart=${this.touched}
        @focusout=${this.left}
        @keydown=${this.pressed}
      >
        <order-clash data-panel></order-clash>
        ${FIELDS.map((name) => this.row(name))}
        <div class="actions">
          <button class="save" type="button" aria-disabled=${String(this.saving)} @click=${saveForm}>
            <span>${this.slow ? t("order.saving") : t(this.draft?.editing ? "order.save_change" : "order.save")}</span> <kbd>Ctrl ↵</kbd>
          </button>
          <span class="unseen" role="status">${this.slow ? t("order.saving") : nothing}</span>
          <button type="button" @click=${clear}>${t(this.draft?.editing ? "order.leave" : "order.clear")} <kbd>Esc</kbd></button>
          ${this.hint()}
        </div>
      </form>
      ${this.done ? outcome(this.done) : nothing}
    `;
  }

  hint() {
    const editing = this.draft?.editing;
    if (editing && store.orders.get(editing.order)?.version > editing.version) {
      return html`<span class="offline-hint">${t("order.changed_meanwhile")}</span>`;
    }
    if (store.link.up) return nothing;
    return html`<span class="offline-hint">${t(editing ? "order.offline_change" : "order.offline_hint")}</span>`;
  }

  row(name) {
    const problem = this.problem?.field === name ? this.problem.text : null;
    const key = KEYS[name];
    return html`
      <div class="field ${name} ${problem ? "wrong" : ""}" ?hidden=${!this.shows(name)}>
        <label for="order-${name}" id="label-${name}">${t(labelOf(name))} ${key ? html`<kbd>${t(`keys.${key}.key`)}</kbd>` : nothing}</label>
        <div class="entry">${this.entry(name, problem)} ${SUGGESTS.has(name) ? this.choices.list(name) : nothing}</div>
        <span class="about" id="about-${name}">${problem ?? about(this, name)}</span>
      </div>
    `;
  }

  entry(name, problem) {
    if (name === "way_points") return html`<order-stops name=${name} data-panel></order-stops>`;
    if (name === "payment") return html`<order-payment name=${name} data-panel></order-payment>`;
    if (name === "wants") return html`<order-skills name=${name} data-panel></order-skills>`;
    const suggests = SUGGESTS.has(name);
    return html`
      <input
        id="order-${name}"
        name=${name}
        type="text"
        maxlength=${isOwn(name) ? limitOf(name) : (LETTERS[name] ?? 200)}
        inputmode=${name === "fare" ? "numeric" : name === "number" ? "tel" : "text"}
        spellcheck="false"
        placeholder=${placeholder(this, name)}
        aria-invalid=${problem ? "true" : "false"}
        aria-describedby="about-${name}"
        role=${suggests ? "combobox" : nothing}
        aria-expanded=${suggests ? String(this.choices.under(name)) : nothing}
        aria-controls=${suggests ? `choices-${name}` : nothing}
        aria-activedescendant=${this.choices.marked(name) ? `choice-${name}-${this.choices.shown.active}` : nothing}
      />
    `;
  }
}

customElements.define("order-form", OrderForm);

