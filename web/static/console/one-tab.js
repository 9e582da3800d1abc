/**
 * An operator may have several tabs open, and is to hear and be shown everything once: the tab that he touched last does it.
 * By localStorage, because plain http has no Web Locks; a tab that closes hands it on.
 */

const STORED = "callboard.heard_in";
const tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join("");
let ours = false;
let leaving = false;

export const isHeardHere = () => ours;

export function setUpTab(changed) {
  const claim = () => {
    if (ours || leaving) return;
    ours = true;
    localStorage.setItem(STORED, tab);
    changed();
  };
  claim();
  addEventListener("focus", claim);
  addEventListener("pointerdown", claim);
  document.addEventListener("visibilitychange", () => document.hidden || claim());
  addEventListener("pageshow", () => {
    leaving = false;
    claim();
  });
  addEventListener("pagehide", () => {
    leaving = true;
    if (ours) localStorage.removeItem(STORED);
    ours = false;
  });
  addEventListener("storage", (event) => {
    if (event.key !== STORED || event.newValue === tab) return;
    if (event.newValue === null) claim();
    else {
      ours = false;
      changed();
    }
  });
}
