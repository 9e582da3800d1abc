/** The money pages: a key for every link and button that shows one, the printer, and the eye on what was refused. */

import { setUpLook } from "./console/look.js";

setUpLook();

const field = (target) => target instanceof Element && target.matches("input, select, textarea");
/** Nothing is typed into a tick: keys do there what they do elsewhere. */
const typing = (target) => field(target) && target.type !== "checkbox";

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (field(event.target) && event.key === "Escape") event.target.blur();
  else if (!typing(event.target)) press(event);
});

function press(event) {
  // By place where the layout types Hangul: the key that says R types ㄱ there.
  const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
  const meant = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && reachable(one));
  if (!meant) return;
  event.preventDefault();
  if (meant.matches("summary")) openAndEnter(meant);
  else if (meant.matches("select, [data-enter]")) meant.focus();
  else meant.click();
}

/** What lies in a box that is closed is not to be seen, and a key does not press it. */
function reachable(one) {
  const within = one.matches("summary") ? one.parentElement.parentElement : one;
  return !within.closest("details:not([open])");
}

function openAndEnter(summary) {
  const box = summary.parentElement;
  box.open = !box.open;
  (box.open ? box.querySelector("input:not([type=hidden]), textarea, button") : summary)?.focus();
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
document.querySelector("[data-focus]")?.focus();
