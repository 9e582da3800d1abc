/** What the order form asks, in its order: the office's trade says so; what every trade asks of payment and driver comes after. */

const { fields, skills } = JSON.parse(document.getElementById("boot").textContent);

/** What a driver may have to be able to do, as the trade names it. */
export const SKILLS = skills;
const TERMS = ["payment", "cost_centre", "limit_reason", ...(SKILLS.length ? ["wants"] : []), "served_because"];

/** Each field: {name, label, required, own, limit}. `own`: only this trade asks it, and it is kept in the order's `details`. */
export const FORM = [...fields, ...TERMS.map((name) => ({ name, label: `order.${name}`, required: false, own: false, limit: 200 }))];
export const FIELDS = FORM.map(({ name }) => name);
export const OWN = FORM.filter(({ own }) => own).map(({ name }) => name);

const SHARED = ["number", "customer_name", "origin", "destination", "fare", "fare_reason", "note", "way_points", "wanted", ...TERMS];
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

/** What is said once, while an order is taken, and is not changed after. */
const ONCE = new Set(["customer_name", "limit_reason", "served_because"]);
export const CHANGEABLE = FIELDS.filter((name) => !ONCE.has(name));

/** What only the trade asks, as the order says it: [name, text] in the form's order. */
export const detailsOf = (order) => OWN.filter((name) => order.details[name]).map((name) => [name, order.details[name]]);
