/** What the driver must be able to do: a mark for each skill of the trade. Digits set them, arrows walk. Its `value` is one line. */

import { html } from "lit";
import { LiveElement } from "./element.js";
import { SKILLS } from "./form-fields.js";
import { t } from "./texts.js";

export class OrderSkills extends LiveElement {
  chosen = new Set();

  get name() {
    return this.getAttribute("name");
  }

  get value() {
    return SKILLS.filter((skill) => this.chosen.has(skill)).join(" ");
  }

  set value(text) {
    this.chosen = new Set(text.split(" ").filter(Boolean));
    this.requestUpdate();
  }

  focus() {
    this.boxes()[0].focus();
  }

  boxes() {
    return [...this.querySelectorAll("input")];
  }

  turn(skill) {
    if (!this.chosen.delete(skill)) this.chosen.add(skill);
    this.requestUpdate();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const skill = /^[1-9]$/.test(event.key) ? SKILLS[Number(event.key) - 1] : undefined;
    if (!step && !skill) return;
    event.preventDefault();
    event.stopPropagation();
    if (skill) this.turn(skill);
    else this.walk(step);
  };

  walk(step) {
    const boxes = this.boxes();
    boxes[(boxes.indexOf(document.activeElement) + step + boxes.length) % boxes.length].focus();
  }

  render() {
    return html`
      <div class="skills" role="group" aria-labelledby="label-${this.name}" @keydown=${this.pressed} @input=${(event) => event.target !== this && event.stopPropagation()}>
        ${SKILLS.map(
          (skill, index) => html`
            <label class="skill">
              <input type="checkbox" tabindex=${index ? "-1" : "0"} .checked=${this.chosen.has(skill)} @change=${() => this.turn(skill)} />
              <kbd>${index + 1}</kbd> ${t(`skill.${skill}`)}
            </label>
          `,
        )}
      </div>
    `;
  }
}

customElements.define("order-skills", OrderSkills);
