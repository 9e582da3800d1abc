/**
 * How the console is for who sits at this browser: how densely it is set, whether single letters are keys, how long messages
 * stay, how it rings. Kept in this browser, as language and look are; a value that nobody offers (an older page's) is the usual one.
 */

const STORED = "callboard.settings";
const UNDO_MS = 8000;

/** What can be chosen; the first of each is the usual one. */
export const CHOICES = {
  density: ["normal", "compact", "roomy"],
  letters: ["on", "off"],
  stay: ["once", "thrice", "until_dismissed"],
  desktop: ["off", "on"],
  tone: ["phone", "chime", "low", "bright", "none"],
  volume: ["6", "0", "1", "2", "3", "4", "5", "7", "8", "9", "10"],
};
/** What has no list: a time of day, a loudspeaker's id; the usual is nothing. */
const FREE = { quiet_from: /^([01]\d|2[0-3]):[0-5]\d$/, quiet_until: /^([01]\d|2[0-3]):[0-5]\d$/, speaker: /^[^]{1,300}$/ };

const STAY = { once: 1, thrice: 3, until_dismissed: Infinity };
// An undo that waits for ever would never let the deed be done: ten times as long is what WCAG 2.2.1 asks for.
const UNDO = { once: 1, thrice: 3, until_dismissed: 10 };

const kept = {};
export const setting = (name) => kept[name] ?? CHOICES[name]?.[0] ?? "";

/** How long a message is shown that is otherwise shown for so many milliseconds; one that can be undone says so itself. */
export const stays = (milliseconds) => milliseconds * STAY[setting("stay")];

/** For how long something can be taken back: never less than 8 s. */
export const undoMs = () => UNDO_MS * UNDO[setting("stay")];

export const lettersAreKeys = () => setting("letters") === "on";

export function setUpSettings() {
  for (const [name, value] of Object.entries(read())) if (offered(name, value)) kept[name] = value;
  wear();
}

export function choose(name, value) {
  if (!offered(name, value)) return;
  kept[name] = value;
  localStorage.setItem(STORED, JSON.stringify(kept));
  wear();
}

const offered = (name, value) =>
  Object.hasOwn(CHOICES, name) ? CHOICES[name].includes(value) : Object.hasOwn(FREE, name) && (value === "" || FREE[name].test(value));

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}

/** What the stylesheet goes by. */
function wear() {
  document.documentElement.dataset.density = setting("density");
  document.documentElement.dataset.letters = setting("letters");
}
