/** One action in words beside its key; where single letters are no keys, beside the way that is left. */

import { html } from "lit";
import { ACTIONS, byLetter } from "./actions.js";
import { lettersAreKeys, undoMs } from "./settings.js";
import { t } from "./texts.js";

/** @param {string} name of an action; `search` has a second key, which stays */
export function keyLine(name) {
  const does = t(`keys.${name}.does`, { seconds: undoMs() / 1000 });
  if (lettersAreKeys()) return line(t(`keys.${name}.key`), does);
  if (name === "search") return line("Ctrl /", t("keys.search.everywhere"));
  const gone = byLetter(ACTIONS.find((action) => action.name === name));
  return gone ? line(t("keys.palette.key"), t("keys.by_menu", { does })) : line(t(`keys.${name}.key`), does);
}

const line = (key, does) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`;
