/**
 * Where the phone is, told to the server now and then while the driver is on duty, and never otherwise.
 *
 * A phone that lies still finds no new place. Every few minutes it is asked once, without its satellites, and what is known is
 * told again, with its own age: the office sees that the page is alive, and since when the place is what it is.
 */

const EVERY_MS = 20_000;
const SOON_MS = 5_000;
const FAR_DEGREES = 0.001;
const BEAT_MS = 180_000;
const PATIENCE_MS = 20_000;

export class Whereabouts {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.state = "geolocation" in navigator && isSecureContext ? "unknown" : "none";
    this.told = null;
    this.watch = null;
    this.beat = null;
    this.last = null; // the newest place: {lat, lon, at}
    if (this.state === "unknown") this.look();
  }

  async look() {
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    this.state = permission?.state ?? "prompt";
    this.changed();
    permission?.addEventListener("change", () => {
      this.state = permission.state;
      this.follow(this.wanted);
      this.changed();
    });
    this.follow(this.wanted);
  }

  /** On duty: follow, if the driver allowed it before. Off duty: never. */
  follow(wanted) {
    this.wanted = wanted;
    if (wanted && this.state === "granted") this.begin();
    if (!wanted) this.end();
  }

  /** The driver pressed the button: the browser asks him. */
  begin() {
    if (this.watch !== null) return;
    this.watch = navigator.geolocation.watchPosition(
      (position) => this.tell(position),
      (error) => {
        if (error.code !== error.PERMISSION_DENIED) return;
        this.state = "denied";
        this.end();
        this.changed();
      },
      { enableHighAccuracy: true, maximumAge: SOON_MS },
    );
    this.beat = setInterval(() => this.again(), BEAT_MS);
  }

  end() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    clearInterval(this.beat);
    this.watch = null;
    this.beat = null;
    this.told = null;
    this.last = null;
  }

  /** Nothing was told for a while: whatever the phone knows by now, be it the place of before. */
  again() {
    if (!this.last || Date.now() - (this.told?.at ?? 0) < BEAT_MS / 2) return;
    const watch = this.watch;
    const known = () => {
      if (watch === this.watch && this.last) this.send();
    };
    navigator.geolocation.getCurrentPosition(
      (position) => {
        if (watch === this.watch) this.keep(position);
        known();
      },
      known,
      { enableHighAccuracy: false, maximumAge: BEAT_MS, timeout: PATIENCE_MS },
    );
  }

  /** Of two places the newer one. */
  keep({ coords: { latitude: lat, longitude: lon }, timestamp }) {
    const at = Math.min(timestamp, Date.now());
    if (!this.last || at >= this.last.at) this.last = { lat, lon, at };
  }

  tell(position) {
    if (this.state !== "granted") {
      this.state = "granted";
      this.changed();
    }
    this.keep(position);
    const { lat, lon } = this.last;
    const now = Date.now();
    const waited = now - (this.told?.at ?? 0);
    const moved = !this.told || Math.abs(lat - this.told.lat) + Math.abs(lon - this.told.lon) > FAR_DEGREES;
    if (waited < (moved ? SOON_MS : EVERY_MS)) return;
    this.send();
  }

  send() {
    const { lat, lon, at } = this.last;
    const now = Date.now();
    this.told = { at: now, lat, lon };
    // Without a key and never repeated: where he was a minute ago helps nobody.
    fetch("/api/v1/driver/location", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lat, lon, age_s: Math.max(0, now - at) / 1000 }),
      credentials: "same-origin",
    }).catch(() => {});
  }
}
