/**
 * Ready, or not there for a while: Ctrl Shift F6. The server keeps it and says it to the queues of the PBX; where those are out of
 * reach, it is said in words that the phone may ring on until they are back.
 */

import { html } from "lit";
import { request } from "./api.js";
import { LiveElement } from "./element.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain } from "./work.js";

const REASONS = ["break", "after_call", "other"];

/** Whether the queues know of it: the part that tells them, and the link that it needs. */
const reaches = () => store.parts.pauses?.ok !== false && store.parts["ami-actor"]?.ok !== false;

const words = (key) => t(reaches() ? key : `${key}_later`);

/** Take calls again, or be asked why not. */
export function readyOrPause() {
  if (store.pause) ready();
  else document.querySelector("pause-sheet").enter();
}

async function ready() {
  try {
    store.takePauses((await request("POST", "ready", {})).pauses);
    store.say({ text: words("notices.ready"), kind: reaches() ? "good" : "bad" }, reaches() ? 4000 : 15000);
  } catch (error) {
    complain(error);
  }
}

async function pause(reason) {
  try {
    store.takePauses((await request("POST", "pause", { reason })).pauses);
    store.say({ text: words("notices.paused"), kind: reaches() ? "plain" : "bad" }, reaches() ? 4000 : 15000);
  } catch (error) {
    complain(error);
  }
}

/** Why: by its figure, or by arrows and Enter. Esc: rather not. */
export class PauseSheet extends LiveElement {
  get dialog() {
    return this.querySelector("dialog");
  }

  enter() {
    this.dialog.showModal();
  }

  choose(reason) {
    this.dialog.close();
    pause(reason);
  }

  pressed = (event) => {
    const buttons = [...this.querySelectorAll("[data-reason]")];
    const figure = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (figure && REASONS[figure[1] - 1] && !event.ctrlKey) this.choose(REASONS[figure[1] - 1]);
    else if (step) buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
    else return;
    event.preventDefault();
  };

  render() {
    return html`
      <dialog
        aria-labelledby="pause-title"
        @keydown=${this.pressed}
        @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}
      >
        <div class="sheet">
          <h2 id="pause-title">${t("pause.title")}</h2>
          <div class="do">
            ${REASONS.map(
              (reason, index) => html`
                <button type="button" data-reason=${reason} @click=${() => this.choose(reason)}>
                  <kbd>${index + 1}</kbd> ${t(`pause.is_${reason}`)}
                </button>
              `,
            )}
          </div>
          <p class="quiet">${t("pause.about")}</p>
          <div class="do">
            <button type="button" @click=${() => this.dialog.close()}>${t("pause.rather_not")} <kbd>Esc</kbd></button>
          </div>
        </div>
      </dialog>
    `;
  }
}

customElements.define("pause-sheet", PauseSheet);
