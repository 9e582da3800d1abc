/**
 * The right column's upper half: orders, live ones first, or their map. Arrows walk, digits begin a driver's number for the marked
 * order, letters choose what is shown, Space ticks: what is done then is done to all that are ticked.
 */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { isLeaving } from "./cancel.js";
import { LiveElement } from "./element.js";
import { FILTERS, shown } from "./filters.js";
import * as icons from "./icons.js";
import { about } from "./on-its-way.js";
import { isSearching, isUnassigned, standing, timeLeft } from "./searches.js";
import { leftAlone, needsSomebody, store } from "./store.js";
import { clockTime, dayMonth, duration, t } from "./texts.js";
import { isWaiting } from "./ticked.js";
import { clockLine } from "./trips.js";
import { unheardLine } from "./unheard.js";
import { select } from "./work.js";

const DAY_MS = 20 * 60 * 60 * 1000;

export class OrderBoard extends LiveElement {
  ticks = true;
  map = false;

  /** F8: to the marked order, or the first that waits for a driver; from the board itself on to the next that needs somebody. */
  enter() {
    if (this.map) this.toggleMap();
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

  /** Ctrl F8: the orders on a map, or in the list again. */
  async toggleMap() {
    this.map = !this.map;
    this.requestUpdate();
    if (!this.map) return;
    await import("../map/desk-map.js");
    await this.updateComplete;
    this.querySelector("desk-map")?.enter();
  }

  // --- what is shown ----------------------------------------------------------------------------------------------------

  enterFilter() {
    const field = this.querySelector("[name=filter]");
    field.focus();
    field.select();
  }

  choose(which) {
    store.filter = { ...store.filter, which };
    store.changed();
  }

  filterPressed = (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (event.target.value) this.filterTyped((event.target.value = ""));
      else this.enter();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      event.stopPropagation();
      this.rows()[0]?.focus();
    }
  };

  filterTyped(text) {
    store.filter = { ...store.filter, text };
    store.changed();
  }

  // --- ticks ------------------------------------------------------------------------------------------------------------

  tick(row, on = undefined) {
    const id = Number(row?.dataset.order);
    const order = store.orders.get(id);
    if (!order || order.closed_at) return;
    if (on ?? !store.ticked.has(id)) store.ticked.add(id);
    else store.ticked.delete(id);
    store.refusals.delete(id);
    store.changed();
  }

  tickAll() {
    const live = shown().filter((order) => !order.closed_at);
    const all = live.every((order) => store.ticked.has(order.id));
    for (const order of live) {
      if (all) store.ticked.delete(order.id);
      else store.ticked.add(order.id);
    }
    store.changed();
  }

  /** Esc: nothing is ticked any more, and all orders are shown again. Returns whether there was anything to let go. */
  letGo() {
    const held = store.ticked.size > 0 || store.refusals.size > 0 || store.filter.which !== "all" || store.filter.text !== "";
    if (!held) return false;
    store.ticked.clear();
    store.refusals.clear();
    store.work = null;
    store.filter = { which: "all", text: "" };
    this.querySelector("[name=filter]").value = "";
    store.changed();
    return true;
  }

  pressed = (event) => {
    const row = document.activeElement;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const letter = FILTERS.find((filter) => filter.code === event.code);
    if (event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.code !== "KeyA") return;
      event.preventDefault();
      this.tickAll();
    } else if (step) {
      event.preventDefault();
      const next = this.rows()[this.rows().indexOf(row) + step];
      if (event.shiftKey) {
        this.tick(row, true);
        this.tick(next, true);
      }
      next?.focus();
    } else if (event.key === " ") {
      event.preventDefault();
      this.tick(row);
    } else if (/^\d$/.test(event.key)) {
      event.stopPropagation(); // not one of the trips' keys here
      // The digit itself goes into the field, because the focus is there when the browser types it.
      document.querySelector("candidate-list").field.focus();
    } else if (event.code === "KeyF") {
      event.preventDefault();
      this.enterFilter();
    } else if (letter) {
      event.preventDefault();
      this.choose(letter.which);
    }
  };

  // --- drawing ----------------------------------------------------------------------------------------------------------

  render() {
    const live = store.board.filter((order) => !order.closed_at).length;
    const board = this.map ? [] : shown();
    return html`
      <div class="panel-title">
        <h2>${t("board.title")} <b>${live}</b> <kbd>F8</kbd></h2>
        <button type="button" class="view" @click=${() => this.toggleMap()}>${t(this.map ? "board.list" : "board.map")} <kbd>Ctrl F8</kbd></button>
      </div>
      <div class="filters" role="group" aria-label=${t("board.filters")}>
        ${FILTERS.map(
          ({ which, letter }) => html`
            <button type="button" aria-pressed=${String(store.filter.which === which)} @click=${() => this.choose(which)}>
              ${t(`board.filter.${which}`)} <kbd>${letter}</kbd>
            </button>
          `,
        )}
        <label>
          <kbd>F</kbd>
          <input
            name="filter"
            type="text"
            maxlength="40"
            autocomplete="off"
            spellcheck="false"
            aria-label=${t("board.filter_text")}
            placeholder=${t("board.filter_text")}
            @keydown=${this.filterPressed}
            @input=${(event) => this.filterTyped(event.target.value)}
          />
        </label>
      </div>
      <ticked-bar data-panel></ticked-bar>
      ${this.map ? html`<desk-map data-panel></desk-map>` : nothing}
      <div class="scroll" tabindex="-1" ?hidden=${this.map} @keydown=${this.pressed} @keyup=${keptFromClicking}>
        ${board.length ? nothing : html`<p class="quiet">${t(store.board.length ? "board.none_shown" : "board.none")}</p>`}
        <ul class="board">
          ${repeat(board, (order) => order.id, (order) => this.row(order))}
        </ul>
      </div>
    `;
  }

  row(order) {
    const marked = order.id === store.selectedOrder;
    const ticked = store.ticked.has(order.id);
    const leaving = isLeaving(order.id) || isWaiting(order.id);
    const refusal = store.refusals.get(order.id);
    return html`
      <li>
        <button
          type="button"
          class="order-row ${order.state} ${marked ? "marked" : ""} ${ticked ? "ticked-row" : ""} ${order.closed_at ? "closed" : ""} ${needsSomebody(order) ? "unassigned" : ""} ${leaving ? "leaving" : ""}"
          data-order=${order.id}
          aria-current=${marked}
          aria-pressed=${ticked ? "true" : nothing}
          @click=${() => this.chosen(order)}
          @focus=${() => select(order.id)}
        >
          <time>${ticked ? html`<b class="tick">${icons.check}</b>` : nothing}${this.taken(order)}</time>
          <span class="order-state ${order.state}">
            ${t(`order.state.${order.state}`)} ${about(order.id) ? html`<i>→ ${t(`order.state.${about(order.id)}`)}</i>` : nothing}
            ${order.driver ? html`<b>#${order.driver.number}</b>` : nothing}
            ${order.next_driver ? html`<b>${t("search_state.next_of", order.next_driver)}</b>` : nothing}
          </span>
          <span class="way"><span>${order.origin.text}</span><i>→</i><span>${order.destination?.text ?? t("board.not_told")}</span></span>
          <time class="since">${this.since(order)}</time>
          ${isSearching(order) || isUnassigned(order) ? this.search(order) : nothing}
          ${clockLine(order)}
          ${unheardLine(order)}
          ${refusal ? html`<span class="refusal">${icons.warn} ${refusal}</span>` : nothing}
        </button>
      </li>
    `;
  }

  /** How far the search for its driver is, live. */
  search(order) {
    const { search } = order;
    return html`
      <span class="search-line ${leftAlone(search) ? "unassigned" : search.state}">
        <span>${leftAlone(search) ? html`<i>${icons.warn}</i> ` : nothing}${standing(order)}</span>
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

/** Space ticks; a button would take it for a click when the key comes up. */
function keptFromClicking(event) {
  if (event.key === " ") event.preventDefault();
}

customElements.define("order-board", OrderBoard);
