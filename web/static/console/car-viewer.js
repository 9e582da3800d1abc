/** One photo of a car, as large as the window; arrows go to the others. A native dialog: Esc closes it, the focus goes back. */

import { html, nothing } from "lit";
import { addressOf, wordsOf } from "./car-view.js";
import { LiveElement } from "./element.js";
import { t } from "./texts.js";

export class CarViewer extends LiveElement {
  photos = [];
  at = 0;

  open(photos, at) {
    this.photos = photos;
    this.at = at;
    this.requestUpdate();
    this.querySelector("dialog").showModal();
  }

  walk(step) {
    this.at = (this.at + step + this.photos.length) % this.photos.length;
    this.requestUpdate();
  }

  pressed = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.walk(step);
  };

  render() {
    const photo = this.photos[this.at];
    return html`
      <dialog aria-label=${t("tabs.car")} @keydown=${this.pressed} @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}>
        <figure>
          ${photo ? html`<img src=${addressOf(photo)} alt=${wordsOf(photo)} />` : nothing}
          <figcaption role="status">${photo ? `${this.at + 1}/${this.photos.length} · ${wordsOf(photo)}` : nothing}</figcaption>
        </figure>
        <div class="do">
          <button type="button" @click=${() => this.walk(-1)}>${t("car_do.former")} <kbd>←</kbd></button>
          <button type="button" @click=${() => this.walk(1)}>${t("car_do.next")} <kbd>→</kbd></button>
          <button type="button" @click=${() => this.querySelector("dialog").close()}>${t("keys.close")} <kbd>Esc</kbd></button>
        </div>
      </dialog>
    `;
  }
}

customElements.define("car-viewer", CarViewer);
