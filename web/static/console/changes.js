/**
 * An order that is changed after it was taken. Who saves on top of what somebody else has saved meanwhile is shown both, side
 * by side, and decides field by field; what he typed stays until he has.
 */

import { Problem, request, Unreachable } from "./api.js";
import { changeKey, Draft, wordsOf } from "./drafts.js";
import { CHANGEABLE } from "./form-fields.js";
import { keyOf } from "./outbox.js";
import { store } from "./store.js";
import { t } from "./texts.js";
import { complain, drafts, goOn, save, select, tripOf } from "./work.js";

const form = () => document.querySelector("order-form");
const clash = () => document.querySelector("order-clash");

/** F4: the marked order into the form, as it was left when it was being changed before. */
export function change(orderId = store.selectedOrder) {
  const order = store.orders.get(orderId);
  if (!order || order.closed_at) {
    store.say({ text: t(order ? "notices.order_closed" : "notices.which_order") }, 4000);
    return;
  }
  const kept = drafts.get(changeKey(order.id));
  const draft = kept?.dirty ? kept : Draft.of(order);
  store.openCall = null;
  drafts.set(draft);
  form().show(draft);
  store.changed();
}

/** Ctrl+Enter, whatever stands in the form. */
export const saveForm = () => (form().draft?.editing ? saveChange(form().draft) : save());

async function saveChange(draft) {
  if (form().saving) return;
  if (form().lacks(draft)) return;
  if (draft.clash?.fields.some((each) => each.choice === null)) {
    store.say({ text: t("clash.undecided"), kind: "bad" }, 5000);
    clash().enter();
    return;
  }
  const body = draft.changes();
  if (Object.keys(body).length === 2 && body.fare_reason) delete body.fare_reason;
  if (Object.keys(body).length === 1) {
    leave(draft, draft.editing.order);
    store.say({ text: t("notices.nothing_changed") }, 4000);
    return;
  }
  const values = { ...draft.values };
  form().saving = true;
  const key = keyOf(draft, body); // sent again after a lost answer, it is not taken for somebody else's change
  drafts.keep();
  try {
    const order = await request("PATCH", `orders/${draft.editing.order}`, body, key);
    store.takeOrder(order, "order.changed");
    const more = draft.since(values, order);
    if (more) {
      goOn(draft, order, more);
      return;
    }
    leave(draft, order.id);
    const words = order.driver ? "notices.changed_tell_driver" : "notices.changed";
    store.say({ text: t(words, { trip: tripOf(order), number: order.driver?.number }), kind: "good" }, order.driver ? 15000 : 5000);
  } catch (error) {
    form().saving = false;
    await refused(draft, error);
  } finally {
    form().saving = false;
  }
}

function leave(draft, orderId) {
  drafts.drop(draft.key);
  if (form().draft !== draft) return;
  form().showSaved(orderId);
  select(orderId);
}

async function refused(draft, error) {
  if (error instanceof Unreachable) {
    store.say({ text: t("notices.not_changed"), kind: "bad" }, 15000);
  } else if (error instanceof Problem && error.code === "order_changed") {
    const order = await request("GET", `orders/${draft.editing.order}`).catch(complain);
    if (order) meet(draft, order, error.body);
  } else {
    if (error instanceof Problem) form().refused(draft, error);
    complain(error);
  }
}

/** The form has one field for the kind of payment and for who pays. */
const ofForm = (field) => (field === "credit_id" ? "payment" : field);
const first = ({ field }, index, all) => all.findIndex((each) => each.field === field) === index;

/** Put what others have changed beside what stands in the form. What only they have changed is taken from them. */
function meet(draft, order, { changes, details }) {
  store.takeOrder(order, "order.changed");
  const before = draft.clash?.before ?? draft.editing.state;
  const theirs = wordsOf(order);
  draft.clash = {
    before,
    after: order.state,
    fields: changes
      .map((each) => ({ ...each, field: ofForm(each.field) }))
      .filter(first)
      .filter(({ field }) => CHANGEABLE.includes(field) && draft.values[field] !== theirs[field])
      .map(({ field, mine, by, at }) => ({
        field,
        by,
        at,
        choice: mine ? null : "theirs",
        mine: { text: draft.values[field], place: draft.places[field] ?? null },
        theirs: { text: theirs[field], place: order[field]?.text ? order[field] : null },
      })),
  };
  draft.saw(order, details.version);
  for (const each of draft.clash.fields) if (each.choice) put(draft, each);
  drafts.keep();
  if (form().draft !== draft) return;
  clash().show(draft);
  clash().enter(); // a person has tried to save
}

/** Take what one of the two has in a field. */
export function decide(draft, each, choice) {
  each.choice = choice;
  put(draft, each);
  drafts.keep();
  form().requestUpdate();
}

/** Typing into a field of the clash decides it, too: for what is typed. */
export function typedOver(draft, name) {
  const each = draft.clash?.fields.find(({ field }) => field === name);
  if (!each) return;
  each.choice = "mine";
  each.mine = { text: draft.values[name], place: null };
  clash().requestUpdate();
}

function put(draft, each) {
  const { text, place } = each[each.choice];
  draft.values[each.field] = text;
  draft.touched[each.field] = true;
  if (each.field in draft.places) draft.places[each.field] = place;
  if (form().draft === draft) form().field(each.field).value = text;
}
