/**
 * Orders and drivers on a map, with the same facts in a list beside it for whoever cannot see it. It works without a tile server:
 * boundaries are drawn from a file of our own. With the focus on it, arrows walk through what the list shows, Enter opens.
 */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { map as newMap, canvas, geoJSON, latLngBounds, tileLayer } from "leaflet";
import { LiveElement } from "../console/element.js";
import { store } from "../console/store.js";
import { clockTime, duration, t } from "../console/texts.js";
import { Mark } from "./marks.js";
import { Shading, figure } from "./shading.js";
import { isAtRisk, shown } from "../console/filters.js";

const BOUNDARIES = "/static/map/sigungu.geojson";
const KOREA = [[33.1, 125.8], [38.6, 129.6]];
const LISTED = 200;
const OLD_MS = 15 * 60_000; // then a driver's place counts as not known
const ALIVE_MS = 8 * 60_000; // his page speaks every few minutes, wherever he stands
const LOOKS = {
  free: { shape: "circle", colour: "--good" },
  busy: { shape: "square", colour: "--mine" },
  taken: { shape: "triangle", colour: "--ring" },
  risk: { shape: "triangle", colour: "--late" },
  driven: { shape: "diamond", colour: "--mine" },
};

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Canvas knows no light-dark(): what the browser makes of it is asked once a theme. */
function resolved(name, probe) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color || colourOf(name);
}

export class DeskMap extends LiveElement {
  ticks = true;
  shows = "orders";
  walked = null; // "order-12", "driver-7" or "square-28330.54823"
  shading = new Shading(() => this.requestUpdate());
  #marks = new Map();
  #colours = {};
  #fitted = false;

  enter() {
    this.updateComplete.then(() => (this.querySelector("[aria-selected=true]") ?? this.querySelector(".map-list")).focus());
  }

  firstUpdated() {
    const box = this.querySelector(".map");
    this.map = newMap(box, { preferCanvas: true, renderer: canvas({ padding: 0.3 }), zoomControl: false, attributionControl: true, keyboard: false });
    this.map.attributionControl.setPrefix(false);
    this.map.fitBounds(KOREA);
    const { tiles, credit } = this.boot;
    if (tiles) tileLayer(tiles, { attribution: credit, maxZoom: 19 }).addTo(this.map);
    this.drawBoundaries();
    this.map.on("zoomend", () => this.requestUpdate());
    this.resized = new ResizeObserver(() => this.map.invalidateSize({ pan: false }));
    this.resized.observe(box);
    store.watchDrivers(true);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    store.watchDrivers(false);
    this.resized?.disconnect();
    this.map?.remove();
  }

  get boot() {
    return JSON.parse(document.getElementById("boot").textContent).map ?? {};
  }

  async drawBoundaries() {
    const answer = await fetch(BOUNDARIES).catch(() => null);
    if (!answer?.ok) return;
    const outlines = await answer.json();
    const options = { interactive: false, style: () => this.lines(), attribution: outlines.attribution };
    this.boundaries = geoJSON(outlines, options).addTo(this.map);
    this.boundaries.bringToBack();
  }

  lines() {
    return { color: this.colour("--line-strong"), weight: 1, fill: false };
  }

  colour(name) {
    const theme = document.documentElement.dataset.theme;
    if (this.#colours.theme !== theme) {
      this.#colours = { theme };
      this.boundaries?.setStyle(this.lines());
    }
    return (this.#colours[name] ??= resolved(name, this.querySelector(".map-probe")));
  }

  // --- what there is ----------------------------------------------------------------------------------------------------

  orders() {
    return shown().filter((order) => !order.closed_at);
  }

  drivers() {
    return [...store.drivers.values()].filter((driver) => driver.state !== "off").sort((a, b) => a.number.localeCompare(b.number, "en", { numeric: true }));
  }

  things() {
    const orders = this.orders().map((order) => ({
      id: `order-${order.id}`,
      order,
      lat: order.origin.lat,
      lon: order.origin.lon,
      look: LOOKS[order.driver ? "driven" : isAtRisk(order) ? "risk" : "taken"],
    }));
    const drivers = this.drivers().map((driver) => ({ id: `driver-${driver.id}`, driver, lat: driver.lat, lon: driver.lon, look: LOOKS[driver.state] }));
    return this.shows === "orders" ? [...drivers, ...orders] : [...orders, ...drivers];
  }

  squares() {
    return this.shading.squares.map((square) => ({
      id: `square-${square.key}`,
      square,
      lat: (square.south + square.north) / 2,
      lon: (square.west + square.east) / 2,
    }));
  }

  updated() {
    if (!this.map) return;
    const seen = new Set();
    this.shading.draw(this.map, this.colour("--ink-2"));
    for (const thing of this.things()) {
      if (thing.lat === null || thing.lat === undefined || !thing.look) continue;
      seen.add(thing.id);
      this.draw(thing);
    }
    for (const [id, mark] of this.#marks) {
      if (seen.has(id)) continue;
      mark.remove();
      this.#marks.delete(id);
    }
    if (!this.#fitted && seen.size) {
      this.#fitted = true;
      this.fit();
    }
  }

  draw(thing) {
    const walked = thing.id === this.walked;
    const style = {
      shape: thing.look.shape,
      radius: walked ? 9 : 6,
      color: this.colour(walked ? "--ink" : "--desk"),
      weight: walked ? 3 : 1,
      fillColor: this.colour(thing.look.colour),
      fillOpacity: 1,
    };
    const key = `${Object.values(style)} ${thing.lat} ${thing.lon}`;
    const mark = this.#marks.get(thing.id);
    if (!mark) {
      const made = new Mark([thing.lat, thing.lon], style).addTo(this.map).on("click", () => this.open(thing));
      made.drawnAs = key;
      this.#marks.set(thing.id, made);
    } else if (mark.drawnAs !== key) {
      mark.setLatLng([thing.lat, thing.lon]).setStyle(style).setRadius(style.radius);
      mark.drawnAs = key;
    }
  }

  /** All that is there is in sight. */
  fit() {
    const points = [...this.#marks.values()].map((mark) => mark.getLatLng());
    this.map.fitBounds(points.length ? latLngBounds(points).pad(0.1) : KOREA, { maxZoom: 14, animate: false });
  }

  // --- the keyboard -----------------------------------------------------------------------------------------------------

  listed() {
    if (this.shows === "squares") return this.squares();
    return this.things().filter((thing) => (this.shows === "orders" ? thing.order : thing.driver)).slice(0, LISTED);
  }

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input")) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const act = {
      Enter: () => this.open(this.listed().find((thing) => thing.id === this.walked)),
      KeyO: () => this.show(this.shows === "orders" ? "drivers" : "orders"),
      KeyS: () => this.shade(),
      Equal: () => this.map.zoomIn(),
      NumpadAdd: () => this.map.zoomIn(),
      Minus: () => this.map.zoomOut(),
      NumpadSubtract: () => this.map.zoomOut(),
      Digit0: () => this.fit(),
      Numpad0: () => this.fit(),
    }[event.code];
    if (!step && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.walk(step);
    else act();
  };

  walk(step) {
    const things = this.listed();
    if (!things.length) return;
    const at = things.findIndex((thing) => thing.id === this.walked);
    const next = things[at < 0 ? (step > 0 ? 0 : things.length - 1) : (at + step + things.length) % things.length];
    this.walked = next.id;
    if (typeof next.lat === "number") this.map.panTo([next.lat, next.lon]);
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  }

  show(what) {
    this.shows = what;
    this.walked = null;
    this.requestUpdate();
  }

  /** Where the coming hour will be asked for: on the map, and in the list; the same again takes it away. */
  shade() {
    this.shading.toggle();
    this.show(this.shading.on ? "squares" : "orders");
  }

  /** An order on the console's right; from a page of its own, the console with it. A driver: where he is. */
  open(thing) {
    if (!thing) return;
    this.walked = thing.id;
    this.requestUpdate();
    if (thing.order) this.dispatchEvent(new CustomEvent("open-order", { detail: thing.order.id, bubbles: true }));
    else if (typeof thing.lat === "number") this.map.setView([thing.lat, thing.lon], Math.max(this.map.getZoom(), 14));
  }

  // --- drawing ----------------------------------------------------------------------------------------------------------

  render() {
    const things = this.listed();
    const active = things.findIndex((thing) => thing.id === this.walked);
    return html`
      <div class="map-tools" @keydown=${this.pressed}>
        <span role="group" aria-label=${t("map.shows")}>
          ${["orders", "drivers"].map(
            (what) => html`<button type="button" aria-pressed=${String(this.shows === what)} @click=${() => this.show(what)}>
              ${t(`map.${what}`)} <b>${what === "orders" ? this.orders().length : this.drivers().length}</b> <kbd>O</kbd>
            </button>`,
          )}
        </span>
        <button type="button" aria-pressed=${String(this.shading.on)} @click=${() => this.shade()}>${t("map.squares_short")} <kbd>S</kbd></button>
        <button type="button" @click=${() => this.map.zoomIn()} aria-label=${t("map.nearer")}><kbd>+</kbd></button>
        <button type="button" @click=${() => this.map.zoomOut()} aria-label=${t("map.farther")}><kbd>−</kbd></button>
        <button type="button" @click=${() => this.fit()}>${t("map.fit")} <kbd>0</kbd></button>
      </div>
      <p class="map-legend">
        <span class="good">●</span> ${t("map.free")} <span class="mine">■</span> ${t("map.busy")} <span class="ring">▲</span> ${t("map.waits")}
        <span class="late">▲</span> ${t("map.risk")} <span class="mine">◆</span> ${t("map.driven")}
        ${this.shading.on && this.shading.told?.weeks ? html`<span class="shade">▦</span> ${t("map.ahead", { weeks: this.shading.told.weeks })}` : nothing}
      </p>
      <div class="map" aria-hidden="true"></div>
      <i class="map-probe" hidden></i>
      <ul
        class="map-list"
        role="listbox"
        tabindex="0"
        aria-label=${t(`map.${this.shows}`)}
        aria-activedescendant=${active < 0 ? nothing : `map-${this.walked}`}
        @keydown=${this.pressed}
      >
        ${repeat(things, (thing) => thing.id, (thing) => this.row(thing))}
        ${things.length ? nothing : html`<li class="quiet" role="option" aria-selected="false">${this.shows === "squares" ? this.shading.nothing() : t(`map.no_${this.shows}`)}</li>`}
      </ul>
    `;
  }

  row(thing) {
    return html`
      <li
        id="map-${thing.id}"
        role="option"
        aria-selected=${String(thing.id === this.walked)}
        @click=${() => this.open(thing)}
      >
        ${thing.square ? this.squareFacts(thing.square) : thing.order ? this.orderFacts(thing.order) : this.driverFacts(thing.driver)}
      </li>
    `;
  }

  orderFacts(order) {
    return html`
      <span class="order-state ${order.state}">${t(`order.state.${order.state}`)} ${order.driver ? html`<b>#${order.driver.number}</b>` : nothing}</span>
      <span>${order.origin.text} → ${order.destination?.text ?? t("board.not_told")}</span>
      <small>${duration(store.now() - Date.parse(order.taken_at))}${order.origin.lat === null ? ` · ${t("order.no_pin")}` : ""}</small>
    `;
  }

  squareFacts(square) {
    return html`
      <span><b>${t("map.about", { orders: figure(square.about) })}</b></span>
      <span>${square.place}</span>
    `;
  }

  /** Since when he is known to be there; and, where that is long ago, whether his page is alive all the same. */
  placed({ located_at: located, heard_at: heard }) {
    if (!located) return t("map.unplaced");
    const old = store.now() - Date.parse(located) > OLD_MS;
    const alive = heard && store.now() - Date.parse(heard) < ALIVE_MS;
    return old && alive ? `${clockTime(located)} · ${t("map.alive")}` : clockTime(located);
  }

  driverFacts(driver) {
    return html`
      <span><b>#${driver.number}</b> ${driver.name}</span>
      <span>${t(`map.${driver.state}`)}</span>
      <small>${this.placed(driver)}</small>
    `;
  }
}

customElements.define("desk-map", DeskMap);
