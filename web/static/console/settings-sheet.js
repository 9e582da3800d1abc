/** How the console is for who sits here (Ctrl ,): density, letters as keys, how long messages stay. What is chosen holds at once. */

import { html } from "lit";
import { LiveElement } from "./element.js";
import { CHOICES, choose, setting } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";

const SHOWN = { density: ["compact", "normal", "roomy"], letters: CHOICES.letters, stay: CHOICES.stay };

export class SettingsSheet extends LiveElement {
  get dialog() {
    return this.querySelector("dialog");
  }

  enter() {
    this.dialog.showModal();
    this.querySelector("[type=radio]:checked").focus();
  }

  choose(name, value) {
    choose(name, value);
    store.changed();
  }

  render() {
    return html`
      <dialog
        aria-labelledby="settings-title"
        @keydown=${(event) => event.code === "Comma" && event.ctrlKey && this.dialog.close()}
        @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}
      >
        <div class="sheet">
          <h2 id="settings-title">${t("settings.title")}</h2>
          ${Object.entries(SHOWN).map(([name, values]) => this.oneOf(name, values))}
          <div class="do">
            <button type="button" @click=${() => this.dialog.close()}>${t("settings.close")} <kbd>Esc</kbd></button>
          </div>
        </div>
      </dialog>
    `;
  }

  oneOf(name, values) {
    return html`
      <fieldset>
        <legend>${t(`settings.${name}.title`)}</legend>
        <div class="choices-row">
          ${values.map(
            (value) => html`
              <label>
                <input
                  type="radio"
                  name=${`settings-${name}`}
                  value=${value}
                  .checked=${setting(name) === value}
                  @change=${() => this.choose(name, value)}
                />
                ${t(`settings.${name}.${value}`)}
              </label>
            `,
          )}
        </div>
        <p class="quiet">${t(`settings.${name}.about`)}</p>
      </fieldset>
    `;
  }
}

customElements.define("settings-sheet", SettingsSheet);
