/**
 * What is suggested under a field for a place, while it is typed: what the customer's card knows, what the server knows beside
 * it, and, for who pauses, what geocoders on the network know. What is marked stays marked, and late answers are dropped.
 */

import { html, nothing } from "lit";
import { Latest } from "./latest.js";
import { appended, ask, askNetwork, joined, same, stillFits, suggest, whoKnows } from "./places.js";
import { store } from "./store.js";
import { distance, t } from "./texts.js";

const ASK_NETWORK_AFTER_MS = 400;
const NONE = { field: null, items: [], active: -1 };

export class Suggestions {
  shown = NONE;
  turn = 0; // counts what was asked: only the last answer counts
  questions = new Latest((...question) => this.offerMore(...question));

  /** `form` has `customer`, `input(name)`, `choose(name, place)` and is drawn anew by `requestUpdate()`. */
  constructor(form) {
    this.form = form;
  }

  /** Whether they stand under the field called `name`. */
  under = (name) => this.shown.field === name;

  /** The one that Enter would take in that field. */
  marked = (name) => (this.under(name) ? (this.shown.items[this.shown.active] ?? null) : null);

  get open() {
    return this.shown.items.length > 0;
  }

  offer(name, text) {
    const own = suggest(this.form.customer, name, text);
    // What the server said of fewer letters stands until it answers anew: nothing flickers, and an arrow finds it.
    const before = this.told?.field === name ? this.told.items.filter((place) => stillFits(place, text)) : [];
    const items = text ? joined(own, before, text) : own;
    this.show({ field: items.length ? name : null, items, active: text ? -1 : 0 });
    clearTimeout(this.asking);
    this.turn += 1;
    const turn = this.turn;
    if (text.trim()) this.questions.put(name, text, turn);
    else this.questions.forget();
  }

  /** What the server knows comes after what the card knows. */
  async offerMore(name, text, turn) {
    const more = await ask(this.form.customer?.id, text);
    if (!this.isWanted(name, text, turn)) return;
    this.told = { field: name, text, items: more };
    const marked = this.marked(name);
    const items = joined(suggest(this.form.customer, name, text), more, text);
    const active = marked ? items.findIndex((place) => same(place, marked)) : -1;
    this.show({ field: items.length ? name : null, items, active });
    if (store.geocoders.length && text.trim().length > 1) this.asking = setTimeout(() => this.offerNetwork(name, text, turn), ASK_NETWORK_AFTER_MS);
  }

  /** What the network knows comes behind the rest. */
  async offerNetwork(name, text, turn) {
    const found = await askNetwork(text);
    if (!this.isWanted(name, text, turn) || !found.length) return;
    const shown = this.under(name) ? this.shown.items : [];
    this.show({ field: name, items: appended(shown, found), active: shown.length ? this.shown.active : -1 });
  }

  isWanted(name, text, turn) {
    const input = this.form.input(name);
    return turn === this.turn && document.activeElement === input && input.value === text;
  }

  move(step) {
    const count = this.shown.items.length;
    this.show({ ...this.shown, active: (this.shown.active + step + count) % count });
  }

  close() {
    clearTimeout(this.asking);
    this.questions.forget();
    this.turn += 1;
    this.show(NONE);
  }

  show(shown) {
    this.shown = shown;
    this.form.requestUpdate();
  }

  list(name) {
    const here = this.under(name);
    return html`
      <ul class="choices" role="listbox" id="choices-${name}" aria-label=${t("order.suggestions")} ?hidden=${!here}>
        ${here ? this.shown.items.map((place, index) => this.line(name, place, index)) : nothing}
      </ul>
    `;
  }

  line(name, place, index) {
    const take = (event) => {
      event.preventDefault();
      this.form.choose(name, place);
    };
    return html`
      <li id="choice-${name}-${index}" role="option" aria-selected=${String(index === this.shown.active)} @mousedown=${take}>
        <span>
          ${place.text}
          ${place.district ? html`<small>${place.district}</small>` : nothing}
          ${place.alias ? html`<small>${place.alias}</small>` : nothing}
        </span>
        <small>${whence(place)}</small>
      </li>
    `;
  }
}

/** Who knows a suggested place, and how surely. */
function whence(place) {
  const who = whoKnows(place);
  if (place.lat == null) return `${who} · ${t("order.no_pin")}`;
  return place.accuracy_m == null ? who : `${who} ±${distance(place.accuracy_m)}`;
}
