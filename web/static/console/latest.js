/**
 * Questions that a typist's keys put to the server, faster than it may answer: the first is asked at once, so that nobody waits for
 * a pause to be sure of; while it is under way only the newest of those behind it is kept, and is asked with the answer.
 */

const PATIENCE_MS = 300; // then the next one no longer waits for an answer that a bad line holds up

export class Latest {
  underWay = 0;
  next = null;

  /** `ask` returns a promise that is kept when the answer has been used; it never rejects. */
  constructor(ask) {
    this.ask = ask;
  }

  put(...question) {
    if (this.underWay) {
      this.next = question;
      return;
    }
    const turn = (this.underWay = performance.now());
    this.next = null;
    const freed = setTimeout(() => this.freed(turn), PATIENCE_MS);
    this.ask(...question).then(() => {
      clearTimeout(freed);
      this.freed(turn);
    });
  }

  /** What was put and not yet asked is no longer wanted. */
  forget() {
    this.next = null;
  }

  freed(turn) {
    if (turn !== this.underWay) return;
    this.underWay = 0;
    if (this.next) this.put(...this.next);
  }
}
