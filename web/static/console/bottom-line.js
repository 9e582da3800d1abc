/**
 * The bottom line: the last messages and what became of them, what just happened with its undo, and the link. When the link
 * is lost for longer than a blink, or nothing can be saved, the whole line says so; it takes no other place on the screen.
 */

import { html, nothing } from "lit";
import { LiveElement } from "./element.js";
import { setting } from "./settings.js";
import { store } from "./store.js";
import { clockTime, t } from "./texts.js";
import { outbox } from "./work.js";

const BLINK_MS = 700;
const SHOWN = 3;

export class BottomLine extends LiveElement {
  ticks = true;

  get lost() {
    return !store.link.up && performance.now() - store.link.since > BLINK_MS;
  }

  render() {
    const lost = this.lost;
    const banner = lost || store.signedOut || store.unsaved;
    if (!store.link.up && !lost) setTimeout(() => this.requestUpdate(), BLINK_MS);
    return html`
      <div class="banner" role="alert" ?hidden=${!banner}>${banner ? this.banner(lost) : nothing}</div>
      <div class="log" ?hidden=${banner}>${store.lastMessages.slice(0, SHOWN).map((message) => this.message(message))}</div>
      <div class="said ${store.notice?.kind ?? ""}" role="status">${this.notice()}</div>
      <span class="link ${store.link.up ? "up" : "down"}"><i class="lamp"></i>${t(store.link.up ? "link.up" : "link.down")}</span>
    `;
  }

  banner(lost) {
    if (store.signedOut) {
      return html`${t("link.signed_out")} <a href="/login" target="_blank" rel="opener">${t("link.sign_in_again")}</a>`;
    }
    if (!lost) return t("link.unsaved");
    const waiting = outbox.waiting.length;
    return html`${t("link.lost")} ${waiting ? t("link.waiting", { count: waiting }) : nothing}`;
  }

  message(message) {
    const order = store.orders.get(message.order_id);
    const whom = message.audience === "driver" ? (order?.driver ? `#${order.driver.number}` : "") : (order?.customer?.name ?? "");
    return html`
      <span class="entry" title=${message.text}>
        <time>${clockTime(message.updated_at, true)}</time>
        <b>${t(`messages.to.${message.audience}`)} ${whom}</b>
        <span class="message-state ${message.state}">${t(`messages.state.${message.state}`)}</span>
      </span>
    `;
  }

  notice() {
    const notice = store.notice;
    if (!notice) return store.late.size ? html`<span class="words">${t("notices.on_its_way")}</span>` : nothing;
    const left = Math.ceil((notice.until - Date.now()) / 1000);
    if (left <= 0) {
      store.notice = null;
      return nothing;
    }
    return html`
      <span class="words">${notice.text}</span>
      ${notice.undo
        ? html`<button type="button" @click=${notice.undo}>${t("notices.undo")} <kbd>Ctrl Z</kbd> <span aria-hidden="true">${left}</span></button>`
        : nothing}
      ${setting("stay") === "until_dismissed"
        ? html`<button type="button" @click=${() => store.hush()}>${t("notices.dismiss")} <kbd>Ctrl .</kbd></button>`
        : nothing}
    `;
  }
}

customElements.define("bottom-line", BottomLine);
