/**
 * Photos on their way to the server. Each lies in IndexedDB from the moment it is taken until the server has it: through a
 * basement, a reload, a flat battery. The server knows the same photo again, so a repeated one is kept once.
 */

import { Problem, Unreachable } from "../console/api.js";
import { small } from "./picture.js";

const NAME = "callboard.driver.photos";
const STORE = "photos";
const AGAIN_MS = [1000, 2000, 4000, 8000, 15_000];
const PATIENCE_MS = 60_000;

export class Photos {
  /** @param {{arrived: (photo: object, car: object) => void, refused: (photo: object, problem: Error) => void, changed: () => void}} tell */
  constructor(tell) {
    this.tell = tell;
    this.waiting = [];
    this.thumbs = new Map();
    this.busy = false;
    this.silences = 0;
    this.ready = this.open();
  }

  async open() {
    try {
      this.base = await asked(Object.assign(indexedDB.open(NAME, 1), { onupgradeneeded: prepare }));
      this.waiting = await asked(this.store("readonly").getAll());
    } catch {
      this.base = null; // A private window: they wait in this page only.
    }
    this.tell.changed();
  }

  /** Whose photos these are: another driver's are none of his business. */
  async belongTo(driver) {
    this.driver = driver;
    await this.ready;
    for (const photo of this.waiting.filter((one) => one.driver !== driver)) await this.forget(photo);
    this.flush();
  }

  /** The camera gave a file. */
  async take(order, stage, side, file) {
    await this.ready;
    const photo = { id: `${Date.now()}-${Math.random()}`, driver: this.driver, order, stage, side, ...(await small(file)) };
    this.waiting.push(photo);
    await this.write("put", photo);
    this.tell.changed();
    this.flush();
  }

  /** Those of an order and a stage that the server does not have yet, the newest of a side by its side. */
  of(order, stage) {
    return new Map(this.waiting.filter((one) => one.order === order && one.stage === stage).map((one) => [one.side, one]));
  }

  thumb(order, stage, side) {
    return this.of(order, stage).get(side)?.thumb ?? this.thumbs.get(`${order} ${stage} ${side}`);
  }

  async flush() {
    await this.ready;
    if (this.busy || !this.driver || !this.waiting.length) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      while (this.waiting.length) {
        const [photo] = this.waiting;
        const outcome = await send(photo).catch((error) => error);
        if (outcome instanceof Unreachable || outcome.status >= 500 || outcome.status === 429 || outcome.status === 408) {
          this.later();
          return;
        }
        if (outcome.status === 401) {
          this.tell.refused(photo, outcome);
          return;
        }
        this.silences = 0;
        await this.forget(photo);
        if (outcome instanceof Error) this.tell.refused(photo, outcome);
        else {
          this.thumbs.set(`${photo.order} ${photo.stage} ${photo.side}`, photo.thumb);
          this.tell.arrived(photo, outcome);
        }
      }
    } finally {
      this.busy = false;
      this.tell.changed();
    }
  }

  later() {
    const pause = AGAIN_MS[Math.min(this.silences, AGAIN_MS.length - 1)];
    this.silences += 1;
    this.timer = setTimeout(() => this.flush(), pause);
  }

  async forget(photo) {
    this.waiting = this.waiting.filter((one) => one.id !== photo.id);
    await this.write("delete", photo.id);
  }

  store(mode) {
    return this.base.transaction(STORE, mode).objectStore(STORE);
  }

  async write(what, value) {
    // No room: it still waits in this page.
    if (this.base) await asked(this.store("readwrite")[what](value)).catch(() => {});
  }
}

function prepare() {
  this.result.createObjectStore(STORE, { keyPath: "id" });
}

function asked(wish) {
  return new Promise((done, failed) => {
    wish.onsuccess = () => done(wish.result);
    wish.onerror = () => failed(wish.error);
  });
}

async function send({ order, stage, side, blob }) {
  let answer;
  try {
    answer = await fetch(`/api/v1/driver/orders/${order}/photos/${stage}/${side}`, {
      method: "POST",
      headers: { "Content-Type": blob.type || "application/octet-stream" },
      body: blob,
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}
