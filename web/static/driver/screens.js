/** The screens of a driver's night: come in, wait, be asked, drive. What is pressed lies at the bottom, under the thumb. */

import { clockTime, distance, money, parseMoney, t } from "../console/texts.js";
import { feeWords } from "./account.js";
import { carCard, stageOf } from "./car.js";
import { h } from "./dom.js";

const DECLINED_FOR = ["too_far", "other_way", "low_fare", "break", "something_else"];

const GIVEN_BACK_FOR = ["too_late", "breakdown", "unwell", "wrong_order", "something_else"];

/** Steps after which the trip is no longer his. */
export const ENDS = new Set(["completed", "no_show"]);

const big = (kind, label, onclick, more = {}) => h(`button.big.${kind}`, { type: "button", onclick, ...more }, label);

// --- come in ------------------------------------------------------------------------------------------------------------

export function enterScreen(_me, { page }) {
  return [
    h("h1", {}, t("driver.enter.title")),
    h("p.lead", {}, page.token ? t("driver.enter.with_link") : page.asked ? t("driver.enter.sent") : t("driver.enter.hint")),
  ];
}

export function enterHand(_me, act) {
  if (act.page.token) return big("go", t("driver.enter.start"), act.enter);
  const field = h("input", { id: "phone", type: "tel", inputMode: "tel", autocomplete: "tel", maxLength: 20, required: true, placeholder: "010-0000-0000" });
  const ask = (event) => {
    event.preventDefault();
    act.askForLink(field.value);
  };
  return h("form.ask", { onsubmit: ask }, h("label", { htmlFor: "phone" }, t("driver.enter.phone")), field, h("button.big.go", {}, t("driver.enter.send")));
}

// --- wait ---------------------------------------------------------------------------------------------------------------

export function dutyScreen(me, { whereabouts, locate }) {
  const on = me.state !== "off";
  return [
    h("section.duty", { data: { state: me.state } }, h("h1", {}, t(`driver.duty.${me.state}`)), h("p.lead", {}, t(`driver.duty.${me.state}_hint`))),
    h(
      "section.card.purse",
      {},
      h("small", {}, t("driver.money.balance")),
      h("strong", { className: me.balance < 0 ? "owes" : "" }, money(me.balance)),
      me.balance < 0 ? h("p", {}, t("driver.money.owes")) : null,
    ),
    me.papers.map(paper),
    on && me.on_shift_since ? h("p.quiet", {}, t("driver.duty.since", { time: clockTime(me.on_shift_since) })) : null,
    on ? place(whereabouts, locate) : null,
  ];
}

/** A licence or an insurance that runs out: after its last day he is offered nothing. */
function paper({ paper: name, until, days }) {
  const left = days < 0 ? t("driver.papers.over") : days === 0 ? t("driver.papers.today") : t("driver.papers.left", { count: days });
  return h("p.paper", { data: { days: String(days) } }, h("b", {}, t(`driver.papers.${name}`)), ` ${until}: ${left}`);
}

function place(whereabouts, locate) {
  if (whereabouts.state === "granted") return h("p.quiet", {}, h("i.lamp.good"), " ", t("driver.place.known"));
  if (whereabouts.state === "denied") return h("p.quiet", {}, t("driver.place.refused"));
  if (whereabouts.state !== "prompt") return null;
  return h("p.quiet", {}, t("driver.place.ask"), " ", h("button.link", { type: "button", onclick: locate }, t("driver.place.allow")));
}

export function dutyHand(me, act, sending) {
  const on = me.state !== "off";
  const label = sending ? t("driver.link.waiting") : on ? t("driver.duty.end") : t("driver.duty.begin");
  return big(on ? "quiet" : "go", label, () => act.duty(!on), { disabled: sending });
}

// --- be asked -----------------------------------------------------------------------------------------------------------

export function offerScreen(me) {
  const [offer, ...others] = me.offers;
  return [
    h(
      "p.clock",
      { data: { until: offer.expires_at, since: offer.offered_at } },
      h("span", {}, t("driver.offer.title")),
      h("b", {}),
      h("span.bar", {}, h("i", {})),
    ),
    h("section.card.way", {}, end("from", offer.origin), offer.way_points.map((stop) => end("via", stop)), end("to", offer.destination), wanted(offer), unsure(offer)),
    h(
      "section.card.worth",
      {},
      h("strong", {}, offer.fare === null ? t("driver.offer.fare_open") : money(offer.fare, offer.currency)),
      pay(offer),
      worth(offer),
      deadRun(offer),
      h("p", {}, offer.distance_m === null ? t("driver.offer.no_pin") : t("driver.offer.away", { distance: distance(offer.distance_m) })),
    ),
    wants(offer),
    me.order ? h("p.quiet", {}, t("driver.offer.next")) : null,
    others.length ? h("p.quiet", {}, t("driver.offer.more", { count: others.length })) : null,
  ];
}

function worth({ fare, fee, fee_rule: rule, currency }) {
  if (fare === null || fee === null) return null;
  return h("p", { title: rule ? feeWords(rule, currency) : "" }, `${t("driver.offer.fee", { amount: money(fee, currency) })} · `, h("b", {}, t("driver.offer.yours", { amount: money(fare - fee, currency) })));
}

/** What the way to the pick-up pays when nobody comes out: said before he takes it, and not only when it has happened. */
function deadRun({ dead_run: amount, currency }) {
  if (amount === null) return null;
  return h("p.quiet.dead-run", {}, amount ? t("driver.offer.dead_run", { amount: money(amount, currency) }) : t("driver.offer.no_dead_run"));
}

/** How it is paid, and where nothing is collected, that: it is the sentence that costs money when it is missed. */
function pay({ payment, is_collected: collected }) {
  return h("p.pay", { data: { collected: String(collected) } }, h("b", {}, t(`driver.pay.${payment}`)), collected ? null : ` ${t("driver.pay.nothing")}`);
}

function wants({ wants: asked }) {
  return asked?.length ? h("p.quiet", {}, t("driver.trip.wants", { skills: asked.map((skill) => t(`skill.${skill}`)).join(", ") })) : null;
}

/** When the customer wants to be picked up, where he said so. */
function wanted(order) {
  return order.wanted_at ? h("p.wanted", {}, t("driver.trip.wanted", { time: clockTime(order.wanted_at) })) : null;
}

/** What he had better ask before he sets out. */
const unsure = ({ pin_doubt: why }) => (why ? h("p.unsure", {}, t(`driver.trip.${why}`)) : null);

function end(which, where) {
  return h("div.end", { data: { end: which } }, h("small", {}, t(`driver.trip.${which}`)), h("strong", {}, where?.text ?? t("driver.offer.no_destination")));
}

export function offerHand(me, act, sending) {
  const [offer] = me.offers;
  return h(
    "div.pair",
    {},
    big("quiet", t("driver.offer.decline"), () => act.open({ offer }), { disabled: sending }),
    big("go", sending ? t("driver.link.waiting") : t("driver.offer.accept"), () => act.accept(offer), { disabled: sending }),
  );
}

export function declineSheet(_me, act) {
  const { offer } = act.page.sheet;
  return h(
    "section.sheet",
    {},
    h("h2", {}, t("driver.offer.why")),
    DECLINED_FOR.map((reason) => big("choice", t(`driver.decline.${reason}`), () => act.decline(offer, reason))),
    big("quiet", t("driver.offer.back"), () => act.open(null)),
  );
}

// --- drive --------------------------------------------------------------------------------------------------------------

export function tripScreen({ order, next_order: next }, act) {
  const { page } = act;
  return [
    h(
      "ol.steps",
      {},
      ["assigned", ...order.way].map((step, index, all) =>
        h("li", { className: index <= all.indexOf(order.state) ? "past" : "", aria: step === order.state ? { current: "step" } : {} }, t(`order.state.${step}`)),
      ),
    ),
    h(
      "section.card.way",
      {},
      h("div.stop", {}, end("from", order.origin), go(order.origin, page.map)),
      order.way_points.map((stop) => h("div.stop", {}, end("via", stop), go(stop, page.map))),
      h("div.stop", {}, end("to", order.destination), order.destination ? go(order.destination, page.map) : null),
      wanted(order),
      unsure(order),
    ),
    h(
      "section.card.worth",
      {},
      h("strong", {}, order.fare === null ? t("driver.offer.fare_open") : money(order.fare, order.currency)),
      pay(order),
      worth(order),
      order.may_give_back ? deadRun(order) : null,
      order.details.map(({ name, text }) => h("p.note", {}, h("small", {}, t(`driver.detail.${name}`)), " ", text)),
      order.note ? h("p.note", {}, h("small", {}, t("driver.trip.note")), " ", order.note) : null,
    ),
    carCard(order, act),
    wants(order),
    next ? h("section.card.way", {}, h("small", {}, t("driver.trip.upcoming")), end("from", next.origin), end("to", next.destination), pay(next), cannot(act, next.order_id)) : null,
    order.customer_name ? h("p.quiet", {}, t("driver.trip.customer", { name: order.customer_name })) : null,
    order.number ? null : h("p.quiet", {}, t("driver.trip.no_number")),
    order.may_give_back ? cannot(act, order.id) : null,
  ];
}

/** The way to give an order back: small, and never where a thumb lies that is about to say the next step. */
const cannot = (act, order) => h("button.link", { type: "button", onclick: () => act.open({ giveBack: order }), data: { gives: String(order) } }, t("driver.give_back.open"));

/** Why he cannot come; this is the second tap, and then it is somebody else's. */
export function giveBackSheet(_me, act) {
  const { giveBack: order } = act.page.sheet;
  return h(
    "section.sheet",
    {},
    h("p.lead", {}, t("driver.give_back.ask")),
    GIVEN_BACK_FOR.map((reason) => big("choice", t(`driver.give_back.${reason}`), () => act.giveBack(order, reason), { data: { reason } })),
    big("quiet", t("driver.offer.back"), () => act.open(null)),
  );
}

/** Ways out to a map of the phone's own, and to the one that the office has set. */
function go({ lat, lon, text }, map) {
  if (lat === null || lon === null) return null;
  const said = encodeURIComponent(text);
  const values = { lat, lon, text: said };
  const link = map.replace(/\{(lat|lon|text)\}/g, (_whole, name) => values[name]);
  return h(
    "p.out",
    {},
    h("a", { href: `geo:${lat},${lon}?q=${lat},${lon}(${said})` }, t("driver.trip.map")),
    link ? h("a", { href: link, rel: "noreferrer", target: "_blank" }, t("driver.trip.navigate")) : null,
  );
}

export function tripHand({ order }, act, sending) {
  const finishing = sending && act.queue.waiting.some((entry) => ENDS.has(entry.body.to));
  if (finishing) return big("go", t("driver.link.waiting"), null, { disabled: true });
  const [first, second] = sending ? order.next.slice(0, 1) : order.next;
  const press = (to) => {
    const car = stageOf(order, act.photos);
    if (car && to === car.due && !car.whole && !car.skipped) act.open({ car: car.stage, then: to });
    else if (to === "completed") act.open({ done: true });
    else act.step(order, to);
  };
  const say = (kind, to) => to && big(kind, t(`driver.step.${to}`), () => press(to), { data: { step: to } });
  const call = order.number && h("a.big.call", { href: `tel:${order.number}` }, t("driver.trip.call"));
  const nobody = !sending && order.no_show_at && big("quiet", "", () => act.open({ noShow: true }), { data: { opens: order.no_show_at } });
  return [h("div.also", {}, call, say("quiet", second)), nobody, say("go", first)];
}

const CALLED = [1, 2, 3, 5];

/** Nobody came out: what only the driver knows is asked, and then the order is over. */
export function noShowSheet({ order }, act) {
  const times = order.number ? CALLED : [0];
  return h(
    "section.sheet",
    {},
    h("p.lead", {}, t("driver.no_show.ask")),
    times.map((count) => big("choice", t("driver.no_show.times", { count }), () => act.noShow(order, count), { data: { called: count } })),
    big("quiet", t("driver.trip.not_yet"), () => act.open(null)),
  );
}

/** The one question that is asked: now money moves. */
export function doneSheet({ order }, act) {
  if (order.fare === null && order.is_collected) return paidSheet(order, act);
  const words = order.fee ? t("driver.trip.sure", { fee: money(order.fee, order.currency) }) : t("driver.trip.sure_free");
  return h(
    "section.sheet",
    {},
    pay(order),
    h("p.lead", {}, words),
    h(
      "div.pair",
      {},
      big("quiet", t("driver.trip.not_yet"), () => act.open(null)),
      big("go", t("driver.step.completed"), () => act.step(order, "completed"), { data: { step: "sure" } }),
    ),
  );
}

/** The fare was open: he says what he was paid. What is typed outlives whatever is drawn meanwhile. */
function paidSheet(order, act) {
  const { paid } = act.page;
  const told = () => parseMoney(field.value, order.currency) || null;
  const say = h("p.lead", { aria: { live: "polite" } });
  const go = big("go", t("driver.step.completed"), () => act.step(order, "completed", told()), { data: { step: "sure" } });
  const typed = () => {
    act.page.paid = { order: order.id, text: field.value };
    go.disabled = told() === null;
    say.textContent = told() === null ? t("driver.trip.paid_ask") : t("driver.trip.paid_sure", { fare: money(told(), order.currency) });
  };
  const field = h("input", {
    id: "paid", type: "text", inputMode: "numeric", maxLength: 12, autocomplete: "off", value: paid?.order === order.id ? paid.text : "", oninput: typed,
  });
  typed();
  return h(
    "section.sheet",
    {},
    pay(order),
    say,
    h("label.km", { htmlFor: "paid" }, t("driver.trip.paid"), field),
    h("div.pair", {}, big("quiet", t("driver.trip.not_yet"), () => act.open(null)), go),
  );
}
