/**
 * The keyboard, on one page. Function keys and Ctrl+Enter work everywhere; letters and digits only outside fields. No key
 * acts in the middle of a syllable: the field first gets what was being composed.
 */

import { tinykeys } from "tinykeys";
import { change, saveForm } from "./changes.js";
import { afterComposition, commitComposition } from "./compose.js";
import { show, startOrStop } from "./searches.js";
import { store } from "./store.js";
import { byHand, clear, hangUp, open, takeNext, takeTrip, testCall } from "./work.js";

const board = () => document.querySelector("order-board");
const drivers = () => document.querySelector("candidate-list");
const form = () => document.querySelector("order-form");
const search = () => document.querySelector("customer-search");
const sheet = () => document.querySelector("cheat-sheet");

const typing = (event) => event.target instanceof Element && event.target.matches("input, textarea, select, [contenteditable]");
const covered = () => Boolean(document.querySelector("dialog[open]"));

/** Works everywhere; what is being composed goes into its field first. */
const always = (act) => (event) => {
  if (covered()) return;
  event.preventDefault();
  if (event.repeat) return;
  // At once where nothing is composed: the next key may follow within the same millisecond.
  if (commitComposition()) setTimeout(act, 0);
  else act();
};

/** Works only where no text is typed. */
const outside = (act) => (event) => {
  if (typing(event) || covered() || event.repeat) return;
  event.preventDefault();
  act();
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
function page(event, step) {
  if (store.view === "drivers" || covered() || event.isComposing) return;
  event.preventDefault();
  drivers().page(step);
}

function another() {
  const done = form().done;
  if (done?.call) open(done.call);
  else byHand();
}

export function setUpKeys() {
  tinykeys(window, {
    F2: always(takeNext),
    "Shift+F2": always(hangUp),
    F4: always(() => change()),
    "Control+Slash": always(() => search().enter()),
    Slash: outside(() => search().enter()),
    F8: always(() => board().enter()),
    "Shift+F8": always(startOrStop),
    F9: always(() => show("why")),
    "Shift+F9": always(() => show("history")),
    PageDown: (event) => page(event, 1),
    PageUp: (event) => page(event, -1),
    "Control+Enter": (event) => {
      if (!covered()) afterComposition(event, saveForm);
    },
    "Control+z": undo,
    Delete: (event) => {
      const emptyNumber = event.target === drivers().field && !drivers().field.value;
      if ((typing(event) && !emptyNumber) || covered() || event.repeat) return;
      event.preventDefault();
      drivers().cancelOrNot();
    },
    Escape: escape,
    1: outside(() => takeTrip(0)),
    2: outside(() => takeTrip(1)),
    3: outside(() => takeTrip(2)),
    // By place on the keyboard: the same key whether it is set to Korean or to English.
    KeyN: outside(another),
    KeyT: outside(testCall),
    "Shift+?": (event) => !typing(event) && sheet().toggle(),
    "?": (event) => !typing(event) && sheet().toggle(),
  });
}
