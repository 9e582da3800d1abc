/**
 * The order that is being typed. Its fields are made once and never again, and nothing is bound to their values: what they
 * hold is the operator's. A card that fills up later changes only fields that nobody has touched; the focus never moves
 * unless a person opened a card, took a trip or saved.
 */

import { html, nothing } from "lit";
import { saveForm, typedOver } from "./changes.js";
import { afterComposition } from "./compose.js";
import { asked, detailsOf, FIELDS, isOwn, labelOf, limitOf, REQUIRED, WANTED } from "./form-fields.js";
import { LiveElement } from "./element.js";
import "./order-clash.js";
import { appended, ask, askNetwork, inFull, joined, same, stillFits, suggest, whoKnows } from "./places.js";
import { store } from "./store.js";
import { clockTime, distance, money, moneyField, parseMoney, t } from "./texts.js";
import { fareBasis, partsWords, promiseWords, quote } from "./trips.js";
import { byHand, clear, drafts, open, tripOf } from "./work.js";

const OPENING_MS = 1000;
const ASK_AFTER_MS = 120;
const ASK_NETWORK_AFTER_MS = 400;
const LETTERS = { number: 30, customer_name: 80, fare: 14, note: 500, way_points: 600, wanted: 40 };
const QUOTE_AFTER_MS = 250;
const PRICED = new Set(["origin", "destination", "way_points", "wanted"]);

export class OrderForm extends LiveElement {
  draft = null;
  done = null; // what became of the last one: {order: id|null, call: id|null}
  problem = null; // {field, text}
  saving = false;
  choices = { field: null, items: [], active: -1 };

  field(name) {
    return this.querySelector(`[name="${name}"]`);
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
    this.closeChoices();
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
    });
  }

  /** The fields are free for the next one; the order (or that it waits) is shown instead. */
  showSaved(orderId) {
    this.done = { order: orderId, call: typeof this.draft?.key === "number" ? this.draft.key : null };
    this.draft = null;
    this.closeChoices();
    this.requestUpdate();
    document.querySelector("caller-card")?.requestUpdate();
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

  /** Whether something is missing without which `draft` cannot be saved; then it says so, and goes there. */
  lacks(draft) {
    const name = REQUIRED.find((each) => !draft.values[each].trim());
    if (!name) return false;
    this.ask(name, name === "origin" ? t("order.origin_missing") : t("order.field_missing", { field: t(labelOf(name)) }));
    return true;
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
    if (name === "fare_reason") return this.draft?.byHand ?? false;
    if (this.draft?.editing) return name !== "customer_name";
    const call = store.callInHand;
    if (name === "number") return !call || !call.customer;
    if (name === "customer_name") return !this.customer;
    return true;
  }

  took() {
    for (const name of asked("origin", "destination", "fare")) this.field(name).value = this.draft.values[name];
    this.problem = null;
    drafts.keep();
    this.closeChoices();
    this.price();
    this.missing()?.focus();
    this.requestUpdate();
  }

  // --- typing -------------------------------------------------------------------------------------------------------------

  typed = (event) => {
    if (!this.draft) return;
    const { name, value } = event.target;
    this.draft.type(name, value);
    typedOver(this.draft, name);
    if (this.problem?.field === name) this.problem = null;
    if (name === "origin" || name === "destination") this.offer(name, value);
    if (PRICED.has(name)) this.price();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => drafts.keep(), 250);
    this.requestUpdate();
  };

  touched = (event) => {
    // From the first stroke of a syllable on, the field is the operator's, though no text stands in it yet.
    if (this.draft && event.target.name) this.draft.touched[event.target.name] = true;
  };

  left = (event) => {
    if (event.target.name === "fare" && this.draft) {
      const fare = parseMoney(event.target.value);
      event.target.value = this.draft.values.fare = moneyField(fare);
    }
    if (event.target.name === this.choices.field) this.closeChoices();
    this.requestUpdate();
  };

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "BUTTON") return;
    const { name } = event.target;
    if (event.key === "Enter" && !event.shiftKey) afterComposition(event, () => this.enter(name));
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.isComposing) {
      this.arrow(event, name, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && this.choices.items.length) {
      event.preventDefault();
      event.stopPropagation();
      this.closeChoices();
    }
  };

  /** Enter: the marked suggestion; in an empty field, the proposed trip; else on to the next field. */
  enter(name) {
    if (!this.draft) return;
    const chosen = this.choices.field === name ? this.choices.items[this.choices.active] : null;
    if (chosen) {
      this.choose(name, chosen);
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
    if (this.choices.items.length && this.choices.field === name) {
      event.preventDefault();
      const count = this.choices.items.length;
      this.choices = { ...this.choices, active: (this.choices.active + step + count) % count };
      this.requestUpdate();
    } else if ((name === "origin" || name === "destination") && !this.field(name).value.trim()) {
      event.preventDefault();
      this.offer(name, "");
    }
  }

  // --- suggestions ----------------------------------------------------------------------------------------------------------

  offer(name, text) {
    const own = suggest(this.customer, name, text);
    // What the server said of fewer letters stands until it answers anew: nothing flickers, and an arrow finds it.
    const before = this.told?.field === name ? this.told.items.filter((place) => stillFits(place, text)) : [];
    const items = text ? joined(own, before, text) : own;
    this.choices = { field: items.length ? name : null, items, active: text ? -1 : 0 };
    this.requestUpdate();
    clearTimeout(this.asking);
    this.asked = (this.asked ?? 0) + 1;
    if (text.trim()) this.asking = setTimeout(() => this.offerMore(name, text, this.asked), ASK_AFTER_MS);
  }

  /** What the server knows comes after what the card knows; what is marked stays marked, and late answers are dropped. */
  async offerMore(name, text, turn) {
    const more = await ask(this.customer?.id, text);
    const here = document.activeElement === this.field(name);
    if (turn !== this.asked || !here || this.field(name).value !== text) return;
    this.told = { field: name, items: more };
    const marked = this.choices.field === name ? this.choices.items[this.choices.active] : null;
    const items = joined(suggest(this.customer, name, text), more, text);
    const active = marked ? items.findIndex((place) => same(place, marked)) : -1;
    this.choices = { field: items.length ? name : null, items, active };
    this.requestUpdate();
    if (store.geocoders.length && text.trim().length > 1) this.asking = setTimeout(() => this.offerNetwork(name, text, turn), ASK_NETWORK_AFTER_MS);
  }

  /** The network is asked only of who pauses; what it knows comes behind the rest, and what is marked stays marked. */
  async offerNetwork(name, text, turn) {
    const found = await askNetwork(text);
    const here = document.activeElement === this.field(name);
    if (turn !== this.asked || !here || this.field(name).value !== text || !found.length) return;
    const shown = this.choices.field === name ? this.choices.items : [];
    this.choices = { field: name, items: appended(shown, found), active: shown.length ? this.choices.active : -1 };
    this.requestUpdate();
  }

  choose(name, place) {
    const text = inFull(place, this.choices.items);
    this.draft.type(name, text);
    this.draft.place(name, { ...place, text }, place.kind ?? (place.id ? "saved" : "history"));
    this.field(name).value = text;
    drafts.keep();
    this.closeChoices();
    this.price();
    this.missing()?.focus();
  }

  closeChoices() {
    clearTimeout(this.asking);
    this.asked = (this.asked ?? 0) + 1;
    this.choices = { field: null, items: [], active: -1 };
    this.requestUpdate();
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
          <button class="save" type="button" ?disabled=${this.saving} @click=${saveForm}>
            ${t(this.draft?.editing ? "order.save_change" : "order.save")} <kbd>Ctrl ↵</kbd>
          </button>
          <button type="button" @click=${clear}>${t(this.draft?.editing ? "order.leave" : "order.clear")} <kbd>Esc</kbd></button>
          ${this.hint()}
        </div>
      </form>
      ${this.done ? this.outcome() : nothing}
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
    const suggests = name === "origin" || name === "destination";
    return html`
      <div class="field ${name} ${problem ? "wrong" : ""}" ?hidden=${!this.shows(name)}>
        <label for="order-${name}">${t(labelOf(name))}</label>
        <div class="entry">
          <input
            id="order-${name}"
            name=${name}
            type="text"
            maxlength=${isOwn(name) ? limitOf(name) : (LETTERS[name] ?? 200)}
            inputmode=${name === "fare" ? "numeric" : name === "number" ? "tel" : "text"}
            spellcheck="false"
            placeholder=${this.placeholder(name)}
            aria-invalid=${problem ? "true" : "false"}
            aria-describedby="about-${name}"
            role=${suggests ? "combobox" : nothing}
            aria-expanded=${suggests ? String(this.choices.field === name) : nothing}
            aria-controls=${suggests ? `choices-${name}` : nothing}
            aria-activedescendant=${this.choices.field === name && this.choices.active >= 0
              ? `choice-${name}-${this.choices.active}`
              : nothing}
          />
          ${suggests ? this.list(name) : nothing}
        </div>
        <span class="about" id="about-${name}">${problem ?? this.about(name)}</span>
      </div>
    `;
  }

  list(name) {
    const here = this.choices.field === name;
    return html`
      <ul class="choices" role="listbox" id="choices-${name}" aria-label=${t("order.suggestions")} ?hidden=${!here}>
        ${here
          ? this.choices.items.map(
              (place, index) => html`
                <li
                  id="choice-${name}-${index}"
                  role="option"
                  aria-selected=${String(index === this.choices.active)}
                  @mousedown=${(event) => {
                    event.preventDefault();
                    this.choose(name, place);
                  }}
                >
                  <span>
                    ${place.text}
                    ${place.district ? html`<small>${place.district}</small>` : nothing}
                    ${place.alias ? html`<small>${place.alias}</small>` : nothing}
                  </span>
                  <small>${this.whence(place)}</small>
                </li>
              `,
            )
          : nothing}
      </ul>
    `;
  }

  /** Who knows a suggested place, and how surely. */
  whence(place) {
    const who = whoKnows(place);
    if (place.lat == null) return `${who} · ${t("order.no_pin")}`;
    return place.accuracy_m == null ? who : `${who} ±${distance(place.accuracy_m)}`;
  }

  placeholder(name) {
    if (name === "way_points") return t("order.way_points_how");
    if (name === "wanted") return t("order.wanted_how");
    if (name === "fare_reason") return this.draft?.editing ? "" : t("order.fare_usual_reason");
    if (name === "fare" && this.draft?.quoted?.amount != null) return t("order.quote_takes", { fare: money(this.draft.quoted.amount) });
    const proposal = this.draft ? this.proposalFor(name) : null;
    if (!proposal) return "";
    return t("order.enter_takes", { trip: name === "origin" ? tripOf(proposal) : (proposal.destination?.text ?? "–") });
  }

  /** Where the field's text is known from. */
  about(name) {
    const draft = this.draft;
    if (!draft) return "";
    if (name === "fare") return this.aboutFare(draft);
    if (name === "wanted") return promiseWords(draft.quoted);
    const place = draft.places[name];
    if (!place || place.text !== draft.values[name]) {
      return draft.values[name].trim() && (name === "origin" || name === "destination") ? t("source.operator") : "";
    }
    const sure = place.accuracy_m == null ? "" : ` ±${distance(place.accuracy_m)}`;
    return t(`source.${place.source}`) + sure;
  }

  aboutFare(draft) {
    const fare = parseMoney(draft.values.fare);
    const quoted = draft.quoted?.amount ?? null;
    const why = quoted === null ? "" : `${money(quoted)} = ${partsWords(draft.quoted.parts)}`;
    if (fare === null || fare === quoted) return why;
    const here = draft.fareFrom === draft.values.fare ? `${money(fare)} · ${t("source.history")}` : money(fare);
    return why ? `${here} (${t("fare_basis.tariff")} ${why})` : here;
  }

  /** What became of the order that was just saved. */
  outcome() {
    const order = store.orders.get(this.done.order);
    const again = () => (this.done.call === null ? byHand() : open(this.done.call));
    return html`
      <section class="outcome" aria-label=${t("order.saved_title")}>
        ${order
          ? html`
              <h2>${t("order.saved_title")} <time>${clockTime(order.taken_at)}</time></h2>
              <p class="way">${tripOf(order)}</p>
              <p>
                <span class="order-state ${order.state}">${t(`order.state.${order.state}`)}</span>
                ${order.driver ? html`<b>#${order.driver.number}</b> ${order.driver.name}` : nothing} ·
                ${order.fare === null ? t("order.fare_open") : money(order.fare, order.currency)}
              </p>
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
}

customElements.define("order-form", OrderForm);

