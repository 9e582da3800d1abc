/** The map as a page of its own: the same link, the same words, nothing but the map and its list. */

import "../console/alarm.js";
import { LiveLink } from "../console/live.js";
import { setUpLook } from "../console/look.js";
import { setUpPhone } from "../console/phone.js";
import { store } from "../console/store.js";
import { setUpTexts, t } from "../console/texts.js";
import "./desk-map.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
setUpTexts({ ...boot, locale: new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("callboard.locale") ?? boot.locale });
setUpPhone(boot.country);
setUpLook();
store.me = boot.me;

const link = new LiveLink(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`, {
  snapshot: (told) => store.snapshot(told),
  delta: (told) => store.delta(told),
  drivers: (told) => store.takeDrivers(told),
  up: (up) => {
    store.link = { up, since: performance.now() };
    store.changed();
  },
  refused: () => location.reload(),
});
store.watchDrivers = (on) => link.watch(on);

const home = document.querySelector("a.home");
home.firstChild.textContent = t("map.home");
document.querySelector("h1").textContent = t("pages.map");
document.title = `${t("pages.map")} · callboard`;
document.addEventListener("open-order", (event) => location.assign(`/#order-${event.detail}`));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) location.assign("/");
});
link.start();
document.querySelector("desk-map").enter();
