/**
 * The link to /live. It promises three things: a snapshot first and then every numbered delta in order (a gap makes it ask
 * for a new snapshot); "lost" within 3 s of a dead link; and never "lost" while the server answers.
 *
 * A link is judged by questions of ours: every second of silence sends a ping, and only a ping that stays unanswered means
 * dead. A timer that fires late (a sleeping laptop, a throttled tab) proves nothing and asks again first.
 */

const TICK_MS = 500;
const ASK_AFTER_MS = 1000;
const DEAD_AFTER_MS = 1500;
const OPEN_WITHIN_MS = 3000;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 800;
const SIGNED_OUT = 4001;

export class LiveLink {
  /**
   * @param {string} url
   * @param {{snapshot: (s: object) => void, delta: (d: object) => void, up: (is: boolean) => void, refused: () => void, drivers: (d: object) => void}} tell
   */
  constructor(url, tell) {
    this.url = url;
    this.tell = tell;
    this.seq = null;
    this.failures = 0;
    this.up = false;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.check());
  }

  start() {
    this.open();
    this.lastTick = performance.now();
    setInterval(() => this.check(), TICK_MS);
  }

  open() {
    clearTimeout(this.waiting);
    this.waiting = null;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.openedAt = performance.now();
    this.askedAt = null;
    this.seq = null;
    socket.onmessage = (event) => socket === this.socket && this.hear(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.socket && this.drop(event.code);
  }

  hear(message) {
    this.heardAt = performance.now();
    this.askedAt = null;
    if (message.type === "snapshot") {
      this.seq = message.seq;
      this.failures = 0;
      this.tell.snapshot(message);
      this.setUp(true);
      if (this.watching) this.send({ type: "watch" });
    } else if (message.type === "drivers") {
      this.tell.drivers(message);
    } else if (message.type === "beat") {
      if (this.seq !== null && message.seq > this.seq) this.askAgain();
    } else if (typeof message.seq === "number") {
      this.number(message);
    }
  }

  number(delta) {
    if (this.seq === null || delta.seq <= this.seq) return; // a snapshot that holds it is here, or on its way
    if (delta.seq !== this.seq + 1) {
      this.askAgain();
      return;
    }
    this.seq = delta.seq;
    this.tell.delta(delta);
  }

  /** Something is missing: until the fresh snapshot is here, deltas are not used. */
  askAgain() {
    this.seq = null;
    this.send({ type: "subscribe" });
  }

  /** Be told where the drivers are, or no longer. They are no numbered deltas: who misses one is told the next. */
  watch(on) {
    this.watching = on;
    this.send({ type: on ? "watch" : "unwatch" });
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  check() {
    const now = performance.now();
    const late = now - this.lastTick > 3 * TICK_MS;
    this.lastTick = now;
    if (this.waiting || !this.socket) return;
    if (late) this.askedAt = null; // what came meanwhile may still stand in the browser's queue
    if (this.socket.readyState !== WebSocket.OPEN) {
      if (!late && now - this.openedAt > OPEN_WITHIN_MS) this.drop();
    } else if (this.askedAt !== null) {
      if (now - this.askedAt > DEAD_AFTER_MS) this.drop();
    } else if (now - (this.heardAt ?? 0) >= ASK_AFTER_MS) {
      this.askedAt = now;
      this.send({ type: "ping" });
    }
  }

  /** The socket is of no more use: say so, and come back soon, not all browsers in the same moment. */
  drop(code) {
    const dead = this.socket;
    this.socket = null;
    dead?.close();
    this.setUp(false);
    this.failures += 1;
    // A refused handshake tells a browser nothing but "closed": somebody has to ask why.
    if (code === SIGNED_OUT || this.failures % 3 === 0) this.tell.refused();
    const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.failures);
    this.waiting = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }

  retryNow() {
    if (this.waiting) this.open();
  }

  setUp(up) {
    if (up === this.up) return;
    this.up = up;
    this.tell.up(up);
  }
}
