/** What stands in and under the fields of the order form: what Enter would take, where a text is known from, what a fare is made of. */

import { distance, money, parseMoney, t } from "./texts.js";
import { partsWords, promiseWords } from "./trips.js";
import { waitingProposal } from "./waiting.js";
import { tripOf } from "./work.js";

/** Shown in grey in the empty field `name` of `form`. */
export function placeholder(form, name) {
  const draft = form.draft;
  if (name === "wanted") return t("order.wanted_how");
  if (name === "served_because") return form.customer?.blocked_reason ?? "";
  if (name === "fare_reason") return draft?.editing ? "" : t("order.fare_usual_reason");
  if (name === "fare" && draft?.quoted?.amount != null) return t("order.quote_takes", { fare: money(draft.quoted.amount) });
  const proposal = draft ? form.proposalFor(name) : null;
  if (!proposal) return "";
  return t("order.enter_takes", { trip: name === "origin" ? tripOf(proposal) : (proposal.destination?.text ?? "–") });
}

/** Where the text of field `name` is known from. */
export function about(form, name) {
  const draft = form.draft;
  if (!draft) return "";
  if (name === "fare") return aboutFare(draft);
  if (name === "wanted") return promiseWords(draft.quoted);
  if (name === "payment") return aboutPayment(draft, form.field("payment"));
  const place = draft.places[name];
  if (!place || place.text !== draft.values[name]) {
    return draft.values[name].trim() && (name === "origin" || name === "destination") ? t("source.operator") : "";
  }
  const sure = place.accuracy_m == null ? "" : ` ±${distance(place.accuracy_m)}`;
  return t(`source.${place.source}`) + sure;
}

/** What is left of the account's limit; or that the number may ride on one. */
function aboutPayment(draft, field) {
  if (field?.account) return t("payment.left", { left: money(field.account.left) });
  if (draft.account !== null || !field?.accounts.length) return "";
  return t("payment.may", { names: field.accounts.map(({ name }) => name).join(", ") });
}

/** What a fare is made of, and what chance it has: as it is typed, and from which fare on it would be clearly better. */
function aboutFare(draft) {
  return [waitingWords(draft), fareWords(draft), chanceWords(draft.quoted?.chance)].filter(Boolean).join(" · ");
}

/** What Shift Enter would add for the driver's waiting. */
function waitingWords(draft) {
  const proposal = waitingProposal(draft);
  if (!proposal || parseMoney(draft.values.fare) === proposal.fare) return "";
  return t("order.waited_takes", { minutes: proposal.minutes, amount: money(proposal.amount), fare: money(proposal.fare) });
}

function chanceWords(chance) {
  if (!chance) return "";
  const now = t("order.chance", { minutes: Math.round(chance.within_s / 60), percent: chance.percent, orders: chance.orders });
  if (chance.raise_to === null) return now;
  return `${now} · ${t("order.chance_raised", { fare: money(chance.raise_to), percent: chance.raised_percent })}`;
}

function fareWords(draft) {
  const fare = parseMoney(draft.values.fare);
  const quoted = draft.quoted?.amount ?? null;
  const why = quoted === null ? "" : `${money(quoted)} = ${partsWords(draft.quoted.parts)}`;
  if (fare === null || fare === quoted) return why;
  const here = draft.fareFrom === draft.values.fare ? `${money(fare)} · ${t("source.history")}` : money(fare);
  return why ? `${here} (${t("fare_basis.tariff")} ${why})` : here;
}
