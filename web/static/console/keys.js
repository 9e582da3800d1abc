/**
 * The keyboard: each action of the list under its keys. Function keys and Ctrl+Enter work everywhere; letters and digits only
 * outside fields, and only while they are keys at all (settings.js). No key acts in the middle of a syllable: the field first gets what was being composed.
 */

import { tinykeys } from "tinykeys";
import { ACTIONS, allowed } from "./actions.js";
import { saveForm } from "./changes.js";
import { afterComposition, commitComposition } from "./compose.js";
import { lettersAreKeys } from "./settings.js";
import { store } from "./store.js";
import { act } from "./ticked.js";
import { clear } from "./work.js";

const board = () => document.querySelector("order-board");
const drivers = () => document.querySelector("candidate-list");
const form = () => document.querySelector("order-form");
const sheet = () => document.querySelector("cheat-sheet");

const typing = (event) => event.target instanceof Element && event.target.matches("input, textarea, select, [contenteditable]");
const covered = () => Boolean(document.querySelector("dialog[open]"));

/** Works everywhere; what is being composed goes into its field first. Under a dialog it is nobody's, the browser's least of all. */
const always = (run) => (event) => {
  event.preventDefault();
  if (covered()) return;
  if (event.repeat) return;
  // At once where nothing is composed: the next key may follow within the same millisecond.
  if (commitComposition()) setTimeout(run, 0);
  else run();
};

/** Works only where no text is typed, and where a person has not switched single letters off. */
const outside = (run) => (event) => {
  if (!lettersAreKeys() || typing(event) || covered() || event.repeat) return;
  event.preventDefault();
  run();
};

function escape(event) {
  if (covered() || event.isComposing || event.defaultPrevented) return;
  event.preventDefault();
  const field = drivers().field;
  if (document.activeElement === field) {
    if (field.value) drivers().put("");
    else if (form().draft) form().missing().focus();
    else field.blur();
    return;
  }
  if (board().contains(document.activeElement) && board().letGo()) return;
  if (form().done) form().show(null);
  clear();
}

function undo(event) {
  const inText = typing(event) && event.target.value !== "" && event.target.name === "note";
  if (!store.notice?.undo || inText) return;
  event.preventDefault();
  store.notice.undo();
}

/** What is read of an order is paged from wherever the operator is, text fields of more than a line excepted. */
function page(event) {
  if (store.view === "drivers" || covered() || event.isComposing) return;
  event.preventDefault();
  drivers().page(event.key === "PageDown" ? 1 : -1);
}

/** Not where text is taken away by it; an empty field of a driver's number has none. */
const deleting = (run) => (event) => {
  const emptyNumber = event.target === drivers().field && !drivers().field.value;
  if ((typing(event) && !emptyNumber) || covered() || event.repeat) return;
  event.preventDefault();
  run();
};

const OWN = {
  pages: page,
  save: (event) => {
    if (!covered()) afterComposition(event, saveForm);
  },
  undo,
  cancel: deleting(() => drivers().cancelOrNot()),
  release_ticked: deleting(() => act("release")),
  clear: escape,
  sheet: (event) => lettersAreKeys() && !typing(event) && (!covered() || sheet().isOpen) && sheet().toggle(),
};

export function setUpKeys() {
  const bound = {};
  for (const action of ACTIONS) {
    const run = () => {
      if (allowed(action)) action.run();
    };
    const handler = { always: always(run), outside: outside(run), own: OWN[action.name] }[action.where];
    for (const key of action.keys ?? []) bound[key] = handler;
  }
  tinykeys(window, bound);
}
