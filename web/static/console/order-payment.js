/**
 * How an order is paid: in cash, by card, by transfer, or on the account of a firm whose list has the caller's number. Digits
 * choose. Its `value` is the kind; on account that and the account's id ("account:7").
 */

import { html } from "lit";
import { LiveElement } from "./element.js";
import { request } from "./api.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { accountOf, KINDS, onAccount } from "./terms.js";

export class OrderPayment extends LiveElement {
  accounts = []; // on which the number may ride: {id, name, left, needs_cost_centre}
  number = null; // whose they are
  chosen = "cash";

  get name() {
    return this.getAttribute("name");
  }

  get value() {
    return this.chosen;
  }

  set value(text) {
    this.chosen = text || "cash";
    this.requestUpdate();
  }

  /** The account that is chosen, as far as it is known. */
  get account() {
    return this.accounts.find(({ id }) => id === accountOf(this.chosen)) ?? null;
  }

  focus() {
    this.querySelector("select").focus();
  }

  /** Ask on which accounts `number` may ride; it is asked once. */
  async know(number) {
    if (number === this.number || !store.link.up) return;
    this.number = number;
    const found = number ? await request("GET", `credit-accounts/choices?number=${encodeURIComponent(number)}`).catch(() => null) : null;
    if (number !== this.number) return;
    this.accounts = found?.items ?? [];
    if (number && !found) this.number = null; // asked again next time
    this.requestUpdate();
    this.closest("order-form")?.requestUpdate();
  }

  options() {
    const known = this.accounts.map(({ id, name }) => [onAccount(id), name]);
    const there = store.orders.get(this.closest("order-form")?.draft?.editing?.order)?.credit;
    const mine = accountOf(this.chosen);
    if (mine !== null && !known.some(([value]) => value === this.chosen)) known.push([this.chosen, there?.id === mine ? there.name : t("payment.account")]);
    return [...KINDS.map((kind) => [kind, t(`payment.${kind}`)]), ...known.map(([value, name]) => [value, t("payment.on", { name })])];
  }

  choose(value) {
    this.chosen = value;
    this.requestUpdate();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !/^[1-9]$/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const [value] = this.options()[Number(event.key) - 1] ?? [];
    if (value) this.choose(value);
  };

  updated() {
    this.querySelector("select").value = this.chosen;
  }

  render() {
    return html`
      <select
        id="order-${this.name}"
        aria-describedby="about-${this.name}"
        @keydown=${this.pressed}
        @input=${(event) => event.stopPropagation()}
        @change=${(event) => this.choose(event.target.value)}
      >
        ${this.options().map(([value, words], index) => html`<option value=${value}>${index + 1} ${words}</option>`)}
      </select>
    `;
  }
}

customElements.define("order-payment", OrderPayment);
