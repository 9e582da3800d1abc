/**
 * Orders on their way to the server. An order that could not be delivered waits here with its Idempotency-Key, survives a
 * reload, and is sent when the link is back, or a little later where the link was never lost: once, whatever became of the
 * first attempt. The key belongs to the draft and is kept with it before anything is sent, so that whoever leaves the page in
 * the middle of a save (back, reload, a crash) and saves again asks for the same order again, not for another one.
 */

import { newKey, Problem, request, Unreachable } from "./api.js";

const STORED = "callboard.outbox";
const AGAIN_MS = 2000;

export class Outbox {
  /** @param {{saved: (entry: object, order: object) => void, refused: (entry: object, problem: Problem) => void}} tell */
  constructor(tell, storage = sessionStorage) {
    this.tell = tell;
    this.storage = storage;
    this.waiting = read(storage);
    this.busy = false;
  }

  /** Send `draft` now. Returns the order, or null when it has to wait. Raises Problem when the server refuses it. */
  async save(draft, call, linkIsUp) {
    const body = draft.body(call);
    const path = draft.overLimit ? "orders/over-limit" : "orders";
    const entry = { key: keyOf(draft, body), draft, values: { ...draft.values }, path, body, callId: call?.id ?? null };
    try {
      if (!linkIsUp) throw new Unreachable("the link is down");
      return await request("POST", entry.path, entry.body, entry.key);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.waiting.push(entry);
      this.keep();
      this.again();
      return null;
    }
  }

  waitsFor(callId) {
    return this.waiting.some((entry) => entry.callId === callId);
  }

  /** Send what waits, in order. Stops at the first silence. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.waiting.length) {
        const entry = this.waiting[0];
        const outcome = await request("POST", entry.path, entry.body, entry.key).catch((error) => error);
        if (outcome instanceof Unreachable || outcome.status >= 500) {
          this.again();
          return;
        }
        if (outcome.status === 401) return;
        this.waiting.shift();
        this.keep();
        if (outcome instanceof Error) this.tell.refused(entry, outcome);
        else this.tell.saved(entry, outcome);
      }
    } finally {
      this.busy = false;
    }
  }

  /** One lost request does not mean a lost link: nobody else would say when to try again. */
  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), AGAIN_MS);
  }

  forgetAll() {
    this.waiting = [];
    this.keep();
  }

  keep() {
    try {
      this.storage.setItem(STORED, JSON.stringify(this.waiting));
    } catch {
      // As with drafts: the order still waits in this page.
    }
  }
}

/** The key under which `draft` asks for just this. Another body is another request. */
export function keyOf(draft, body) {
  const text = JSON.stringify(body);
  if (draft.sent?.body !== text) draft.sent = { body: text, key: newKey() };
  return draft.sent.key;
}

function read(storage) {
  try {
    return JSON.parse(storage.getItem(STORED) ?? "[]");
  } catch {
    return [];
  }
}
