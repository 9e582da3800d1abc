/** Ask the caller where he is by a link in a text, and say so when he has shown it. */

import { speak } from "./alarm.js";
import { request, sentence, Unreachable } from "./api.js";
import { store } from "./store.js";
import { distance, t } from "./texts.js";
import { select, tripOf } from "./work.js";

const seen = new Map(); // order: since when its origin is known so

/** Shift F4: text the caller of the marked order a link. */
export async function sendPlaceLink() {
  const order = store.order;
  if (!order || order.closed_at) {
    store.say({ text: t("notices.which_order") }, 4000);
    return;
  }
  try {
    await request("POST", `orders/${order.id}/place-link`, {});
    store.say({ text: t("notices.place_link_sent"), kind: "good" }, 6000);
    select(order.id);
  } catch (error) {
    store.say({ text: error instanceof Unreachable ? t("errors.server_error") : sentence(error), kind: "bad" });
  }
}

/** Called after every piece of news. What was shown before the page was opened is not told again. */
export function tellShown(first) {
  for (const order of store.orders.values()) {
    const { source, at, accuracy_m } = order.origin;
    const before = seen.get(order.id);
    seen.set(order.id, at);
    if (first || source !== "link" || order.closed_at || before === at || before === undefined) continue;
    const text = t("notices.place_shown", { trip: tripOf(order), accuracy: distance(accuracy_m) });
    speak(text);
    store.say({ text, kind: "good" }, 8000);
  }
}
