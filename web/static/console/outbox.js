/**
 * Orders on their way to the server. An order that could not be delivered waits here with its Idempotency-Key, survives a
 * reload, and is sent when the link is back: once, whatever became of the first attempt.
 */

import { newKey, Problem, request, Unreachable } from "./api.js";

const STORED = "callboard.outbox";

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
    const entry = { key: newKey(), draft, body: draft.body(call), callId: call?.id ?? null };
    try {
      if (!linkIsUp) throw new Unreachable("the link is down");
      return await request("POST", "orders", entry.body, entry.key);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.waiting.push(entry);
      this.keep();
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
        const outcome = await request("POST", "orders", entry.body, entry.key).catch((error) => error);
        if (outcome instanceof Unreachable) return;
        if (outcome instanceof Problem && (outcome.status === 401 || outcome.status >= 500)) return;
        this.waiting.shift();
        this.keep();
        if (outcome instanceof Error) this.tell.refused(entry, outcome);
        else this.tell.saved(entry, outcome);
      }
    } finally {
      this.busy = false;
    }
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

function read(storage) {
  try {
    return JSON.parse(storage.getItem(STORED) ?? "[]");
  } catch {
    return [];
  }
}
