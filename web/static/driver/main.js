/**
 * The driver's page: asks the server every few seconds how things stand, shows that, and sends what is pressed. Nothing is
 * decided here; what was pressed without a connection is shown as pressed, and the server's answer counts.
 */

import { newKey, Problem, request, Unreachable } from "../console/api.js";
import { has, locale, locales, setLocale, setUpTexts, t } from "../console/texts.js";
import { listenForFirstTouch } from "../tones.js";
import { ringForOffer, stayAwake } from "./alarm.js";
import { fill, h } from "./dom.js";
import { onceUp } from "./finger.js";
import { account, appealSheet, missed } from "./account.js";
import { carHand, carScreen } from "./car.js";
import { Photos } from "./photos.js";
import { Whereabouts } from "./place.js";
import { Queue } from "./queue.js";
import { declineSheet, doneSheet, dutyHand, dutyScreen, ENDS, enterHand, enterScreen, noShowSheet, offerHand, offerScreen, tripHand, tripScreen } from "./screens.js";

const BOOT = JSON.parse(document.getElementById("boot").textContent);
const LOCALE = "callboard.driver.locale";
const WAIT_S = 20;
const WAIT_PATIENCE_MS = 26_000;
const PAUSE_MS = { on: 300, off: 20_000, silent: 3_000 };
const TOLD_MS = 6_000;

const page = {
  me: null,
  known: false,
  linked: true,
  view: "now",
  sheet: null,
  said: null,
  asked: false,
  token: null,
  rows: { money: null, missed: null },
  late: 0,
  map: BOOT.map,
};
const box = (id) => document.getElementById(id);
const queue = new Queue({ answered, refused, changed: () => draw(), mustWait: photosFirst });
const photos = new Photos({ arrived: photoArrived, refused, changed: () => draw() });
const whereabouts = new Whereabouts(() => draw());
const seen = new Set();
let polling;
let turn = 0;

// --- what is done -------------------------------------------------------------------------------------------------------

const act = {
  page,
  queue,
  photos,
  whereabouts,
  now: () => Date.now() + page.late,
  show(view) {
    page.said = null;
    page.view = view;
    page.sheet = null;
    if (view !== "now") {
      load(view);
      poll();
    }
    draw();
  },
  open(sheet) {
    page.said = null;
    page.sheet = sheet;
    draw();
  },
  duty(on) {
    page.said = null;
    queue.add("duty", "driver/shift", { on });
  },
  accept: (offer) => queue.add("accept", `driver/offers/${offer.id}/accept`),
  decline(offer, reason) {
    page.sheet = null;
    queue.add("decline", `driver/offers/${offer.id}/decline`, { reason });
  },
  step(order, to) {
    page.said = null;
    page.sheet = null;
    if (to === "completed") page.finishing = order;
    queue.add("step", `driver/orders/${order.id}/step`, { to });
    draw();
  },
  noShow(order, called) {
    page.said = null;
    page.sheet = null;
    queue.add("step", `driver/orders/${order.id}/step`, { to: "no_show", called });
    draw();
  },
  /** The phone's camera, for one side of the car. The field outlives whatever is drawn meanwhile. */
  camera(order, stage, side) {
    const field = box("camera");
    field.onchange = () => {
      const [file] = field.files;
      if (file) photos.take(order.id, stage, side, file);
      field.value = "";
    };
    field.click();
  },
  odometer(order, stage, told) {
    const km = Number(told.replace(/\D/g, ""));
    if (!/\d/.test(told) || km === order.car[stage].km) return;
    queue.add("car", `driver/orders/${order.id}/car`, { stage, km });
  },
  skipCar(order, stage, skipped, then) {
    queue.add("car", `driver/orders/${order.id}/car`, { stage, skipped });
    act.afterCar(order, then);
  },
  /** The car was seen to: on to the step that it stood before. */
  afterCar(order, then) {
    if (then === "completed") act.open({ done: true });
    else if (then) act.step(order, then);
    else act.open(null);
  },
  appeal(against, reason) {
    page.sheet = null;
    queue.add("appeal", "driver/appeals", { ...against, reason });
  },
  more: () => load("money", page.rows.money.next),
  locate() {
    whereabouts.begin();
  },
  enter,
  askForLink,
  async leave() {
    await request("DELETE", "driver/session").catch(() => {});
    page.me = null;
    draw();
  },
  language() {
    const all = locales();
    const next = all[(all.indexOf(locale()) + 1) % all.length];
    localStorage.setItem(LOCALE, next);
    setLocale(next);
    page.said = null;
    draw(true);
  },
};

async function enter() {
  page.entering ??= newKey();
  try {
    const me = await request("POST", "driver/session", { token: page.token }, page.entering);
    page.token = page.entering = null;
    takeMe(me);
    queue.flush();
  } catch (error) {
    if (!(error instanceof Unreachable)) page.token = page.entering = null;
    say(sentence(error), "bad");
  }
  draw();
  poll();
}

async function askForLink(phone) {
  try {
    await request("POST", "driver/link", { phone });
    page.asked = true;
  } catch (error) {
    say(sentence(error), "bad");
  }
  draw();
}

async function load(view, cursor = null) {
  try {
    const path = view === "money" ? `driver/entries${cursor ? `?cursor=${cursor}` : ""}` : "driver/not-asked";
    const told = await request("GET", path);
    const before = cursor ? page.rows.money.items : [];
    const grades = view === "money" ? (page.rows.money?.grades ?? (await request("GET", "driver/grades")).items) : [];
    page.rows[view] = { items: [...before, ...told.items], next: told.next, grades };
  } catch (error) {
    if (error.status === 401) page.me = null;
    else say(sentence(error), "bad");
  }
  draw();
}

// --- what comes back ----------------------------------------------------------------------------------------------------

function answered(entry, body) {
  page.linked = true;
  if (body.now) {
    takeMe(body, true);
    poll();
  }
  if (entry.kind === "car") takeCar(entry.path, body);
  if (entry.kind === "accept") say(t("driver.told.accepted"), "good");
  if (entry.kind === "decline") say(t("driver.told.declined"));
  if (entry.kind === "step" && entry.body.to === "completed") sayDone(page.finishing);
  if (entry.kind === "step" && entry.body.to === "no_show") say(t("driver.no_show.told"), "good");
  if (entry.kind === "appeal") {
    say(t("driver.told.appealed"), "good");
    load(page.view);
  }
}

function takeCar(path, car) {
  const { me } = page;
  if (me?.order && path === `driver/orders/${me.order.id}/car`) page.me = { ...me, order: { ...me.order, car } };
}

function photoArrived(photo, car) {
  page.linked = true;
  takeCar(`driver/orders/${photo.order}/car`, car);
  queue.flush();
}

/** Where the trade requires photos, a step waits until the server has those that were taken. */
function photosFirst(entry) {
  return entry.kind === "step" && photos.waiting.some((photo) => photo.driver === entry.driver && entry.path === `driver/orders/${photo.order}/step`) && page.me?.order?.car?.asked === "required";
}

function sayDone(order) {
  if (order?.fee) say(t("driver.told.charged", { fee: moneyOf(order.fee, order.currency) }), "good");
  else say(t("driver.told.done"), "good");
}

const moneyOf = (amount, currency) => (has(`money.${currency}`) ? t(`money.${currency}`, { amount: amount.toLocaleString() }) : String(amount));

function refused(entry, problem) {
  if (problem.status === 401) page.me = null;
  else say(sentence(problem), "bad");
  poll();
}

function takeMe(me, asked = false) {
  if (page.me && me.now < page.me.now && me.id === page.me.id) return;
  const first = !page.known || page.me?.id !== me.id;
  page.known = true;
  page.late = Date.parse(me.now) - Date.now();
  page.linked = true;
  if (first) {
    queue.belongTo(me.id);
    photos.belongTo(me.id);
    setUpTexts({ ...BOOT, locale: localStorage.getItem(LOCALE) ?? me.language, currency: me.currency, timezone: me.timezone });
  }
  if (me.offers.some((offer) => !seen.has(offer.id))) {
    if (page.view !== "now") act.show("now");
    ringForOffer();
  }
  for (const offer of me.offers) seen.add(offer.id);
  if (!asked) tellOfOrder(page.me, me);
  if (page.sheet?.offer && !me.offers.some((offer) => offer.id === page.sheet.offer.id)) page.sheet = null;
  page.me = me;
  whereabouts.follow(me.state !== "off");
  stayAwake(me.state !== "off");
}

/** What the office did with him, and he did not: an order that came, and one that went. */
function tellOfOrder(before, after) {
  if (before?.id !== after.id || before.order?.id === after.order?.id || queue.waiting.length) return;
  if (after.order) {
    ringForOffer();
    say(t("driver.told.accepted"), "good");
  } else say(t("driver.told.gone"), "bad");
}

/** Ask how things stand, now; then again and again, each time answered when something is new. The newest asker counts. */
async function poll(wait = 0) {
  clearTimeout(polling);
  turn += 1;
  const mine = turn;
  if (page.me || !page.known) {
    const path = wait && page.me ? `driver/me?seen=${page.me.version}&wait=${wait}` : "driver/me";
    const told = await request("GET", path, undefined, undefined, wait ? WAIT_PATIENCE_MS : undefined).catch((error) => error);
    if (mine !== turn) return;
    if (told instanceof Error) {
      page.known = page.known || told.status === 401;
      if (told.status === 401) page.me = null;
      page.linked = told instanceof Problem;
    } else {
      takeMe(told);
      queue.flush();
      photos.flush();
    }
    draw();
  }
  const on = page.me && page.me.state !== "off";
  polling = setTimeout(() => poll(on && page.linked ? WAIT_S : 0), !page.linked ? PAUSE_MS.silent : on ? PAUSE_MS.on : PAUSE_MS.off);
}

/** What happened, and what to do, in one sentence. */
function sentence(error) {
  const details = error.body?.details ?? {};
  let code = error.code ?? "failed";
  if (code === "offer_gone" && details.driver_number) code = "offer_taken";
  if (code === "not_yours" && details.driver_number) code = "not_yours_taken";
  return t(has(`driver.errors.${code}`) ? `driver.errors.${code}` : "driver.errors.failed", details);
}

function say(text, kind = "") {
  page.said = { text, kind };
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    page.said = null;
    draw();
  }, TOLD_MS);
  draw();
}

// --- what is shown ------------------------------------------------------------------------------------------------------

/** As the server told it, with what was pressed since and is still on its way. */
function shown() {
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

const draw = (anew = false) => onceUp(() => drawNow(anew));

function drawNow(anew) {
  const me = shown();
  if (page.sheet?.car && me?.order?.car.stage !== page.sheet.car) page.sheet = null;
  const sending = queue.waiting.length > 0;
  const words = [locale(), anew ? newKey() : ""];
  document.title = t("driver.title");
  fill(box("top"), [words, me?.number, me?.name, me?.office, me?.state, page.known], () => top(me));
  banner(sending);
  told();
  const parts = whatToShow(me);
  const { now: _now, located_at: _at, ...steady } = me ?? {};
  const pictures = photos.waiting.map((one) => one.id);
  fill(box("screen"), [words, parts.name, steady, whereabouts.state, page.asked, page.token, page.rows, page.sheet, pictures], () => parts.screen(me, act));
  // Nothing that is pushed takes the field away from under a finger that types.
  const pressed = parts.name === "car" ? [me.order.id] : [steady, sending, queue.busy, pictures];
  fill(box("hand"), [words, parts.name, page.sheet, page.view, page.token, pressed], () => [
    ...[parts.hand(me, act, sending)].flat(),
    me ? tabs() : null,
  ]);
  document.body.dataset.screen = parts.name;
  tick();
}

function whatToShow(me) {
  if (!page.known) return { name: "waiting", screen: () => h("p.quiet", {}, t("driver.link.slow")), hand: () => [] };
  if (!me || page.token) return { name: "enter", screen: enterScreen, hand: enterHand };
  if (page.sheet?.against) return { name: `appeal ${page.view}`, screen: page.view === "money" ? account : missed, hand: appealSheet };
  if (page.view === "money") return { name: "money", screen: account, hand: () => [] };
  if (page.view === "missed") return { name: "missed", screen: missed, hand: () => [] };
  if (me.order && page.sheet?.car) return { name: "car", screen: carScreen, hand: carHand };
  // What is offered while he drives is his next order, and waits for seconds only: it comes first.
  if (me.order && me.offers.length) return { name: "offer", screen: offerScreen, hand: page.sheet?.offer ? declineSheet : offerHand };
  if (me.order) return { name: "trip", screen: tripScreen, hand: page.sheet?.done ? doneSheet : page.sheet?.noShow ? noShowSheet : tripHand };
  if (me.offers.length) return { name: "offer", screen: offerScreen, hand: page.sheet?.offer ? declineSheet : offerHand };
  return { name: "duty", screen: dutyScreen, hand: dutyHand };
}

function top(me) {
  return [
    h("p.who", {}, me ? [h("b", {}, me.number), ` ${me.name}`] : t("driver.title"), me ? h("small", {}, me.office) : null),
    h("button.other", { type: "button", onclick: act.language, lang: locale() === "ko" ? "en" : "ko" }, t("driver.other_language")),
    // Only off duty: a slip of the thumb in the middle of a night would cost a text message.
    me?.state === "off" ? h("button.other", { type: "button", onclick: act.leave }, t("driver.enter.leave")) : null,
  ];
}

function tabs() {
  const one = (view, mark) =>
    h(
      "button",
      { type: "button", data: { view }, aria: page.view === view ? { current: "page" } : {}, onclick: () => act.show(view) },
      t(`driver.tabs.${view}`),
      mark ? h("i.mark", {}, mark) : null,
    );
  return h("nav", { aria: { label: t("driver.tabs.label") } }, one("now", page.view !== "now" && page.me.offers.length), one("money"), one("missed"));
}

function banner(sending) {
  const stale = page.known && !page.me && queue.waiting.length > 0;
  const text = stale ? t("driver.enter.stale") : !page.linked || (sending && queue.silences) ? t("driver.link.offline") : "";
  box("banner").hidden = !text;
  if (box("banner").textContent !== text) box("banner").textContent = text;
}

function told() {
  const place = box("told");
  place.hidden = !page.said;
  place.className = `told ${page.said?.kind ?? ""}`;
  if (place.textContent !== (page.said?.text ?? "")) place.textContent = page.said?.text ?? "";
}

/** Clocks run by themselves: nothing is drawn anew for a second that passed. */
function tick() {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Date.parse(clock.dataset.until) - act.now());
    const whole = Date.parse(clock.dataset.until) - Date.parse(clock.dataset.since);
    clock.querySelector("b").textContent = t("driver.offer.seconds", { seconds: Math.ceil(left / 1000) });
    clock.querySelector("i").style.transform = `scaleX(${Math.min(1, left / whole)})`;
    clock.classList.toggle("soon", left < 5_000);
    if (left === 0 && page.me?.offers.length) {
      page.me.offers = page.me.offers.filter((offer) => Date.parse(offer.expires_at) > act.now());
      if (page.sheet?.offer) page.sheet = null;
      draw();
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

// --- begin --------------------------------------------------------------------------------------------------------------

function readLink() {
  const token = location.hash.slice(1);
  if (!/^[A-Za-z0-9]{10,64}$/.test(token)) return;
  page.token = token;
  page.entering = null;
  // Neither the address line nor the history keeps what lets in.
  history.replaceState(null, "", location.pathname);
  draw();
}

setUpTexts({ ...BOOT, locale: localStorage.getItem(LOCALE) ?? BOOT.locale });
listenForFirstTouch("pointerdown");
readLink();
addEventListener("hashchange", readLink);
addEventListener("online", () => {
  queue.flush();
  photos.flush();
  poll();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake(page.me && page.me.state !== "off");
  queue.flush();
  photos.flush();
  poll();
});
setInterval(tick, 250);
draw();
poll();
