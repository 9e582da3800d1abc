/** Where the phone is, told to the server now and then while the driver is on duty, and never otherwise. */

const EVERY_MS = 20_000;
const SOON_MS = 5_000;
const FAR_DEGREES = 0.001;

export class Whereabouts {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.state = "geolocation" in navigator && isSecureContext ? "unknown" : "none";
    this.told = null;
    this.watch = null;
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
      (position) => this.tell(position.coords),
      (error) => {
        if (error.code !== error.PERMISSION_DENIED) return;
        this.state = "denied";
        this.end();
        this.changed();
      },
      { enableHighAccuracy: true, maximumAge: SOON_MS },
    );
  }

  end() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.told = null;
  }

  tell({ latitude: lat, longitude: lon }) {
    if (this.state !== "granted") {
      this.state = "granted";
      this.changed();
    }
    const now = Date.now();
    const waited = now - (this.told?.at ?? 0);
    const moved = !this.told || Math.abs(lat - this.told.lat) + Math.abs(lon - this.told.lon) > FAR_DEGREES;
    if (waited < (moved ? SOON_MS : EVERY_MS)) return;
    this.told = { at: now, lat, lon };
    // Without a key and never repeated: where he was a minute ago helps nobody.
    fetch("/api/v1/driver/location", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ lat, lon }),
      credentials: "same-origin",
    }).catch(() => {});
  }
}
