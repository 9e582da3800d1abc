/** The right column's upper half: orders, live ones first. Arrows walk, digits begin a driver's number for the marked order. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { LiveElement } from "./element.js";
import * as icons from "./icons.js";
import { store } from "./store.js";
import { clockTime, dayMonth, duration, t } from "./texts.js";
import { isLeaving } from "./cancel.js";
import { isSearching, isUnassigned, standing, timeLeft } from "./searches.js";
import { select } from "./work.js";

const DAY_MS = 20 * 60 * 60 * 1000;

export class OrderBoard extends LiveElement {
  ticks = true;

  /** F8: to the marked order, or the first that waits for a driver; from the board itself on to the next that nobody took. */
  enter() {
    const rows = this.rows();
    const alarmed = rows.filter((row) => row.classList.contains("unassigned"));
    if (alarmed.length && this.contains(document.activeElement)) {
      alarmed[(alarmed.indexOf(document.activeElement) + 1) % alarmed.length].focus();
      return;
    }
    const marked = rows.find((row) => Number(row.dataset.order) === store.selectedOrder);
    const waits = alarmed[0] ?? rows.find((row) => row.classList.contains("taken"));
    (marked ?? waits ?? rows[0] ?? this.querySelector(".scroll"))?.focus();
  }

  rows() {
    return [...this.querySelectorAll("button.order-row")];
  }

  pressed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const rows = this.rows();
      rows[rows.indexOf(document.activeElement) + step]?.focus();
    } else if (/^\d$/.test(event.key) && !event.ctrlKey && !event.altKey) {
      event.stopPropagation(); // not one of the trips' keys here
      // The digit itself goes into the field, because the focus is there when the browser types it.
      document.querySelector("candidate-list").field.focus();
    }
  };

  render() {
    const board = store.board;
    const live = board.filter((order) => !order.closed_at).length;
    return html`
      <h2 class="panel-title"><span>${t("board.title")} <b>${live}</b></span><kbd>F8</kbd></h2>
      <div class="scroll" tabindex="-1" @keydown=${this.pressed}>
        ${board.length ? nothing : html`<p class="quiet">${t("board.none")}</p>`}
        <ul class="board">
          ${repeat(board, (order) => order.id, (order) => this.row(order))}
        </ul>
      </div>
    `;
  }

  row(order) {
    const marked = order.id === store.selectedOrder;
    return html`
      <li>
        <button
          type="button"
          class="order-row ${order.state} ${marked ? "marked" : ""} ${order.closed_at ? "closed" : ""} ${isUnassigned(order) ? "unassigned" : ""} ${isLeaving(order.id) ? "leaving" : ""}"
          data-order=${order.id}
          aria-current=${marked}
          @click=${() => this.chosen(order)}
          @focus=${() => select(order.id)}
        >
          <time>${this.taken(order)}</time>
          <span class="order-state ${order.state}">
            ${t(`order.state.${order.state}`)} ${order.driver ? html`<b>#${order.driver.number}</b>` : nothing}
          </span>
          <span class="way"><span>${order.origin.text}</span><i>→</i><span>${order.destination?.text ?? t("board.not_told")}</span></span>
          <time class="since">${this.since(order)}</time>
          ${isSearching(order) || isUnassigned(order) ? this.search(order) : nothing}
        </button>
      </li>
    `;
  }

  /** How far the search for its driver is, live. */
  search(order) {
    const { search } = order;
    return html`
      <span class="search-line ${search.state}">
        <span>${search.state === "unassigned" ? html`<i>${icons.warn}</i> ` : nothing}${standing(order)}</span>
        ${search.asked ? html`<time>${timeLeft(search.due_at)}</time>` : nothing}
      </span>
    `;
  }

  taken(order) {
    return store.now() - Date.parse(order.taken_at) < DAY_MS ? clockTime(order.taken_at) : dayMonth(order.taken_at);
  }

  since(order) {
    if (order.closed_at) return "";
    // While its driver waits for the customer: until nobody can be said to have come.
    const left = order.no_show_at ? Date.parse(order.no_show_at) - store.now() : 0;
    if (left > 0) return `−${duration(Math.ceil(left / 1000) * 1000)}`;
    return duration(store.now() - Date.parse(order.assigned_at ?? order.taken_at));
  }

  chosen(order) {
    select(order.id);
    document.querySelector("candidate-list").enter();
  }
}

customElements.define("order-board", OrderBoard);
