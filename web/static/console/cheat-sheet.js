/** All keys on one sheet (`?`), which can be printed. A native dialog: Esc closes it, and the focus goes back to where it was. */

import { html } from "lit";
import { listed } from "./actions.js";
import { LiveElement } from "./element.js";
import { keyLine } from "./key-line.js";
import { t } from "./texts.js";

export class CheatSheet extends LiveElement {
  get isOpen() {
    return this.querySelector("dialog").open;
  }

  toggle() {
    const dialog = this.querySelector("dialog");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  pressed = (event) => {
    if (event.code !== "KeyP" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    print();
  };

  render() {
    return html`
      <dialog
        aria-labelledby="sheet-title"
        @keydown=${this.pressed}
        @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}
      >
        <div class="sheet">
          <h2 id="sheet-title">${t("keys.title")}</h2>
          <dl class="keys">
            ${listed().map(({ name }) => keyLine(name))}
          </dl>
          <div class="do">
            <button type="button" @click=${() => this.toggle()}>${t("keys.close")} <kbd>Esc</kbd></button>
            <button type="button" @click=${() => print()}>${t("keys.print")} <kbd>P</kbd></button>
          </div>
        </div>
      </dialog>
    `;
  }
}

customElements.define("cheat-sheet", CheatSheet);
