/** What stands above the board while orders are ticked: how many, what can be done, why, and what became of it. */

import { html, nothing } from "lit";
import { afterComposition } from "./compose.js";
import { LiveElement } from "./element.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { act, searchTicked, stopTicked, takeAway } from "./ticked.js";

export class TickedBar extends LiveElement {
  asks = null; // "cancel" or "release", while the reason is typed

  ask(deed) {
    this.asks = deed;
    this.requestUpdate();
    const field = this.querySelector("input");
    field.value = deed === "cancel" ? t("board.usual_reason") : "";
    this.updateComplete.then(() => field.select());
  }

  pressed = (event) => {
    if (event.key === "Enter" && !event.ctrlKey) afterComposition(event, () => this.go());
    else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    }
  };

  go() {
    const reason = this.querySelector("input").value.normalize("NFC").trim();
    if (!this.asks || !reason) return;
    takeAway(this.asks, reason);
    this.leave();
  }

  leave() {
    this.asks = null;
    this.requestUpdate();
    document.querySelector("order-board").enter();
  }

  render() {
    const count = store.ticked.size;
    const { work } = store;
    return html`
      <div class="ticked" ?hidden=${!count}>
        <b role="status">${t("ticked.count", { count })}</b>
        <button type="button" @click=${searchTicked}>${t("search_do.start")} <kbd>Shift F8</kbd></button>
        <button type="button" @click=${stopTicked}>${t("search_do.stop")} <kbd>Ctrl Shift F8</kbd></button>
        <button type="button" @click=${() => act("release")}>${t("ticked.release")} <kbd>Shift Del</kbd></button>
        <button type="button" @click=${() => act("cancel")}>${t("board.cancel")} <kbd>Del</kbd></button>
      </div>
      <div class="assign why" ?hidden=${!this.asks || !count}>
        <label for="ticked-why">${t(this.asks === "release" ? "ticked.why" : "board.why")}</label>
        <input id="ticked-why" name="ticked_why" type="text" maxlength="200" autocomplete="off" spellcheck="false" @keydown=${this.pressed} />
        <button type="button" @click=${() => this.go()}>${t("ticked.go")} <kbd>↵</kbd></button>
      </div>
      <p class="became" role="status" ?hidden=${!work}>
        ${work
          ? t(work.running ? "ticked.running" : "ticked.became", { told: work.told, total: work.total, done: work.done.length, refused: work.told - work.done.length })
          : nothing}
      </p>
    `;
  }
}

customElements.define("ticked-bar", TickedBar);
