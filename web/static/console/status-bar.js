/** The top line: my state, my call, who waits, what the day brought, which parts do not work; language, look, help, leave. */

import { html, nothing } from "lit";
import { redraw } from "./actions.js";
import "./customer-search.js";
import "./modes.js";
import { LiveElement } from "./element.js";
import * as icons from "./icons.js";
import { nextTheme } from "./look.js";
import { foldToOneRow } from "./one-row.js";
import { lettersAreKeys } from "./settings.js";
import { store } from "./store.js";
import { dueTasks } from "./tasks.js";
import { clockTime, duration, has, locale, locales, nextLocale, t } from "./texts.js";
import { signOut } from "./work.js";

export class StatusBar extends LiveElement {
  ticks = true;
  sized = new ResizeObserver(() => foldToOneRow(this));

  connectedCallback() {
    super.connectedCallback();
    this.sized.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sized.disconnect();
  }

  /** Folded anew only where something is as long as it was not: every second another digit stands there. */
  updated() {
    this.sized.observe(this.querySelector("dispatch-mode"));
    const long = this.textContent.replace(/\d/g, "0");
    if (long !== this.long) foldToOneRow(this);
    this.long = long;
  }

  render() {
    const waiting = store.waiting;
    const longest = waiting.length ? store.now() - Date.parse(waiting[0].arrived_at) : 0;
    return html`
      <strong class="brand">call<b>board</b></strong>
      <div class="gauges">
        ${this.me()}
        ${store.needing.length
          ? html`<span class="gauge trouble unassigned">${icons.warn} ${t("alarm.gauge")} <b>${store.needing.length}</b></span>`
          : nothing}
        <span class="gauge ${waiting.length ? "hot" : ""}">
          ${t("status.waiting")} <b>${waiting.length}</b>
          ${waiting.length ? html`<small title=${t("status.longest")}><span class="longest">${t("status.longest")}</span> <time>${duration(longest)}</time></small>` : nothing}
        </span>
        ${store.troubles.map(([part, { reason }]) => this.trouble(part, reason))}
        ${this.away()}
        <span class="gauge today">${t("status.today")} <b>${store.ordersToday}</b></span>
        <dispatch-mode data-panel></dispatch-mode>
      </div>
      <customer-search data-panel></customer-search>
      <time class="now" title=${t("status.server_time")}>${clockTime(store.now(), true)}</time>
      <span class="person own">${store.me ? `${store.me.name}${store.me.extension ? ` · ${store.me.extension}` : ""}` : ""}</span>
      <button type="button" class="menu" aria-label=${`${t("palette.menu")} Ctrl K`} @click=${() => document.querySelector("command-palette").enter()}><span class="word">${t("palette.menu")}</span> <kbd>Ctrl K</kbd></button>
      ${store.textsWaiting
        ? html`<a class="person texts" href="/texts/inbox?lang=${locale()}">${t("status.texts")} <b>${store.textsWaiting}</b></a>`
        : nothing}
      ${store.papers ? html`<a class="person texts papers-out" href="/drivers?lang=${locale()}">${t("status.papers")} <b>${store.papers}</b></a>` : nothing}
      ${this.tasks()}
      <div class="tools">
        <span class="languages" role="group" aria-label=${t("status.language")}>
          ${locales().map(
            (tag) => html`<button type="button" lang=${tag} aria-pressed=${String(tag === locale())} @click=${() => this.speak(tag)}>${tag}</button>`,
          )}
          <kbd class="letter">G</kbd>
        </span>
        <button type="button" class="tool" title=${t("status.theme")} aria-label=${t("status.theme")} @click=${nextTheme}>${icons.theme}<kbd class="letter">L</kbd></button>
        <button type="button" class="tool" title=${t("keys.title")} aria-label=${t("keys.title")} @click=${this.help}>${lettersAreKeys() ? html`<kbd>?</kbd>` : "?"}</button>
        <button type="button" class="tool" title="${t("settings.title")} (Ctrl ,)" aria-label=${t("settings.title")} @click=${this.settings}>${icons.settings}</button>
        <button type="button" class="tool" title="${t("status.sign_out")}${store.me ? `: ${store.me.name}` : ""} (Ctrl Shift F9)" aria-label=${t("status.sign_out")} @click=${signOut}>${icons.leave}</button>
      </div>
    `;
  }

  me() {
    const call = store.mine;
    if (call) {
      const length = store.now() - Date.parse(call.answered_at ?? call.arrived_at);
      return html`<span class="gauge me talking"><i class="lamp"></i>${t("status.talking")} <b><time>${duration(length)}</time></b></span>`;
    }
    const pause = store.pause;
    if (pause) {
      const away = store.now() - Date.parse(pause.since);
      return html`<span class="gauge me paused" title="${t("keys.pause.key")}: ${t("keys.pause.does")}"
        >${icons.pause} ${t(`pause.is_${pause.reason}`)} <b><time>${duration(away)}</time></b></span
      >`;
    }
    return html`<span class="gauge me ready"><i class="lamp"></i>${t("status.ready")} <b><time>${duration(store.now() - store.readySince)}</time></b></span>`;
  }

  /** What is due and mine or anybody's: quiet, as it waits for a moment between two calls. */
  tasks() {
    const count = dueTasks();
    if (!count || !store.me?.may?.includes("tasks.see")) return nothing;
    const words = t("status.tasks_due", { count });
    return html`<a class="person texts tasks-due" href="/tasks?lang=${locale()}" title=${words}>${t("status.tasks")} <b>${count}</b> <kbd class="letter">J</kbd></a>`;
  }

  /** Colleagues who take no calls: they are not to be counted on. */
  away() {
    const others = store.pauses.filter(({ operator }) => operator.id !== store.me?.id);
    if (!others.length) return nothing;
    const named = others.map(({ operator, reason }) => `${operator.name}: ${t(`pause.is_${reason}`)}`).join(", ");
    return html`<span class="gauge away" title="${t("pause.away")}: ${named}"
      ><span class="unseen">${t("pause.away")}: ${named}</span>${icons.pause} <b>${others.length}</b></span
    >`;
  }

  trouble(part, reason) {
    const family = part.split(":")[0].replaceAll("-", "_");
    const key = `parts.${family}`;
    const words = has(key) ? t(key) : t("parts.unnamed", { part });
    return html`<span class="gauge trouble part" title="${words}: ${reason}">${icons.warn} <span class="words">${words}</span></span>`;
  }

  help() {
    document.querySelector("cheat-sheet").toggle();
  }

  settings() {
    document.querySelector("settings-sheet").enter();
  }

  speak(tag) {
    nextLocale(tag);
    redraw();
  }
}

customElements.define("status-bar", StatusBar);
