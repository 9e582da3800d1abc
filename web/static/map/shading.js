/**
 * Where orders will be asked for in the coming hour: squares on the map, each with its figure, so that no colour speaks alone.
 * Read when they are shown and every few minutes while they are; nothing is asked for while the map is drawn or moved.
 */

import { divIcon, layerGroup, marker, rectangle } from "leaflet";
import { request } from "../console/api.js";
import { t } from "../console/texts.js";

const ANEW_MS = 5 * 60_000;
const READABLE_FROM = 12; // zoom; farther off the figures would lie on one another, and stand in the list alone
const PALE = 0.1;
const DEEP = 0.35;

/** A figure without ",0": it is read at a glance. */
export const figure = (about) => about.toLocaleString(document.documentElement.lang || "ko", { maximumFractionDigits: 1 });

export class Shading {
  on = false;
  told = null; // the server's answer
  failed = false;
  #read = -Infinity;
  #layer = layerGroup();
  #drawnAs = "";

  /** @param changed called when there is something else to draw */
  constructor(changed) {
    this.changed = changed;
  }

  get squares() {
    return this.told?.items ?? [];
  }

  toggle() {
    this.on = !this.on;
    if (this.on) this.#fresh();
  }

  /** Draw what there is; `colour` of the ground. Cheap where nothing has changed. */
  draw(map, colour) {
    if (this.on) this.#fresh();
    const readable = map.getZoom() >= READABLE_FROM;
    const key = this.on ? `${this.told?.since} ${colour} ${readable}` : "";
    if (key === this.#drawnAs) return;
    this.#drawnAs = key;
    this.#layer.clearLayers().addTo(map);
    if (!this.on) return;
    const most = Math.max(...this.squares.map((one) => one.about), 1);
    for (const one of this.squares) {
      const corners = [[one.south, one.west], [one.north, one.east]];
      const fillOpacity = PALE + (DEEP - PALE) * (one.about / most);
      rectangle(corners, { color: colour, weight: 1, opacity: 0.6, fillColor: colour, fillOpacity, interactive: false }).addTo(this.#layer).bringToBack();
      if (readable) this.#write(one);
    }
  }

  #write(one) {
    const told = document.createElement("b");
    told.textContent = figure(one.about);
    const icon = divIcon({ className: "map-figure", html: told, iconSize: [40, 18] });
    marker([(one.south + one.north) / 2, (one.west + one.east) / 2], { icon, interactive: false, keyboard: false }).addTo(this.#layer);
  }

  async #fresh() {
    if (performance.now() - this.#read < ANEW_MS) return;
    this.#read = performance.now();
    const told = await request("GET", "dispatch/squares").catch(() => null);
    this.failed = told === null;
    this.told = told ?? this.told;
    this.changed();
  }

  /** What stands where there is no square to list. */
  nothing() {
    if (this.failed) return t("map.squares_failed");
    if (!this.told) return t("map.squares_read");
    return t(this.told.weeks ? "map.no_squares" : "map.no_history");
  }
}
