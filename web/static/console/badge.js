/** What a tab in the background shows: how many wait, in its title and on its icon, and a sign when an order needs somebody. */

import { store } from "./store.js";

const MOST = 9;
const icon = document.querySelector("link[rel=icon]");
const plain = icon.href;
let drawn = "";

/** As icon.svg, with the count in a disc over it: white on red is read at 16 pixels, on a dark browser and on a bright one. */
const picture = (words) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#16191d"/>` +
  `<rect x="4" y="6" width="4" height="20" rx="2" fill="#ffa94d"/><circle cx="20" cy="16" r="12" fill="#b3202c"/>` +
  `<text x="20" y="22.5" font-family="sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="#fff">${words}</text></svg>`;

export function badge() {
  const waiting = store.waiting.length;
  const alarmed = store.needing.length > 0;
  document.title = (alarmed ? "⚠ " : "") + (waiting ? `(${waiting}) callboard` : "callboard");
  const words = waiting ? (waiting > MOST ? `${MOST}+` : String(waiting)) : alarmed ? "!" : "";
  if (words === drawn) return;
  drawn = words;
  icon.href = words ? `data:image/svg+xml,${encodeURIComponent(picture(words))}` : plain;
}
