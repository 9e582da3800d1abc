/** How an order is paid and what its driver must be able to do: as it stands in the form's fields, in a request, and in words. */

import { t } from "./texts.js";

export const KINDS = ["cash", "card", "transfer"];

export const onAccount = (id) => `account:${id}`;

/** The account in a field's value; null where it is paid otherwise. */
export const accountOf = (value) => (value.startsWith("account:") ? Number(value.slice("account:".length)) : null);

export const paymentField = (order) => (order.payment === "account" && order.credit ? onAccount(order.credit.id) : (order.payment ?? "cash"));

export const wantsField = (order) => (order.wants ?? []).join(" ");

/** What the server is told of a payment. */
export function paymentBody(value) {
  const id = accountOf(value);
  return id === null ? { payment: value, credit_id: null } : { payment: "account", credit_id: id };
}

export const wantsBody = (value) => value.split(" ").filter(Boolean);

export const wantsWords = (skills) => skills.map((skill) => t(`skill.${skill}`)).join(", ");

export function paymentWords({ payment, credit, cost_centre: centre }) {
  if (payment !== "account") return t(`payment.${payment ?? "cash"}`);
  return [t("payment.on", { name: credit?.name ?? "" }), centre].filter(Boolean).join(" · ");
}

/** What is unusual about an order, in one line: not paid in cash, or not for every driver. */
export function termsOf(order) {
  const told = [];
  if (order.payment && order.payment !== "cash") told.push(paymentWords(order));
  if (order.wants?.length) told.push(wantsWords(order.wants));
  return told.join(" · ");
}

/** A value of the form in words, where it is not written as it is read. */
export function fieldWords(name, value, order) {
  if (name === "wants") return wantsWords(wantsBody(value));
  if (name !== "payment") return value;
  const id = accountOf(value);
  return id === null ? t(`payment.${value}`) : t("payment.on", { name: order?.credit?.id === id ? order.credit.name : t("payment.account") });
}
