/**
 * What somebody else has changed while an order was being changed here: both values side by side, who and when. Left takes
 * mine, right theirs; what is taken stands in the form's field at once.
 */

import { html, nothing } from "lit";
import { decide } from "./changes.js";
import { LiveElement } from "./element.js";
import { store } from "./store.js";
import { fieldWords } from "./terms.js";
import { clockTime, money, parseMoney, t } from "./texts.js";

export class OrderClash extends LiveElement {
  draft = null;

  /** Show the clash of `draft`, if it has one. */
  show(draft) {
    this.draft = draft;
    this.requestUpdate();
  }

  /** To the first field that is not decided. */
  async enter() {
    const form = document.querySelector("order-form");
    for (const element of [form, this]) element.requestUpdate();
    await Promise.all([form.updateComplete, this.updateComplete]);
    const open = this.draft?.clash?.fields.findIndex((each) => each.choice === null) ?? -1;
    (this.rows()[Math.max(0, open)] ?? form.querySelector(".save")).focus();
  }

  rows() {
    return [...this.querySelectorAll(".clash-row")];
  }

  pressed(event, each, index) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const choice = { ArrowLeft: "mine", ArrowRight: "theirs" }[event.key];
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (!choice && !step) return;
    event.preventDefault();
    event.stopPropagation(); // Enter is the form's key for its own fields
    if (choice) this.take(each, choice);
    else (this.rows()[index + step] ?? (step > 0 ? document.querySelector("order-form .save") : null))?.focus();
  }

  take(each, choice) {
    decide(this.draft, each, choice);
    this.requestUpdate();
  }

  render() {
    const clash = this.draft?.clash;
    if (!clash) return nothing;
    return html`
      <section class="clash" aria-label=${t("clash.title")}>
        <h2>${t("clash.title")}</h2>
        ${clash.before === clash.after
          ? nothing
          : html`<p class="clash-state">${t("clash.state", {
              before: t(`order.state.${clash.before}`),
              after: t(`order.state.${clash.after}`),
            })}</p>`}
        ${clash.fields.length
          ? html`
              <div class="clash-head"><span></span><span>${t("clash.mine")} <kbd>←</kbd></span><span><kbd>→</kbd> ${t("clash.theirs")}</span></div>
              ${clash.fields.map((each, index) => this.row(each, index))}
            `
          : nothing}
        <p class="clash-how">${t(clash.fields.length ? "clash.how" : "clash.how_without_fields")}</p>
      </section>
    `;
  }

  row(each, index) {
    return html`
      <div
        class="clash-row ${each.choice ?? "open"}"
        role="radiogroup"
        tabindex="0"
        aria-label=${t(`order.${each.field}`)}
        data-field=${each.field}
        @keydown=${(event) => this.pressed(event, each, index)}
      >
        <b>${t(`order.${each.field}`)}</b>
        ${["mine", "theirs"].map(
          (whose) => html`
            <button
              type="button"
              role="radio"
              tabindex="-1"
              class=${whose}
              aria-checked=${String(each.choice === whose)}
              @click=${() => this.take(each, whose)}
            >
              ${this.shown(each, whose)}
            </button>
          `,
        )}
        <small>${each.by ?? ""} <time>${clockTime(each.at)}</time></small>
      </div>
    `;
  }

  shown(each, whose) {
    const { text } = each[whose];
    if (!text) return html`<i>${t("clash.nothing")}</i>`;
    return each.field === "fare" ? money(parseMoney(text)) : fieldWords(each.field, text, store.orders.get(this.draft.editing.order));
  }
}

customElements.define("order-clash", OrderClash);
