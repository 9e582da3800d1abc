/** What the order form asks, in its order: the office's trade says so. */

const { fields } = JSON.parse(document.getElementById("boot").textContent);

/** Each field: {name, label, required, own, limit}. `own`: only this trade asks it, and it is kept in the order's `details`. */
export const FORM = fields;
export const FIELDS = FORM.map(({ name }) => name);
export const OWN = FORM.filter(({ own }) => own).map(({ name }) => name);

const SHARED = ["number", "customer_name", "origin", "destination", "fare", "fare_reason", "note", "way_points", "wanted"];
const byName = new Map(FORM.map((field) => [field.name, field]));

/** Every value that a draft has, also of what this trade does not ask. */
export const VALUES = [...SHARED, ...OWN];

/** The field's key in the texts. */
export const labelOf = (name) => byName.get(name)?.label ?? `order.${name}`;

export const limitOf = (name) => byName.get(name)?.limit ?? 80;

export const isOwn = (name) => Boolean(byName.get(name)?.own);

/** Which of `names` the form has. */
export const asked = (...names) => names.filter((name) => byName.has(name));

/** What an order cannot be saved without. */
export const REQUIRED = FORM.filter(({ required }) => required).map(({ name }) => name);

/** Where the focus goes, one after the other, while it is empty. */
export const WANTED = FIELDS.filter((name) => ["origin", "destination", "fare"].includes(name) || (isOwn(name) && REQUIRED.includes(name)));

/** What only the trade asks, as the order says it: [name, text] in the form's order. */
export const detailsOf = (order) => OWN.filter((name) => order.details[name]).map((name) => [name, order.details[name]]);
