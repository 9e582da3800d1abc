/**
 * How the console is for who sits here (Ctrl ,): density, letters as keys, how long messages stay, how it rings and where. What is
 * chosen holds at once. What this browser refuses is said in words.
 */

import { html, nothing } from "lit";
import { sendTo } from "../tones.js";
import { askForDesktop, desktopState } from "./desktop.js";
import { LiveElement } from "./element.js";
import { loudspeakers, speakerState } from "./loudspeakers.js";
import { anew, silence, tryRing } from "./ring.js";
import { CHOICES, choose, setting } from "./settings.js";
import { store } from "./store.js";
import { t } from "./texts.js";

const DENSITIES = ["compact", "normal", "roomy"];
const LOUDEST = 10;

export class SettingsSheet extends LiveElement {
  speakers = [];
  speakerSaid = null;

  get dialog() {
    return this.querySelector("dialog");
  }

  enter() {
    this.dialog.showModal();
    this.querySelector("[type=radio]:checked").focus();
  }

  choose(name, value) {
    choose(name, value);
    anew();
    store.changed();
  }

  async chooseDesktop(value) {
    this.choose("desktop", value);
    if (value === "on") await askForDesktop();
    this.requestUpdate();
  }

  async findSpeakers() {
    try {
      this.speakers = await loudspeakers();
      this.speakerSaid = this.speakers.length ? null : "none";
      if (this.speakers.length === 1) await this.chooseSpeaker(this.speakers[0].id);
    } catch {
      this.speakerSaid = "refused";
    }
    this.requestUpdate();
  }

  async chooseSpeaker(id) {
    this.choose("speaker", id);
    try {
      await sendTo(id);
      this.speakerSaid = null;
      tryRing();
    } catch {
      this.speakerSaid = "gone";
    }
    this.requestUpdate();
  }

  pressed = (event) => {
    if (!event.ctrlKey) return;
    if (event.code === "Comma") this.dialog.close();
    else if (event.code === "KeyM") silence();
    else return;
    event.preventDefault();
  };

  render() {
    return html`
      <dialog
        aria-labelledby="settings-title"
        @keydown=${this.pressed}
        @click=${(event) => event.target.tagName === "DIALOG" && event.target.close()}
      >
        <div class="sheet">
          <h2 id="settings-title">${t("settings.title")}</h2>
          ${this.oneOf("density", DENSITIES)} ${this.oneOf("letters", CHOICES.letters)} ${this.oneOf("stay", CHOICES.stay)}
          ${this.ring()} ${this.desktop()}
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
        ${this.radios(name, values, (value) => this.choose(name, value))}
        <p class="quiet">${t(`settings.${name}.about`)}</p>
      </fieldset>
    `;
  }

  radios(name, values, chosen) {
    return html`
      <div class="choices-row">
        ${values.map(
          (value) => html`
            <label>
              <input
                type="radio"
                name=${`settings-${name}`}
                value=${value}
                .checked=${setting(name) === value}
                @change=${() => chosen(value)}
              />
              ${t(`settings.${name}.${value}`)}
            </label>
          `,
        )}
      </div>
    `;
  }

  ring() {
    return html`
      <fieldset>
        <legend>${t("settings.tone.title")}</legend>
        ${this.radios("tone", CHOICES.tone, (value) => {
          this.choose("tone", value);
          tryRing();
        })}
        <div class="choices-row">
          <label>
            ${t("settings.volume.title")}
            <input
              type="range"
              name="settings-volume"
              min="0"
              max=${LOUDEST}
              .value=${setting("volume")}
              @input=${(event) => this.choose("volume", event.target.value)}
            />
            <output>${setting("volume") === "0" ? t("settings.volume.off") : setting("volume")}</output>
          </label>
          <button type="button" @click=${tryRing}>${t("settings.tone.try")}</button>
        </div>
        <div class="choices-row">
          <span>${t("settings.quiet.title")}</span>
          ${this.hour("quiet_from")} – ${this.hour("quiet_until")}
        </div>
        ${this.speaker()}
        <p class="quiet">${t("settings.tone.about")}</p>
      </fieldset>
    `;
  }

  hour(name) {
    return html`
      <input
        type="time"
        name=${`settings-${name}`}
        aria-label=${t(`settings.quiet.${name}`)}
        .value=${setting(name)}
        @change=${(event) => this.choose(name, event.target.value)}
      />
    `;
  }

  speaker() {
    const state = speakerState();
    if (state !== "possible") return html`<p class="quiet speaker">${t(`settings.speaker.state.${state}`)}</p>`;
    return html`
      <div class="choices-row speaker">
        <button type="button" @click=${() => this.findSpeakers()}>${t("settings.speaker.find")}</button>
        ${this.speakers.length
          ? html`
              <label>
                ${t("settings.speaker.title")}
                <select name="settings-speaker" @change=${(event) => this.chooseSpeaker(event.target.value)}>
                  <option value="" ?selected=${setting("speaker") === ""}>${t("settings.speaker.usual")}</option>
                  ${this.speakers.map(({ id, name }) => html`<option value=${id} ?selected=${setting("speaker") === id}>${name}</option>`)}
                </select>
              </label>
            `
          : html`<span>${t(setting("speaker") ? "settings.speaker.chosen" : "settings.speaker.usual")}</span>`}
      </div>
      ${this.speakerSaid ? html`<p class="quiet" role="status">${t(`settings.speaker.state.${this.speakerSaid}`)}</p>` : nothing}
    `;
  }

  desktop() {
    return html`
      <fieldset>
        <legend>${t("settings.desktop.title")}</legend>
        ${this.radios("desktop", CHOICES.desktop, (value) => this.chooseDesktop(value))}
        <p class="quiet desktop" role="status">${t(`settings.desktop.state.${desktopState()}`)}</p>
      </fieldset>
    `;
  }
}

customElements.define("settings-sheet", SettingsSheet);
