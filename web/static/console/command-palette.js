/**
 * Ctrl K: everything that can be done here and every page, found by a few letters in Korean (first consonants, too) or English,
 * whichever language is shown. Enter does the marked one; the focus goes back to where it was first.
 */

import { html, nothing } from "lit";
import { ACTIONS, allowed, byLetter } from "./actions.js";
import { afterComposition } from "./compose.js";
import { LiveElement } from "./element.js";
import { means } from "./found.js";
import { PAGES } from "./pages.js";
import { lettersAreKeys, undoMs } from "./settings.js";
import { inEvery, locale, t } from "./texts.js";

const actions = () =>
  ACTIONS.filter((action) => action.run && !action.of && allowed(action)).map((action) => ({
    id: action.name,
    words: t(`keys.${action.name}.does`, { seconds: undoMs() / 1000 }),
    key: byLetter(action) && !lettersAreKeys() ? null : t(`keys.${action.name}.key`),
    sought: inEvery(`keys.${action.name}.does`) + t(`keys.${action.name}.key`),
    run: action.run,
  }));

const pages = () =>
  PAGES.filter(allowed).map((page) => ({
    id: page.href,
    words: t("palette.page", { page: t(`pages.${page.name}`) }),
    key: null,
    sought: inEvery("palette.page") + inEvery(`pages.${page.name}`) + page.href,
    run: () => location.assign(`${page.href}?lang=${locale()}`),
  }));

export class CommandPalette extends LiveElement {
  typed = "";
  active = 0;

  get dialog() {
    return this.querySelector("dialog");
  }

  get field() {
    return this.querySelector("input");
  }

  enter() {
    this.typed = this.field.value = "";
    this.active = 0;
    this.requestUpdate();
    this.dialog.showModal();
    this.field.focus();
  }

  found() {
    return [...actions(), ...pages()].filter((entry) => means(this.typed, entry.sought));
  }

  pressed = (event) => {
    if (event.key === "Enter") afterComposition(event, () => this.choose(this.found()[this.active]));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.code === "KeyK" && event.ctrlKey) {
      event.preventDefault();
      this.dialog.close();
    }
  };

  move(step) {
    const count = this.found().length;
    if (count) this.active = (this.active + step + count) % count;
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  }

  choose(entry) {
    if (!entry) return;
    this.dialog.close();
    entry.run();
  }

  render() {
    const found = this.dialog?.open || this.typed ? this.found() : [];
    return html`
      <dialog
        aria-label=${t("palette.title")}
        @keydown=${this.pressed}
        @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}
      >
        <div class="palette">
          <div class="asked">
            <input
              type="text"
              role="combobox"
              aria-expanded="true"
              aria-controls="palette-found"
              aria-activedescendant=${found.length ? `palette-${this.active}` : nothing}
              aria-label=${t("palette.title")}
              placeholder=${t("palette.hint")}
              autocomplete="off"
              spellcheck="false"
              maxlength="60"
              @input=${(event) => {
                this.typed = event.target.value;
                this.active = 0;
                this.requestUpdate();
              }}
            />
            <kbd>Esc</kbd>
          </div>
          <ul id="palette-found" role="listbox" aria-label=${t("palette.title")}>
            ${found.map(
              (entry, index) => html`
                <li
                  id="palette-${index}"
                  role="option"
                  aria-selected=${String(index === this.active)}
                  @click=${() => this.choose(entry)}
                >
                  <span>${entry.words}</span>${entry.key ? html`<kbd>${entry.key}</kbd>` : nothing}
                </li>
              `,
            )}
          </ul>
          <p class="quiet" role="status">${found.length ? nothing : t("palette.none")}</p>
        </div>
      </dialog>
    `;
  }
}

customElements.define("command-palette", CommandPalette);
