/**
 * What the driver pressed, on its way to the server. Each has its Idempotency-Key from the moment of the press and is repeated,
 * in order, until it is answered: in a basement, after a reload, with a new session. Done once, whatever became of the first try.
 */

import { newKey, request, Unreachable } from "../console/api.js";

const STORED = "callboard.driver.queue";
const AGAIN_MS = [1000, 2000, 4000, 8000];

export class Queue {
  /** @param {{answered: (entry: object, body: object) => void, refused: (entry: object, problem: Error) => void, changed: () => void, mustWait?: (entry: object) => boolean}} tell */
  constructor(tell) {
    this.tell = tell;
    this.waiting = read();
    this.busy = false;
    this.silences = 0;
  }

  /** Whose presses these are: another driver's are none of his business. */
  belongTo(driver) {
    const his = this.waiting.filter((entry) => entry.driver === driver);
    if (his.length !== this.waiting.length) this.keep(his);
    this.driver = driver;
  }

  add(kind, path, body = {}) {
    if (this.waiting.some((entry) => entry.path === path && JSON.stringify(entry.body) === JSON.stringify(body))) return;
    this.keep([...this.waiting, { kind, path, body, key: newKey(), driver: this.driver }]);
    this.flush();
  }

  async flush() {
    if (this.busy || !this.waiting.length) return;
    this.busy = true;
    clearTimeout(this.timer);
    this.tell.changed();
    try {
      while (this.waiting.length) {
        const [entry] = this.waiting;
        if (this.tell.mustWait?.(entry)) {
          this.later();
          return;
        }
        const outcome = await request("POST", entry.path, entry.body, entry.key).catch((error) => error);
        if (outcome instanceof Unreachable || outcome.status >= 500 || outcome.status === 429) {
          this.later();
          return;
        }
        if (outcome.status === 401) {
          this.tell.refused(entry, outcome);
          return;
        }
        this.silences = 0;
        this.keep(this.waiting.slice(1));
        if (outcome instanceof Error) this.tell.refused(entry, outcome);
        else this.tell.answered(entry, outcome);
      }
    } finally {
      this.busy = false;
      this.tell.changed();
    }
  }

  later() {
    const pause = AGAIN_MS[Math.min(this.silences, AGAIN_MS.length - 1)];
    this.silences += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), pause);
  }

  keep(waiting) {
    this.waiting = waiting;
    try {
      localStorage.setItem(STORED, JSON.stringify(waiting));
    } catch {
      // No room, or a private window: it still waits in this page.
    }
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "[]");
  } catch {
    return [];
  }
}
