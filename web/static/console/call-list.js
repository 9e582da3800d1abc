/** The left column: calls as cards. A card appears in its own place and never moves the focus; F2 or a click opens it. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { LiveElement } from "./element.js";
import * as icons from "./icons.js";
import { written } from "./phone.js";
import { isPlaying, playRecording } from "./sound.js";
import { goesOut, store } from "./store.js";
import { clockTime, duration, t } from "./texts.js";
import { drafts, open, outbox, take } from "./work.js";

const RECENT_SHOWN = 12;

/** Who calls, as far as a card can say it: the customer, the name that came with the call, or that nobody is known. */
export function nameOf(call) {
  return call.customer?.name ?? call.name ?? null;
}

export function numberOf(call) {
  return call.number ? written(call.number) : t(`calls.${call.presentation === "withheld" ? "withheld" : "unavailable"}`);
}

export class CallList extends LiveElement {
  ticks = true;

  render() {
    const { waiting, talking, next } = store;
    const isMissed = (call) => call.disposition !== "answered" && !goesOut(call);
    const missed = store.ended.filter(isMissed);
    const past = store.ended.filter((call) => !isMissed(call)).slice(0, RECENT_SHOWN);
    return html`
      <h2 class="panel-title"><span>${t("calls.title")}</span><kbd>F2</kbd></h2>
      <div class="scroll">
        ${waiting.length + talking.length === 0 ? html`<p class="quiet">${t("calls.none")}</p>` : nothing}
        <ul class="cards" aria-label=${t("calls.waiting")}>
          ${repeat(waiting, (call) => call.id, (call) => this.card(call, call === next))}
        </ul>
        <ul class="cards" aria-label=${t("calls.talking")}>
          ${repeat(talking, (call) => call.id, (call) => this.card(call, false))}
        </ul>
        ${this.rows("calls.missed", missed.slice(0, RECENT_SHOWN), "missed")} ${this.rows("calls.past", past, "past")}
      </div>
    `;
  }

  card(call, next) {
    const waits = call.state !== "answered" && !goesOut(call);
    const mine = store.isMine(call);
    const classes = ["card", waits ? "rings" : mine ? "mine" : "others", goesOut(call) ? "out" : "", call.id === store.openCall ? "open" : ""];
    return html`
      <li class=${classes.join(" ")} data-call=${call.id}>
        <div class="line">
          <button class="opener number" type="button" aria-current=${call.id === store.openCall} @click=${() => open(call.id)}>
            ${numberOf(call)}
          </button>
          <span class="state">${this.state(call, mine)}</span>
        </div>
        <div class="line">
          <strong class="name" title=${nameOf(call) ?? ""}>${nameOf(call) ?? t("calls.new_caller")}</strong>
          ${call.customer?.grade ? html`<span class="grade">${call.customer.grade}</span>` : nothing}
          ${call.priority ? html`<span class="grade sooner">${t("calls.sooner", { priority: call.priority })}</span>` : nothing}
        </div>
        ${call.choice ? html`<div class="facts">${this.facts(call)}</div>` : nothing}
        <div class="line last">
          <div class=${call.choice ? "choice" : "facts"}>${call.choice ? choiceOf(call) : this.facts(call)}</div>
          ${waits && call.source !== "box"
            ? html`<button class="answer ${next ? "next" : ""}" type="button" @click=${() => take(call)}>
                ${t("calls.answer")} ${next ? html`<kbd>F2</kbd>` : nothing}
              </button>`
            : nothing}
        </div>
      </li>
    `;
  }

  state(call, mine) {
    const since = Date.parse(call.answered_at ?? call.ringing_at ?? call.arrived_at);
    return html`${stateOf(call, mine)} <time>${duration(store.now() - since)}</time>`;
  }

  facts(call) {
    const facts = [call.customer ? t("calls.trips", { count: call.customer.trips }) : null, written(call.line)];
    if (call.source === "box") facts.push(t("calls.from_box"));
    if (call.operator && !store.isMine(call)) facts.push(call.operator.name);
    if (call.wanted_by && call.state !== "answered") {
      facts.push(call.wanted_by.id === store.me?.id ? t("calls.wanted_by_me") : t("calls.wanted", { who: call.wanted_by.name }));
    }
    if (call.recovered) facts.push(t("calls.recovered"));
    if (drafts.has(call.id)) facts.push(t("calls.draft"));
    if (outbox.waitsFor(call.id)) facts.push(t("calls.queued"));
    return facts.filter(Boolean).join(" · ");
  }

  rows(title, calls, kind) {
    if (!calls.length) return nothing;
    return html`
      <h3 class="rows-title"><span>${t(title)}</span><span>${calls.length}</span></h3>
      <ul class="rows ${kind}">
        ${repeat(
          calls,
          (call) => call.id,
          (call) => html`
            <li data-call=${call.id} class=${call.id === store.openCall ? "open" : ""}>
              <button type="button" @click=${() => open(call.id)}>
                <time>${clockTime(call.arrived_at)}</time>
                <span class="number">${goesOut(call) ? html`<span title=${t("calls.out.tag")}>↗<span class="unseen">${t("calls.out.tag")}</span></span> ` : nothing}${numberOf(call)}</span>
                <span class="name">${nameOf(call) ?? t("calls.new_caller")}</span>
                ${call.choice?.recording ? html`<span class="voice">${t("calls.voice")}</span>` : nothing}
              </button>
            </li>
          `,
        )}
      </ul>
    `;
  }
}

/** How a call stands, in a word; of one that goes out, that it does. */
export function stateOf(call, mine) {
  if (goesOut(call) && call.state !== "ended") return t(`calls.out.${call.state === "answered" && !mine ? "talks" : call.state}`);
  return t(`calls.state.${call.state === "answered" ? (mine ? "mine" : "talks") : call.state}`);
}

/** What the caller answered to the IVR, in one line, with the recording where there is one. */
export function choiceOf(call) {
  const { kind, text, recording } = call.choice;
  if (kind === "place") return html`${icons.check} ${t("calls.chose_place", { place: text ?? "" })}`;
  if (kind === "recording" && recording) {
    return html`
      <button class="play" type="button" @click=${() => playRecording(recording)}>
        ${isPlaying(recording) ? icons.stop : icons.play} ${t(isPlaying(recording) ? "calls.stop" : "calls.play")} <kbd>Ctrl F2</kbd>
      </button>
      <span>${t("calls.chose_recording")}</span>
    `;
  }
  return t(kind === "operator" ? "calls.chose_operator" : "calls.chose_none");
}

/** Play what a caller left after the tone, or stop it. */
export function playOfCall(call) {
  if (call?.choice?.recording) playRecording(call.choice.recording);
  else store.say({ text: t("notices.no_recording") }, 4000);
}

customElements.define("call-list", CallList);

