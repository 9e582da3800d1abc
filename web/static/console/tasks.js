/** What is to be done for customers: how much of it is due, what of it is his who is on the card, and the way to the list. */

import { store } from "./store.js";
import { clockTime, day, locale, t } from "./texts.js";

const MOST = 99;

/** How many are due that are mine or anybody's, at most 99. */
export function dueTasks() {
  const ours = store.tasks.filter(({ operator_id: whose, due_at }) => (whose === null || whose === store.me?.id) && Date.parse(due_at) <= store.now());
  return Math.min(ours.length, MOST);
}

/** On the card of whoever calls. */
export const taskWords = (task) =>
  t("caller.task", { at: `${day(task.due_at)} ${clockTime(task.due_at)}`, by: task.by ?? t("caller.task_anybody"), text: task.text });

export const openTasks = () => location.assign(`/tasks?lang=${locale()}`);

/** The form of a new task: for the customer of the open card, else for whoever ordered the marked order. */
export function makeTask() {
  const customer = store.callInHand?.customer ?? document.querySelector("order-form")?.draft?.customer;
  const order = store.order?.customer ? store.order : null;
  const asked = customer ? `customer=${customer.id}` : order ? `order=${order.id}` : null;
  if (asked) location.assign(`/tasks?${asked}&lang=${locale()}`);
  else store.say({ text: t("notices.whose_task") }, 4000);
}
