/**
 * The stops on the way, one under the other in the order in which they are passed, and the field for the next one. Enter adds what
 * is typed or marked; Backspace in the empty field takes the last one back into it. Left from there walks through them: Shift
 * with an arrow moves one, Del takes it out. Its `value` is one line, as the draft keeps it.
 */

import { html } from "lit";
import { LiveElement } from "./element.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { split, STOP } from "./trips.js";

const MOST = 5;

export class OrderStops extends LiveElement {
  stops = [];

  get name() {
    return this.getAttribute("name");
  }

  get input() {
    return this.querySelector("input");
  }

  /** What is typed and not added yet counts, too: nothing is lost by saving early. */
  get value() {
    return [...this.stops, ...split(this.input.value)].join(STOP);
  }

  set value(text) {
    this.stops = split(text);
    this.input.value = "";
    this.requestUpdate();
  }

  focus() {
    this.input.focus();
  }

  /** What is typed, or `text`, becomes the next stop. */
  add(text = this.input.value) {
    const more = split(text);
    if (this.stops.length + more.length > MOST) {
      store.say({ text: t("order.way_points_most", { count: MOST }), kind: "bad" }, 5000);
      return;
    }
    this.input.value = "";
    this.change([...this.stops, ...more]);
  }

  change(stops) {
    this.stops = stops;
    this.requestUpdate();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  typed = (event) => {
    const [, ready, rest] = /^(.*[›>])(.*)$/.exec(this.input.value) ?? [];
    if (ready === undefined || event.isComposing) return;
    event.stopPropagation(); // the change below tells of it
    this.add(ready);
    this.input.value = rest.trimStart();
  };

  pressed = (event) => {
    const empty = this.input.value === "" && !event.isComposing;
    if (!empty || !this.stops.length || event.ctrlKey || event.altKey) return;
    if (event.key === "Backspace") {
      event.preventDefault();
      const last = this.stops.at(-1);
      this.change(this.stops.slice(0, -1));
      this.input.value = last;
    } else if (event.key === "ArrowLeft") {
      event.preventDefault();
      this.to(this.stops.length - 1);
    }
  };

  /** On a stop itself. */
  walked(event, index) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const leaves = event.key === "Escape" || event.key === "Enter";
    const gone = event.key === "Delete" || event.key === "Backspace";
    if (!step && !gone && !leaves) return;
    event.preventDefault();
    event.stopPropagation();
    if (leaves) this.focus();
    else if (gone) this.takeOut(index);
    else if (event.shiftKey) this.move(index, step);
    else this.to(index + step);
  }

  takeOut(index) {
    this.change(this.stops.filter((_, each) => each !== index));
    this.to(Math.min(index, this.stops.length - 1));
  }

  move(index, step) {
    const stops = [...this.stops];
    const other = index + step;
    if (!(other in stops)) return;
    [stops[index], stops[other]] = [stops[other], stops[index]];
    this.change(stops);
    this.to(other);
  }

  /** To the stop at `index`; behind the last one, and where there is none, to the field. */
  to(index) {
    this.updateComplete.then(() => (this.querySelectorAll(".stop")[Math.max(0, index)] ?? this.input).focus());
  }

  render() {
    return html`
      <ol class="stops" ?hidden=${!this.stops.length}>
        ${this.stops.map(
          (text, index) => html`
            <li>
              <button
                type="button"
                class="stop"
                tabindex="-1"
                title=${t("order.way_points_keys")}
                aria-label=${`${index + 1}. ${text}. ${t("order.way_points_keys")}`}
                @keydown=${(event) => this.walked(event, index)}
              >
                <i>${index + 1}</i> ${text}
              </button>
              <button type="button" class="out" tabindex="-1" aria-label=${t("order.way_points_out", { place: text })} @click=${() => this.takeOut(index)}>
                <kbd>Del</kbd>
              </button>
            </li>
          `,
        )}
      </ol>
      <input
        id="order-${this.name}"
        type="text"
        maxlength="200"
        spellcheck="false"
        autocomplete="off"
        role="combobox"
        aria-expanded="false"
        aria-controls="choices-${this.name}"
        aria-describedby="about-${this.name}"
        placeholder=${t(this.stops.length ? "order.way_points_next" : "order.way_points_how")}
        @input=${this.typed}
        @keydown=${this.pressed}
      />
    `;
  }
}

customElements.define("order-stops", OrderStops);
