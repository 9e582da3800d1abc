/**
 * Requests to /api/v1. A refusal comes as RFC 9457 and becomes a `Problem` with the server's stable code; silence becomes
 * `Unreachable`: the request may or may not have arrived, so whoever repeats it must repeat its Idempotency-Key as well.
 */

import { has, money, t } from "./texts.js";

const PATIENCE_MS = 6000;
const TAKEN_HIMSELF = { order_already_assigned: "order_taken_by_driver", driver_already_assigned: "driver_has_order_himself" };
const AMOUNTS = new Set(["limit", "owed", "open", "left", "fare"]);
const GATEWAY_STATUSES = new Set([502, 503, 504]);

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? body?.title ?? String(status));
    this.status = status;
    this.code = body?.code ?? (status === 401 ? "not_signed_in" : "server_error");
    this.body = body ?? {};
  }
}

export class Unreachable extends Error {
  code = "unreachable";
}

// crypto.randomUUID needs a secure context; a panel on the office's own network may not have one.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {Promise<any>} the answer's JSON, or null where there is none */
export async function request(method, path, body = undefined, key = undefined, patience = PATIENCE_MS) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "POST" || method === "PATCH") headers["Idempotency-Key"] = key ?? newKey();
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
      credentials: "same-origin",
    });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (GATEWAY_STATUSES.has(answer.status)) throw new Unreachable(String(answer.status));
  const text = await answer.text().catch(() => "");
  const parsed = parse(text);
  if (!answer.ok) throw new Problem(answer.status, parsed);
  return parsed;
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** The field of the form that a refusal is about. */
export function fieldOf({ body }) {
  const name = (body.details?.field ?? body.errors?.[0]?.field ?? "origin").split(".")[0];
  return name === "credit_id" ? "payment" : name;
}

/** One sentence that says what happened and what to do about it. */
export function sentence(error) {
  // An order that a driver took by himself has no operator who was first.
  const himself = error.body?.details?.operator_name === null ? TAKEN_HIMSELF[error.code] : undefined;
  const key = `errors.${himself ?? error.code ?? "server_error"}`;
  return t(has(key) ? key : "errors.server_error", { ...error.body, ...wordsOf(error) });
}

/** What a refusal names, amounts of money as people read them. */
export function wordsOf({ code, body }) {
  if (code !== "over_credit_limit") return body?.details ?? {};
  return Object.fromEntries(Object.entries(body.details).map(([name, value]) => [name, AMOUNTS.has(name) ? money(value) : value]));
}
