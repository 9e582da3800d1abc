/**
 * The driver's page: asks the server every few seconds how things stand, shows that, and sends what is pressed. Nothing is
 * decided here; what was pressed without a connection is shown as pressed, and the server's answer counts.
 */

import { newKey, Problem, request, Unreachable } from "../console/api.js";
import { has, locale, locales, setLocale, setUpTexts, t } from "../console/texts.js";
import { listenForFirstTouch } from "../tones.js";
import { ringForOffer, stayAwake } from "./alarm.js";
import { onceUp } from "./finger.js";
import { paint, tick } from "./paint.js";
import { Photos } from "./photos.js";
import { Whereabouts } from "./place.js";
import { Queue } from "./queue.js";

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
const draw = (anew = false) => onceUp(() => paint(act, anew));
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
  draw,
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
  step(order, to, fare = null) {
    page.said = null;
    page.sheet = null;
    if (to === "completed") page.finishing = order;
    queue.add("step", `driver/orders/${order.id}/step`, fare === null ? { to } : { to, fare });
    draw();
  },
  noShow(order, called) {
    page.said = null;
    page.sheet = null;
    queue.add("step", `driver/orders/${order.id}/step`, { to: "no_show", called });
    draw();
  },
  giveBack(order, reason) {
    page.said = null;
    page.sheet = null;
    queue.add("give_back", `driver/orders/${order}/give-back`, { reason });
    draw();
  },
  /** The phone's camera, for one side of the car. The field outlives whatever is drawn meanwhile. */
  camera(order, stage, side) {
    const field = document.getElementById("camera");
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
  month: (month) => load("money", month),
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

/** The account of a month (the present one, or the one that is open), or the orders that he was not asked for. */
async function load(view, month = page.rows.money?.month) {
  try {
    if (view === "money") {
      const told = await request("GET", `driver/statement${month ? `?month=${month}` : ""}`);
      page.rows.money = { ...told, grades: page.rows.money?.grades ?? (await request("GET", "driver/grades")).items };
    } else page.rows[view] = await request("GET", "driver/not-asked");
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
  if (entry.kind === "give_back") say(t("driver.give_back.told"), "good");
  if (entry.kind === "appeal") {
    say(t("driver.told.appealed"), "good");
    if (page.rows.money) page.rows.money.grades = null;
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
setInterval(() => tick(act), 250);
draw();
poll();
