/**
 * Keys and Hangul. While a syllable is being composed, a key belongs to the input method, so we act when the syllable is
 * complete, and once: some systems send the same Enter a second time after the composition has ended.
 */

let composing = false;
let pending = null;
let swallowUntil = 0;
let left = null;

const ECHO_MS = 250;

export function watchComposition() {
  document.addEventListener("compositionstart", () => {
    composing = true;
    pending = null;
  });
  document.addEventListener("compositionend", () => {
    composing = false;
    const act = pending;
    pending = null;
    if (!act) return;
    swallowUntil = performance.now() + ECHO_MS;
    // The field receives the syllable's last `input` event after this one.
    setTimeout(act, 0);
  });
  document.addEventListener("focusin", () => {
    left = null;
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === "Enter") swallowUntil = 0;
  });
}

/** Run `act` for this key press: now, or when the syllable in hand is complete. */
export function afterComposition(event, act) {
  if (composing || event.isComposing || event.keyCode === 229) {
    pending = act;
    return;
  }
  event.preventDefault();
  if (event.key === "Enter" && performance.now() < swallowUntil) return;
  act();
}

/** Leave a field in which a syllable is in hand; it then gets it before anything else happens. Returns whether one was. */
export function commitComposition() {
  if (!composing) return false;
  pending = null;
  const field = document.activeElement;
  field?.blur();
  left = field;
  return true;
}

/** Where somebody is: what has the focus, or the field that it was just taken from to complete a syllable. */
export const whereabouts = () => (left?.isConnected ? left : document.activeElement);
