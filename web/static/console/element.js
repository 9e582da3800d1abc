/** What our elements share: no shadow root (one stylesheet, one focus order), drawn again when the store or the clock says so. */

import { LitElement } from "lit";
import { store } from "./store.js";

export class LiveElement extends LitElement {
  /** Elements that show a running time are drawn every second as well. */
  ticks = false;

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.quit = store.subscribe(() => this.requestUpdate());
    if (this.ticks) this.timer = setInterval(() => this.requestUpdate(), 1000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.quit();
    clearInterval(this.timer);
  }
}
