/** The customer's car before the key changes hands, and after: four photos and the odometer, or why there are none. */

import { t } from "../console/texts.js";
import { h } from "./dom.js";

export const SIDES = ["front", "rear", "left", "right"];
const SKIPPED_FOR = ["rain", "dark", "customer", "camera"];

const big = (kind, label, onclick, more = {}) => h(`button.big.${kind}`, { type: "button", onclick, ...more }, label);

/** The stage that is asked for now, with what the phone still has. Null: this trade asks for none. */
export function stageOf(order, photos) {
  const { car } = order;
  if (!car || car.asked === "none" || !car.stage) return null;
  const stage = order.stage ?? car.stage;
  const waiting = photos.of(order.id, stage);
  const there = new Set(car[stage].photos.map((photo) => photo.side));
  const sides = SIDES.map((side) => ({ side, state: waiting.has(side) ? "waiting" : there.has(side) ? "sent" : "none" }));
  const taken = sides.filter((one) => one.state !== "none").length;
  const waits = sides.filter((one) => one.state === "waiting").length;
  return { stage, sides, taken, waits, whole: taken === SIDES.length, km: car[stage].km, skipped: car[stage].skipped, due: car.due };
}

/** On the trip's screen: how far it is, and the way to it. */
export function carCard(order, act) {
  const now = stageOf(order, act.photos);
  if (!now) return null;
  const words = now.skipped && !now.whole ? t("driver.car.skipped", { reason: now.skipped }) : now.waits ? t("driver.car.waiting", { count: now.waits }) : "";
  return h(
    "button.card.car",
    { type: "button", onclick: () => act.open({ car: now.stage }), data: { car: now.stage, whole: now.whole } },
    h("strong", {}, t(`driver.car.${now.stage}`)),
    h("span.count", {}, t("driver.car.count", { count: now.taken })),
    words ? h("small", {}, words) : null,
  );
}

export function carScreen({ order }, act) {
  const now = stageOf({ ...order, stage: act.page.sheet.car }, act.photos);
  return [
    h("h1", {}, t(`driver.car.${now.stage}`)),
    h("p.lead", {}, t(`driver.car.${now.stage}_hint`)),
    h("div.sides", {}, now.sides.map((one) => tile(order, now.stage, one, act))),
    now.waits ? h("p.quiet", {}, t("driver.car.waiting", { count: now.waits })) : null,
  ];
}

function tile(order, stage, { side, state }, act) {
  const thumb = act.photos.thumb(order.id, stage, side);
  return h(
    "button.side",
    { type: "button", onclick: () => act.camera(order, stage, side), data: { side, state } },
    thumb ? h("img", { src: thumb, alt: "" }) : null,
    h("b", {}, t(`driver.car.side.${side}`)),
    h("small", {}, t(`driver.car.state.${state}`)),
  );
}

export function carHand({ order }, act) {
  const { car: stage, without, then } = act.page.sheet;
  const now = stageOf({ ...order, stage }, act.photos);
  if (without) return withoutSheet(order, stage, then, act);
  const field = h("input", {
    id: "km", type: "text", inputMode: "numeric", pattern: "[0-9]*", maxLength: 7, autocomplete: "off", value: now.km ?? "",
    onchange: (event) => act.odometer(order, stage, event.target.value),
  });
  const go = () => {
    act.odometer(order, stage, field.value);
    if (then && !stageOf({ ...order, stage }, act.photos).whole && !now.skipped) act.open({ car: stage, without: true, then });
    else act.afterCar(order, then);
  };
  return [
    h("label.km", { htmlFor: "km" }, t("driver.car.km"), field),
    h(
      "div.pair",
      {},
      big("quiet", t("driver.car.back"), () => act.open(null)),
      big("go", then ? t(`driver.step.${then}`) : t("driver.car.done"), go, { data: { car: "done" } }),
    ),
  ];
}

/** Without all four: why, in one tap. It is written down, and the customer and the office can read it. */
function withoutSheet(order, stage, then, act) {
  return h(
    "section.sheet",
    {},
    h("h2", {}, t("driver.car.why")),
    SKIPPED_FOR.map((why) => big("choice", t(`driver.car.skip.${why}`), () => act.skipCar(order, stage, t(`driver.car.skip.${why}`), then), { data: { skip: why } })),
    big("quiet", t("driver.car.take"), () => act.open({ car: stage, then })),
  );
}
