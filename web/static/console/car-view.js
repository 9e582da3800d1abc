/**
 * The photos of the customer's car, as its driver took them before the key changed hands and after: small ones to walk through, one
 * large in a viewer; the customer's link to them, and all that is known of the order as a file, if there is a dispute.
 */

import { html, nothing } from "lit";
import { allowed } from "./actions.js";
import { request } from "./api.js";
import { reading } from "./searches.js";
import { store } from "./store.js";
import { clockTime, day, dayMonth, t } from "./texts.js";
import { complain } from "./work.js";

const STAGES = ["before", "after"];
const LINK = { may: "orders.dispatch" };
const FILE = { may: "disputes.take" };

const photosOf = (car) => STAGES.flatMap((stage) => car[stage].photos.map((photo) => ({ ...photo, stage })));

export const wordsOf = ({ stage, side, received_at: at }) =>
  `${t(`car.${stage}`)} · ${t(`car.side.${side}`)} · ${day(at)} ${clockTime(at, true)}`;

export const addressOf = (photo) => `/api/v1/photos/${photo.id}`;

export function carOf(order) {
  const told = reading(order.id);
  if (told?.error) return html`<p class="quiet bad">${told.error}</p>`;
  if (!told) return html`<p class="quiet">${t("history.none")}</p>`;
  const car = told.items;
  const all = photosOf(car);
  return html`
    <section class="car" aria-label=${t("tabs.car")} @keydown=${(event) => pressed(event, order, all)}>
      <div class="order-actions">
        ${allowed(LINK) ? html`<button type="button" @click=${() => sendLink(order)}>${t("car_do.link")} <kbd>S</kbd></button>` : nothing}
        ${allowed(FILE) ? html`<a class="take" href="/api/v1/orders/${order.id}/dispute" download>${t("car_do.dispute")} <kbd>D</kbd></a>` : nothing}
      </div>
      ${STAGES.map((stage) => stageOf(stage, car[stage], all))}
      ${all.length || STAGES.some((stage) => car[stage].skipped) ? nothing : html`<p class="quiet">${t("car_do.none")}</p>`}
    </section>
  `;
}

function stageOf(stage, { photos, km, skipped, cover }, all) {
  if (!photos.length && km === null && !skipped) return nothing;
  return html`
    <h3>${t(`car.${stage}`)} ${km === null ? nothing : html`<small>${t("car.km", { km: km.toLocaleString() })}</small>`}</h3>
    ${skipped ? html`<p>${t("car.skipped", { reason: skipped })}</p>` : nothing}
    ${cover ? html`<p class="cover">${coverWords(cover)}</p>` : nothing}
    <div class="thumbs">
      ${photos.map((photo) => {
        const index = all.findIndex(({ id }) => id === photo.id);
        return html`
          <button type="button" class="thumb" @click=${() => look(all, index)}>
            <img src=${addressOf(photo)} alt=${wordsOf({ ...photo, stage })} loading="lazy" />
            <small>${t(`car.side.${photo.side}`)} ${clockTime(photo.received_at)}</small>
          </button>
        `;
      })}
    </div>
  `;
}

/** With which insurance he drove, as his record said when he began; a later change of the record does not change it. */
function coverWords({ insurance_number: number, insurance_until: until, at }) {
  const values = { number: number ?? "", until: until ?? "–", at: `${dayMonth(at)} ${clockTime(at)}` };
  return t(until ? (number ? "car.cover" : "car.cover_until") : "car.cover_none", values);
}

const look = (all, index) => document.querySelector("car-viewer").open(all, index);

/** Arrows walk through the photos; S texts the link, D takes the file. */
function pressed(event, order, all) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const section = event.currentTarget;
  const thumbs = [...section.querySelectorAll(".thumb")];
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const file = event.code === "KeyD" ? section.querySelector(".take") : null;
  if (step && all.length) thumbs[(thumbs.indexOf(document.activeElement) + step + thumbs.length) % thumbs.length].focus();
  else if (event.code === "KeyS" && allowed(LINK)) sendLink(order);
  else if (file) file.click();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Have the customer texted the link to the photos: nobody here sees what is in it. */
async function sendLink(order) {
  try {
    await request("POST", `orders/${order.id}/car/link`, {});
    store.say({ text: t("car_do.link_sent"), kind: "good" });
  } catch (error) {
    complain(error);
  }
}
