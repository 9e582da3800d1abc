/** A driver's licence or insurance that runs out within a month, said wherever he is shown or about to be chosen. */

import { html, nothing } from "lit";
import * as icons from "./icons.js";
import { store } from "./store.js";
import { t, today } from "./texts.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many days are left of the day `until`, by the office's calendar; 0 on its last day. */
const daysLeft = (until) => Math.round((Date.parse(until) - Date.parse(today(store.now()))) / DAY_MS);

function words({ paper, until }) {
  const left = daysLeft(until);
  const when = left < 0 ? t("papers.out") : left === 0 ? t("papers.today") : t("papers.left", { count: left });
  return `${t(`papers.${paper}`)} ${when}`;
}

export function papersOf(driver) {
  if (!driver?.papers?.length) return nothing;
  return html`<span class="papers">${icons.warn} ${driver.papers.map(words).join(" · ")}</span>`;
}
