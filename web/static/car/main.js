/** The customer's page: the photos of his car, by a texted link that opens once, in this browser. */

import { request } from "../console/api.js";
import { clockTime, dayMonth, has, setUpTexts, t } from "../console/texts.js";
import { h } from "../driver/dom.js";

const TOLD = JSON.parse(document.getElementById("boot").textContent);
const OWN = Object.keys(TOLD.texts).find((tag) => navigator.language.startsWith(tag));
const BOOT = { ...TOLD, locale: OWN ?? TOLD.locale };

async function begin() {
  setUpTexts({ ...BOOT, timezone: null });
  const token = location.hash.slice(1);
  // Neither the address line nor the history keeps what lets in.
  if (token) history.replaceState(null, "", location.pathname);
  try {
    show(await (token ? request("POST", "car/open", { token }) : request("GET", "car")));
  } catch (error) {
    const key = `car.errors.${error.code}`;
    draw(h("h1", {}, t("car.title")), h("p.lead", { role: "alert" }, t(has(key) ? key : "car.errors.failed")));
    if (error.code === "unreachable" && token) retry(token);
  }
}

/** A lost connection uses no link up: the same one is tried again with a tap. */
function retry(token) {
  const again = () => {
    location.hash = token;
    location.reload();
  };
  document.getElementById("screen").append(h("button.big.go", { type: "button", onclick: again }, t("car.again")));
}

function show(car) {
  setUpTexts({ ...BOOT, timezone: car.timezone });
  const stages = ["before", "after"].filter((stage) => car[stage].photos.length || car[stage].km !== null || car[stage].skipped);
  draw(
    h("h1", {}, t("car.title")),
    h("p.quiet", {}, t("car.order", { office: car.office, id: car.order_id })),
    stages.map((stage) => stageOf(stage, car[stage])),
    stages.length ? null : h("p.lead", {}, t("car.none")),
  );
}

function stageOf(stage, { photos, km, skipped, cover }) {
  return h(
    "section",
    {},
    h("h2", {}, t(`car.${stage}`)),
    km === null ? null : h("p", {}, t("car.km", { km: km.toLocaleString() })),
    skipped ? h("p", {}, t("car.skipped", { reason: skipped })) : null,
    cover?.insurance_until ? h("p.cover", {}, coverWords(cover)) : null,
    photos.map(({ id, side, received_at }) => {
      const words = `${t(`car.side.${side}`)} · ${dayMonth(received_at)} ${clockTime(received_at)}`;
      return h("figure.photo", {}, h("img", { src: `/api/v1/car/photos/${id}`, alt: words, loading: "lazy" }), h("figcaption", {}, words));
    }),
  );
}

/** With which insurance he drove, and when that was written down. */
function coverWords({ insurance_number: number, insurance_until: until, at }) {
  const values = { number: number ?? "", until, at: `${dayMonth(at)} ${clockTime(at)}` };
  return t(number ? "car.cover" : "car.cover_until", values);
}

function draw(...parts) {
  document.getElementById("screen").replaceChildren(...parts.flat(2).filter(Boolean));
}

begin();
