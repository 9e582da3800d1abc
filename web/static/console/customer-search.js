/**
 * Finds customers while something is typed: a part of a name, first consonants, four digits of a number, a place. Enter opens the
 * marked one, with an order begun for him; the first one is marked as soon as it is there. An answer to what no longer stands in
 * the field is dropped.
 */

import { html, nothing } from "lit";
import { request, sentence } from "./api.js";
import { afterComposition } from "./compose.js";
import { LiveElement } from "./element.js";
import { Latest } from "./latest.js";
import { written } from "./phone.js";
import { lettersAreKeys } from "./settings.js";
import { day, t } from "./texts.js";
import { openCustomer } from "./work.js";

const SHOWN = 8;
const NOTHING = { q: "", items: [], said: null };

export class CustomerSearch extends LiveElement {
  found = NOTHING;
  active = 0;
  asked = 0; // counts what was asked: only the last answer counts
  hurried = false; // Enter came before the answer
  moved = false; // the operator has marked somebody since he last typed
  questions = new Latest((q) => this.ask(q));

  get field() {
    return this.querySelector("input");
  }

  enter() {
    this.field.focus();
    this.field.select();
  }

  /** Forget what was found; with `leave`, the operator goes back to the order in hand. */
  close(leave = false) {
    this.questions.forget();
    this.asked += 1;
    this.hurried = false;
    this.found = NOTHING;
    if (leave) {
      this.field.value = "";
      const form = document.querySelector("order-form");
      if (form.draft) form.missing().focus();
      else this.field.blur();
    }
    this.requestUpdate();
  }

  typed = () => {
    const q = this.field.value.trim();
    this.hurried = this.moved = false;
    if (q) this.questions.put(q);
    else this.close();
  };

  async ask(q) {
    const turn = ++this.asked;
    let found;
    try {
      const told = await request("GET", `customers?limit=${SHOWN}&q=${encodeURIComponent(q)}`);
      found = { q, items: told.items, said: told.items.length ? null : t("search.nobody") };
    } catch (error) {
      found = { q, items: [], said: sentence(error) };
    }
    if (turn !== this.asked || q !== this.field.value.trim()) return;
    // Whom the operator has marked meanwhile stays marked.
    const marked = this.moved ? this.found.items[this.active]?.id : null;
    this.found = found;
    this.active = Math.max(0, found.items.findIndex((customer) => customer.id === marked));
    this.requestUpdate();
    if (this.hurried) this.choose();
  }

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") afterComposition(event, () => this.choose());
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      afterComposition(event, () => this.move(event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.close(true);
    }
  };

  move(step) {
    const count = this.found.items.length;
    this.moved = count > 0;
    if (count) this.active = (this.active + step + count) % count;
    this.requestUpdate();
  }

  /** The marked customer, if he was found by what stands in the field now; else the first one of the answer to come. */
  choose() {
    const q = this.field.value.trim();
    if (!q) return;
    if (q !== this.found.q) {
      this.hurried = true;
      this.questions.forget();
      this.ask(q);
      return;
    }
    const customer = this.found.items[this.active];
    if (customer) this.open(customer);
  }

  open(customer) {
    this.close();
    this.field.value = "";
    openCustomer(customer);
  }

  render() {
    const { items, said } = this.found;
    const open = items.length > 0 || said !== null;
    return html`
      <div role="search" @focusout=${() => this.close()}>
        <input
          type="text"
          name="customer"
          maxlength="80"
          autocomplete="off"
          spellcheck="false"
          placeholder=${t("search.hint")}
          title=${t("search.hint")}
          role="combobox"
          aria-label=${t("search.title")}
          aria-autocomplete="list"
          aria-expanded=${String(open)}
          aria-controls="found-customers"
          aria-activedescendant=${items.length ? `found-customer-${this.active}` : nothing}
          @input=${this.typed}
          @keydown=${this.pressed}
        />
        <kbd>${lettersAreKeys() ? "/" : "Ctrl /"}</kbd>
        <div class="choices" ?hidden=${!open}>
          <ul role="listbox" id="found-customers" aria-label=${t("search.title")}>
            ${items.map((customer, index) => this.row(customer, index))}
          </ul>
          <p class="quiet" role="status">${said ?? nothing}</p>
        </div>
      </div>
    `;
  }

  row(customer, index) {
    const place = customer.places[0]?.text;
    return html`
      <li
        id="found-customer-${index}"
        role="option"
        aria-selected=${String(index === this.active)}
        @mousedown=${(event) => {
          event.preventDefault();
          this.open(customer);
        }}
      >
        <span class="who">
          <strong>${customer.name || t("search.unnamed")}</strong>
          ${customer.grade ? html`<span class="grade">${customer.grade}</span>` : nothing}
          ${customer.live_order_id ? html`<span class="tag">${t("caller.live_order")}</span>` : nothing}
        </span>
        <span class="number">${customer.numbers.map(written).join(", ")}</span>
        <small>
          ${[customer.last_trip_at ? t("caller.last_trip", { day: day(customer.last_trip_at) }) : t("caller.no_trip_yet"), place]
            .filter(Boolean)
            .join(" · ")}
        </small>
      </li>
    `;
  }
}

customElements.define("customer-search", CustomerSearch);
