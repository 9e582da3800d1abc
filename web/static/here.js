/**
 * A caller shows where he is. Nothing is asked of the telephone before its owner presses the button, and nothing is followed:
 * one place, sent once. The link's token stands behind the `#`, so that no server on the way is told it.
 */

import { newKey, Problem, request } from "./console/api.js";
import { setUpTexts, t } from "./console/texts.js";

const BOOT = JSON.parse(document.getElementById("boot").textContent);
const PATIENCE_MS = 20_000;
const LOOK = { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 0 };
const GOOD_ENOUGH_M = 100;
const BETTER_WITHIN_MS = 6_000;

const box = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const key = newKey();

setUpTexts({ ...BOOT, currency: "KRW", timezone: null });
// The other language keeps the link.
box("other").hash = location.hash;

const say = (name, values) => (box("told").textContent = t(`here.${name}`, values));

function ready() {
  const able = "geolocation" in navigator && isSecureContext;
  if (!token) say("no_link");
  else if (!able) say("none");
  else {
    box("send").disabled = false;
    box("send").focus();
    box("send").addEventListener("click", send);
  }
}

/** The first place that is good enough, or the best one of a few seconds: satellites need a moment. */
function whereabouts() {
  return new Promise((resolve, reject) => {
    let best = null;
    let late = false;
    const settle = (error) => {
      if (!best && !error) return;
      navigator.geolocation.clearWatch(watch);
      clearTimeout(patience);
      if (best) resolve(best);
      else reject(error);
    };
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (!best || coords.accuracy < best.accuracy) best = coords;
        if (late || best.accuracy <= GOOD_ENOUGH_M) settle();
      },
      settle,
      LOOK,
    );
    const patience = setTimeout(() => {
      late = true;
      settle();
    }, BETTER_WITHIN_MS);
  });
}

async function send() {
  box("send").disabled = true;
  say("looking");
  let coords;
  try {
    coords = await whereabouts();
  } catch (error) {
    say(error.code === 1 ? "refused" : "not_found");
    box("send").disabled = false;
    return;
  }
  say("sending");
  try {
    const body = { token, lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy };
    const told = await request("POST", "here", body, key, PATIENCE_MS);
    const values = { area: told.area ?? "", accuracy: Math.max(10, Math.ceil(told.accuracy_m / 10) * 10) };
    say(told.taken ? (told.area ? "done" : "done_unnamed") : "too_wide", values);
    box("send").hidden = box("what").hidden = true;
  } catch (error) {
    const over = error instanceof Problem && error.status === 401;
    say(over ? "over" : error instanceof Problem && error.status === 429 ? "slowly" : "again");
    if (over) box("send").hidden = true;
    else box("send").disabled = false;
  }
}

ready();
