/**
 * The screen on the wall: figures of this second, asked for once a second for ever. It comes back from a lost link, a restart and
 * an upgrade by itself, keeps the screen awake where the browser can, and moves by some pixels each minute, so that nothing burns
 * in. The address's token stands behind the `#` and goes to nobody but the server.
 */

const ASK_EVERY_MS = 1000;
const PATIENCE_MS = 5000;
const LONGEST_PAUSE_MS = 8000;
const GONE_PAUSE_MS = 30_000;
const LATE_S = 20; // of a caller who waits: the usual promise is four of five within it
const SHIFTS = [[0, 0], [6, 3], [3, 8], [-4, 6], [-8, 1], [-5, -5], [1, -8], [7, -4]];
const MINUTE_MS = 60_000;

const { words, locale } = JSON.parse(document.getElementById("boot").textContent);
const at = (id) => document.getElementById(id);
const said = at("said");
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

let started = null;
let last = null;
let clock = null; // the office's, whatever the television thinks
let failures = 0;

const token = () => location.hash.slice(1);

async function ask() {
  const answer = await fetch("/api/v1/wall", {
    headers: { Accept: "application/json", "Wall-Token": token() },
    signal: AbortSignal.timeout(PATIENCE_MS),
    credentials: "omit",
    cache: "no-store",
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function go() {
  let pause = ASK_EVERY_MS;
  try {
    const told = token() ? await ask() : null;
    failures = 0;
    if (told === null) {
      say("gone");
      pause = GONE_PAUSE_MS;
    } else {
      if (started !== null && started !== told.started) location.reload();
      started = told.started;
      show(told);
    }
  } catch {
    failures += 1;
    if (failures > 2) say("lost");
    pause = Math.min(LONGEST_PAUSE_MS, ASK_EVERY_MS * 2 ** Math.min(failures, 3)) * (0.5 + Math.random() / 2);
  }
  setTimeout(go, Math.max(ASK_EVERY_MS, pause));
}

function say(what) {
  const since = last ? clock.format(Date.parse(last.at)) : "";
  const text = words[what === "lost" && !since ? "lost_before" : what].replace("{time}", since);
  if (said.textContent !== text) said.textContent = text;
  document.body.classList.add("away");
  if (what === "gone") for (const each of document.querySelectorAll("dd b")) each.textContent = "–";
}

function show(told) {
  last = told;
  clock ??= new Intl.DateTimeFormat(locale, { ...CLOCK, timeZone: told.timezone });
  said.textContent = "";
  document.body.classList.remove("away");
  document.querySelector("h1").textContent = told.office;
  const now = Date.parse(told.at);
  at("clock").textContent = clock.format(now);
  const longest = told.waiting_since ? Math.max(0, Math.round((now - Date.parse(told.waiting_since)) / 1000)) : null;
  put("waiting", told.waiting, told.waiting > 0 ? "rings" : "");
  put("longest", longest === null ? "–" : duration(longest), longest !== null && longest >= LATE_S ? "late" : "");
  put("unassigned", told.unassigned, told.unassigned > 0 ? "late" : "");
  put("promises", told.promises, told.promises > 0 ? "late" : "");
  put("free", told.free, told.free === 0 ? "late" : "");
  put("on_duty", told.on_duty);
  put("talking", told.talking);
  put("dispatched", told.dispatched_s === null ? "–" : duration(told.dispatched_s));
  for (const [name, count] of Object.entries(told.today)) put(name, count);
  states(told.orders);
}

/** A figure that wants somebody says so by a sign, too, and not by its colour alone. */
function put(id, value, kind = "") {
  const tile = at(id);
  tile.dataset.kind = kind;
  tile.querySelector("b").textContent = String(value);
  const sign = tile.querySelector("dt i");
  if (sign) sign.textContent = kind === "late" ? "⚠ " : "";
}

function states(orders) {
  const rows = Object.entries(orders).map(([state, count]) => {
    const row = document.createElement("div");
    const name = row.appendChild(document.createElement("dt"));
    name.textContent = words[`state.${state}`] ?? state;
    row.appendChild(document.createElement("dd")).append(Object.assign(document.createElement("b"), { textContent: String(count) }));
    return row;
  });
  at("orders").replaceChildren(...rows);
}

const two = (number) => String(number).padStart(2, "0");
const duration = (seconds) => `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;

/** A few pixels each minute, in a circle. */
function shift() {
  const [x, y] = SHIFTS[Math.floor(Date.now() / MINUTE_MS) % SHIFTS.length];
  document.querySelector("main").style.translate = `${x}px ${y}px`;
}

async function stayAwake() {
  if (document.hidden) return;
  await navigator.wakeLock?.request("screen").catch(() => null);
}

document.addEventListener("visibilitychange", stayAwake);
addEventListener("hashchange", () => location.reload());
setInterval(shift, MINUTE_MS);
shift();
stayAwake();
go();
