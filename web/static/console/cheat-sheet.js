/** All keys on one sheet (`?`). A native dialog: Esc closes it, and the focus goes back to where it was. */

import { html } from "lit";
import { LiveElement } from "./element.js";
import { t } from "./texts.js";

const KEYS = ["take", "hang_up", "search", "board", "save", "enter", "trips", "arrows", "assign", "look_for", "why", "history", "change", "clash", "cancel", "clear", "undo", "new_order", "test_call", "sheet"];

export class CheatSheet extends LiveElement {
  toggle() {
    const dialog = this.querySelector("dialog");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  render() {
    return html`
      <dialog aria-labelledby="sheet-title" @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}>
        <div class="sheet">
          <h2 id="sheet-title">${t("keys.title")}</h2>
          <dl class="keys">
            ${KEYS.map((name) => html`<div><dt><kbd>${t(`keys.${name}.key`)}</kbd></dt><dd>${t(`keys.${name}.does`)}</dd></div>`)}
          </dl>
          <button type="button" @click=${() => this.toggle()}>${t("keys.close")} <kbd>Esc</kbd></button>
        </div>
      </dialog>
    `;
  }
}

customElements.define("cheat-sheet", CheatSheet);
