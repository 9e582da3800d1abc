/** What the driver's page shows: as the server told it, with what was pressed since. `act` is what main.js can do. */

import { newKey } from "../console/api.js";
import { locale, t } from "../console/texts.js";
import { account, appealSheet, missed } from "./account.js";
import { carHand, carScreen } from "./car.js";
import { fill, h } from "./dom.js";
import { declineSheet, doneSheet, dutyHand, dutyScreen, ENDS, enterHand, enterScreen, giveBackSheet, noShowSheet, offerHand, offerScreen, tripHand, tripScreen } from "./screens.js";

const box = (id) => document.getElementById(id);

/** As the server told it, with what was pressed since and is still on its way. */
function shown({ page, queue }) {
  const { me } = page;
  if (!me?.order) return me;
  const order = { ...me.order };
  for (const entry of queue.waiting) {
    if (entry.kind !== "step" || entry.path !== `driver/orders/${order.id}/step` || ENDS.has(entry.body.to)) continue;
    order.state = entry.body.to;
    order.next = order.way.slice(order.way.indexOf(order.state) + 1).slice(0, 1);
    if (order.car.due === order.state) order.car = { ...order.car, stage: "after", due: "completed" };
  }
  return { ...me, order };
}

/** Draws what has changed. `anew`: everything, as in another language. */
export function paint(act, anew = false) {
  const { page, queue, photos, whereabouts } = act;
  const me = shown(act);
  if (page.sheet?.car && me?.order?.car.stage !== page.sheet.car) page.sheet = null;
  const sending = queue.waiting.length > 0;
  const words = [locale(), anew ? newKey() : ""];
  document.title = t("driver.title");
  fill(box("top"), [words, me?.number, me?.name, me?.office, me?.state, page.known], () => top(me, act));
  banner(act, sending);
  told(page);
  const parts = whatToShow(me, page);
  const { now: _now, located_at: _at, ...steady } = me ?? {};
  const pictures = photos.waiting.map((one) => one.id);
  fill(box("screen"), [words, parts.name, steady, whereabouts.state, page.asked, page.token, page.rows, page.sheet, pictures], () => parts.screen(me, act));
  // Nothing that is pushed takes the field away from under a finger that types.
  const pressed = parts.name === "car" ? [me.order.id] : [steady, sending, queue.busy, pictures];
  fill(box("hand"), [words, parts.name, page.sheet, page.view, page.token, pressed], () => [
    ...[parts.hand(me, act, sending)].flat(),
    me ? tabs(act) : null,
  ]);
  document.body.dataset.screen = parts.name;
  tick(act);
}

function whatToShow(me, page) {
  if (!page.known) return { name: "waiting", screen: () => h("p.quiet", {}, t("driver.link.slow")), hand: () => [] };
  if (!me || page.token) return { name: "enter", screen: enterScreen, hand: enterHand };
  if (page.sheet?.against) return { name: `appeal ${page.view}`, screen: page.view === "money" ? account : missed, hand: appealSheet };
  if (page.view === "money") return { name: "money", screen: account, hand: () => [] };
  if (page.view === "missed") return { name: "missed", screen: missed, hand: () => [] };
  if (me.order && page.sheet?.car) return { name: "car", screen: carScreen, hand: carHand };
  // What is offered while he drives is his next order, and waits for seconds only: it comes first.
  if (me.order && me.offers.length) return { name: "offer", screen: offerScreen, hand: page.sheet?.offer ? declineSheet : offerHand };
  if (me.order) return { name: "trip", screen: tripScreen, hand: page.sheet?.giveBack ? giveBackSheet : page.sheet?.done ? doneSheet : page.sheet?.noShow ? noShowSheet : tripHand };
  if (me.offers.length) return { name: "offer", screen: offerScreen, hand: page.sheet?.offer ? declineSheet : offerHand };
  return { name: "duty", screen: dutyScreen, hand: dutyHand };
}

function top(me, act) {
  return [
    h("p.who", {}, me ? [h("b", {}, me.number), ` ${me.name}`] : t("driver.title"), me ? h("small", {}, me.office) : null),
    h("button.other", { type: "button", onclick: act.language, lang: locale() === "ko" ? "en" : "ko" }, t("driver.other_language")),
    // Only off duty: a slip of the thumb in the middle of a night would cost a text message.
    me?.state === "off" ? h("button.other", { type: "button", onclick: act.leave }, t("driver.enter.leave")) : null,
  ];
}

function tabs(act) {
  const { page } = act;
  const one = (view, mark) =>
    h(
      "button",
      { type: "button", data: { view }, aria: page.view === view ? { current: "page" } : {}, onclick: () => act.show(view) },
      t(`driver.tabs.${view}`),
      mark ? h("i.mark", {}, mark) : null,
    );
  return h("nav", { aria: { label: t("driver.tabs.label") } }, one("now", page.view !== "now" && page.me.offers.length), one("money"), one("missed"));
}

function banner({ page, queue }, sending) {
  const stale = page.known && !page.me && queue.waiting.length > 0;
  const text = stale ? t("driver.enter.stale") : !page.linked || (sending && queue.silences) ? t("driver.link.offline") : "";
  box("banner").hidden = !text;
  if (box("banner").textContent !== text) box("banner").textContent = text;
}

function told(page) {
  const place = box("told");
  place.hidden = !page.said;
  place.className = `told ${page.said?.kind ?? ""}`;
  if (place.textContent !== (page.said?.text ?? "")) place.textContent = page.said?.text ?? "";
}

/** Clocks run by themselves: nothing is drawn anew for a second that passed. */
export function tick(act) {
  const { page } = act;
  for (const clock of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Date.parse(clock.dataset.until) - act.now());
    const whole = Date.parse(clock.dataset.until) - Date.parse(clock.dataset.since);
    clock.querySelector("b").textContent = t("driver.offer.seconds", { seconds: Math.ceil(left / 1000) });
    clock.querySelector("i").style.transform = `scaleX(${Math.min(1, left / whole)})`;
    clock.classList.toggle("soon", left < 5_000);
    if (left === 0 && page.me?.offers.length) {
      page.me.offers = page.me.offers.filter((offer) => Date.parse(offer.expires_at) > act.now());
      if (page.sheet?.offer) page.sheet = null;
      act.draw();
      return;
    }
  }
  for (const button of document.querySelectorAll("[data-opens]")) {
    const left = Math.ceil((Date.parse(button.dataset.opens) - act.now()) / 1000);
    button.disabled = left > 0;
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    const words = left > 0 ? t("driver.step.no_show_in", { left: clock }) : t("driver.step.no_show");
    if (button.textContent !== words) button.textContent = words;
  }
}
