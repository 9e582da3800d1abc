/**
 * F1: articles while somebody is on the line. The sheet finds one (what fits the call stands first, and says why); Enter opens it
 * beside the order, where it can stay while one types on. Whoever closes either is back exactly where he was, at the same letter.
 */

import { html, nothing } from "lit";
import { request, sentence } from "./api.js";
import { afterComposition, whereabouts } from "./compose.js";
import { LiveElement } from "./element.js";
import { Latest } from "./latest.js";
import { store } from "./store.js";
import { clockTime, day, t } from "./texts.js";
import { complain } from "./work.js";

const SHOWN = 50;
const GONE = 404;
const NOTHING = { q: null, items: [], said: null };
const SCROLLS = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "Space"];

/** Whom it is for: the open call, else the customer who was looked up. */
function forWhom() {
  const customer = document.querySelector("order-form").draft?.customer?.id;
  if (store.callInHand) return `&call_id=${store.callInHand.id}`;
  return customer ? `&customer_id=${customer}` : "";
}

const reason = ({ what, words }) =>
  t(`knowledge.what_${what}`, { words: what === "order_state" ? t(`order.state.${words}`) : words });

export class KnowledgeSheet extends LiveElement {
  found = NOTHING;
  active = 0;
  asked = 0; // counts what was asked: only the last answer counts
  hurried = false; // Enter came before the answer
  article = null; // what is open beside the order
  back = null; // where the focus goes when it is closed: {element, start, end}
  questions = new Latest((q) => this.ask(q));

  get dialog() {
    return this.querySelector("dialog");
  }

  get field() {
    return this.querySelector("input");
  }

  get reading() {
    return this.querySelector(".read");
  }

  /** To the article that stands beside the order; from there, or where none does, to the search. */
  enter() {
    const here = whereabouts();
    this.remember(here);
    if (this.article && !this.contains(here)) this.reading.focus();
    else this.search();
  }

  /** From where somebody came, unless he was here already. */
  remember(element) {
    if (!element || this.contains(element)) return;
    this.back = { element, start: element.selectionStart, end: element.selectionEnd };
  }

  search() {
    this.field.value = "";
    this.found = NOTHING;
    this.active = 0;
    this.hurried = false;
    this.requestUpdate();
    this.dialog.showModal();
    this.field.focus();
    this.questions.put("");
  }

  /** Close what is open, and be where one was. */
  leave() {
    this.questions.forget();
    this.asked += 1;
    this.dialog.close();
    this.article = null;
    this.requestUpdate();
    this.goBack();
  }

  goBack() {
    const { element, start, end } = this.back ?? {};
    this.back = null;
    if (!element?.isConnected) return;
    element.focus({ preventScroll: true });
    if (typeof start === "number") element.setSelectionRange(start, end);
    else if (document.activeElement !== element) document.activeElement.blur();
  }

  async ask(q) {
    const turn = ++this.asked;
    let found;
    try {
      const { items } = await request("GET", `articles?limit=${SHOWN}&q=${encodeURIComponent(q)}${forWhom()}`);
      found = { q, items, said: items.length ? null : t(q ? "knowledge.none" : "knowledge.empty") };
    } catch (error) {
      found = { q, items: [], said: sentence(error) };
    }
    if (turn !== this.asked || q !== this.field.value.trim()) return;
    this.found = found;
    this.active = 0;
    this.requestUpdate();
    if (this.hurried) this.choose();
  }

  typed = () => {
    this.hurried = false;
    this.questions.put(this.field.value.trim());
  };

  pressed = (event) => {
    if (event.key === "Enter") afterComposition(event, () => this.choose());
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      afterComposition(event, () => this.move(event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "F1") {
      event.preventDefault();
      this.leave();
    }
  };

  move(step) {
    const count = this.found.items.length;
    if (count) this.active = (this.active + step + count) % count;
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  }

  /** The marked article, if it was found by what stands in the field now; else the first one of the answer to come. */
  choose() {
    const q = this.field.value.trim();
    if (q !== this.found.q) {
      this.hurried = true;
      this.questions.forget();
      this.ask(q);
      return;
    }
    this.hurried = false;
    const article = this.found.items[this.active];
    if (article) this.open(article.id);
  }

  async open(id) {
    const turn = ++this.asked;
    try {
      const article = await request("POST", `articles/${id}/open`, { call_id: store.callInHand?.id ?? null });
      if (turn !== this.asked) return;
      this.article = article;
    } catch (error) {
      if (turn !== this.asked) return;
      if (error.status !== GONE) return complain(error);
      this.found = { ...this.found, said: t("knowledge.gone") };
      this.requestUpdate();
      return;
    }
    this.dialog.close();
    this.requestUpdate();
    await this.updateComplete;
    this.reading.scrollTop = 0;
    this.reading.focus();
  }

  /** What scrolls, scrolls; everything else is as everywhere. */
  read = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (SCROLLS.includes(event.code)) event.stopPropagation();
    else if (event.key === "Escape") this.done(event, () => this.leave());
    else if (event.key === "Enter" && event.target === this.reading) this.done(event, () => this.goBack());
  };

  done(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  render() {
    return html`
      <dialog
        aria-label=${t("knowledge.title")}
        @keydown=${this.pressed}
        @cancel=${(event) => this.done(event, () => this.leave())}
        @click=${(event) => event.target.tagName === "DIALOG" && this.leave()}
      >
        <div class="find">
          <h2>${t("knowledge.title")}</h2>
          <div class="asked">
            <input
              type="text"
              role="combobox"
              aria-expanded="true"
              aria-autocomplete="list"
              aria-controls="articles-found"
              aria-activedescendant=${this.found.items.length ? `article-${this.active}` : nothing}
              aria-label=${t("knowledge.title")}
              placeholder=${t("knowledge.hint")}
              autocomplete="off"
              spellcheck="false"
              maxlength="80"
              @input=${this.typed}
            />
            <kbd>Esc</kbd>
          </div>
          <div id="articles-found" role="listbox" aria-label=${t("knowledge.title")}>${this.groups()}</div>
          <p class="quiet" role="status">${this.found.said ?? nothing}</p>
        </div>
      </dialog>
      ${this.beside()}
    `;
  }

  groups() {
    const rows = this.found.items.map((article, index) => ({ article, index }));
    if (this.found.q) return this.group("found", rows);
    const fits = rows.filter(({ article }) => article.because.length);
    return [this.group("fits", fits), this.group("others", rows.slice(fits.length))];
  }

  group(name, rows) {
    if (!rows.length) return nothing;
    return html`
      <div role="group" aria-label=${t(`knowledge.${name}`)}>
        <div class="head" aria-hidden="true">${t(`knowledge.${name}`)}</div>
        ${rows.map(({ article, index }) => this.row(article, index))}
      </div>
    `;
  }

  row(article, index) {
    return html`
      <div
        id="article-${index}"
        class="article"
        role="option"
        aria-selected=${String(index === this.active)}
        @mousedown=${(event) => {
          event.preventDefault();
          this.open(article.id);
        }}
      >
        <span class="name">${article.title}</span>
        ${article.used ? html`<small class="used">${t("knowledge.used", { count: article.used })}</small>` : nothing}
        ${article.because.length
          ? html`<small class="because">${t("knowledge.because", { what: article.because.map(reason).join(" · ") })}</small>`
          : nothing}
        ${article.keywords.length ? html`<small class="keywords">${article.keywords.join(", ")}</small>` : nothing}
      </div>
    `;
  }

  beside() {
    const { article } = this;
    if (!article) return nothing;
    const at = article.changed_at ?? article.made_at;
    return html`
      <aside aria-labelledby="article-title" @keydown=${this.read} @focusin=${(event) => this.remember(event.relatedTarget)}>
        <h2 id="article-title">${article.title}</h2>
        <div class="read" role="document" tabindex="0" aria-labelledby="article-title">
          ${article.blocks.map(({ kind, lines }) =>
            kind === "bullets"
              ? html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
              : html`<p>${lines.map((line, index) => html`${index ? html`<br />` : nothing}${line}`)}</p>`,
          )}
          <small class="by">${t("knowledge.changed", { name: article.changed_by ?? article.made_by, at: `${day(at)} ${clockTime(at)}` })}</small>
        </div>
        <div class="do">
          <button type="button" @click=${() => this.goBack()}>${t("knowledge.keep")} <kbd>↵</kbd></button>
          <button type="button" @click=${() => this.enter()}>${t("knowledge.another")} <kbd>F1</kbd></button>
          <button type="button" @click=${() => this.leave()}>${t("knowledge.close")} <kbd>Esc</kbd></button>
        </div>
      </aside>
    `;
  }
}

customElements.define("knowledge-sheet", KnowledgeSheet);
