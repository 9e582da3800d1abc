/** What can be read about the marked order: who was asked and what he said, why him and not another, and all that happened. */

import { html, nothing } from "lit";
import { ways } from "./order-way.js";
import { declinedFor, reading, timeLeft } from "./searches.js";
import { store } from "./store.js";
import { wantsWords } from "./terms.js";
import { clockTime, dayMonth, distance, duration, has, money, t } from "./texts.js";
import { partWords } from "./trips.js";

const ASKED_SHOWN = 6;
const AMOUNTS = new Set(["fare"]);

/** Those who are asked now, and the last who said something. */
export function asked(order) {
  const items = (order.search && reading(order.id)?.items) || [];
  if (!items.length) return nothing;
  const open = items.filter((offer) => offer.state === "open");
  const ended = items.filter((offer) => offer.state !== "open");
  return html`<ul class="asked">${[...open, ...ended].slice(0, ASKED_SHOWN).map(offerRow)}</ul>`;
}

function offerRow(offer) {
  const says = [t(`offer.${offer.state}`), declinedFor(offer.reason)].filter(Boolean).join(": ");
  return html`
    <li class="offer ${offer.state}">
      <b>#${offer.number}</b> <span class="name">${offer.name}</span>
      <span class="says">${says}</span>
      <time>${offer.state === "open" ? timeLeft(offer.expires_at) : clockTime(offer.ended_at, true)}</time>
    </li>
  `;
}

/** Each driver once, with the last reason that was written down for him. */
export function why(order) {
  const told = reading(order.id);
  if (told?.error) return html`<p class="quiet bad">${told.error}</p>`;
  const last = new Map();
  for (const each of told?.items ?? []) if (!last.has(each.driver_id)) last.set(each.driver_id, each);
  if (!last.size) return html`<p class="quiet">${t(told ? "why.none" : "history.none")}</p>`;
  return html`
    <ol class="reasons">
      ${[...last.values()].map(
        (each) => html`
          <li class=${each.asked ? "asked" : ""}>
            <b>#${each.number}</b> <span class="name">${each.name}</span>
            <small>${t("why.ring", { ring: each.ring })} <time>${clockTime(each.at, true)}</time></small>
            <p>${t(each.reason_key, each.reason_args)}</p>
          </li>
        `,
      )}
    </ol>
  `;
}

/** All that happened, newest first. */
export function history(order) {
  const told = reading(order.id);
  if (told?.error) return html`<p class="quiet bad">${told.error}</p>`;
  if (!told) return html`<p class="quiet">${t("history.none")}</p>`;
  return html`
    ${ways(order)}
    <ol class="deeds">
      ${told.items.map(
        (deed) => html`
          <li class="deed of-${deed.what} ${deed.state ?? ""}">
            <time>${clockTime(deed.at, true)}</time>
            <div>
              <b>${title(deed, order)}</b> <span class="who">${who(deed)}</span>
              ${words(deed)}
            </div>
          </li>
        `,
      )}
    </ol>
  `;
}

function title(deed, order) {
  const later = deed.ended_at && clockTime(deed.ended_at, true) !== clockTime(deed.at, true) ? ` ${clockTime(deed.ended_at, true)}` : "";
  const values = {
    taken: () => ({}),
    moved: () => ({ state: stateOf("order.state", deed.state) }),
    changed: () => ({
      field: t(`order.${deed.field}`),
      before: value(deed.field, deed.before, order),
      after: value(deed.field, deed.after, order),
    }),
    fare: () => ({ after: value("fare", deed.after, order), basis: t(`fare_basis.${deed.state}`) }),
    timer: () => ({ kind: t(`history.timer.${deed.field}`), outcome: t(`history.outcome.${deed.state}`) }),
    all_the_same: () => ({ words: deed.words }),
    search_ended: () => ({ state: stateOf("history.ended", deed.state) }),
    offered: () => ({ state: stateOf("offer", deed.state) + later }),
    by_hand: () => ({ others: deed.others, passed: deed.passed }),
    unheard: () => ({ whom: t(`messages.to.${deed.field}`), state: t(`history.heard.${deed.state}`) + later }),
    message: () => ({ whom: t(`messages.to.${deed.field}`), state: stateOf("messages.state", deed.state) + later }),
  }[deed.what];
  return t(`history.${deed.what === "timer" ? "timed" : deed.what}`, values?.() ?? {});
}

const evidenceOf = (told) => ({
  ...told,
  arrived: clockTime(told.arrived_at),
  waited: duration(told.waited_s * 1000),
  distance: told.distance_m === null ? t("history.no_show_far") : distance(told.distance_m),
});

/** What was booked for the driver, or why nothing was, where the office pays for dead runs. */
function paidFor({ compensation, unpaid }) {
  if (unpaid) return ` · ${t("history.no_show_unpaid")}`;
  return compensation ? ` · ${t("history.no_show_paid", { amount: money(compensation) })}` : "";
}

const stateOf = (table, state) => (has(`${table}.${state}`) ? t(`${table}.${state}`) : state);

function value(field, told, order) {
  if (told === null) return t("history.empty");
  if (field === "wanted" || field === "promise") return `${dayMonth(told)} ${clockTime(told)}`;
  if (field === "payment") return t(`payment.${told}`);
  if (field === "wants") return told.length ? wantsWords(told) : t("history.empty");
  if (Array.isArray(told)) return told.length ? told.join(" › ") : t("history.empty");
  return AMOUNTS.has(field) ? money(told, order.currency) : told;
}

function who(deed) {
  const driver = deed.driver ? `#${deed.driver.number} ${deed.driver.name}` : null;
  if (deed.what === "assigned") return [driver, deed.by ?? t("history.by_himself")].join(" · ");
  if (deed.what === "search" || deed.what === "taken") return deed.by ?? t("history.by_desk");
  return [driver, deed.by].filter(Boolean).join(" · ");
}

function words(deed) {
  if (deed.evidence) return html`<p>${t("history.no_show_why", evidenceOf(deed.evidence))}${paidFor(deed.evidence)}</p>`;
  if (deed.what === "fare") return fareWords(deed);
  if (deed.what === "timer") return deed.late_s ? html`<p>${t("alarm.late", { minutes: Math.round(deed.late_s / 60) })}</p>` : nothing;
  if (!deed.words || deed.what === "all_the_same") return nothing;
  return html`<p>${deed.what === "offered" ? declinedFor(deed.words) : deed.what === "moved" ? givenBackFor(deed) : deed.words}</p>`;
}

/** The reason of a driver who gave the order back is a word of his page; everybody else's are his own. */
function givenBackFor({ driver, state, words: said }) {
  return driver && state === "taken" && has(`given_back.${said}`) ? t(`given_back.${said}`) : said;
}

/** Why the fare was so, line by line, and whether it was put in writing. */
function fareWords(deed) {
  const said = [deed.words, t(deed.told ? "history.fare_told" : "history.fare_untold")].filter(Boolean).join(" · ");
  return html`<p>${said}</p>${deed.parts?.length ? html`<ul class="fare-parts">${deed.parts.map((part) => html`<li>${partWords(part)}</li>`)}</ul>` : nothing}`;
}
