/** A new order is heard and felt, and the screen stays on while the driver is on duty. All of it only where the phone can. */

let sound = null;
let awake = null;

/** Browsers let a page sound only after it was touched. */
export function listenForFirstTouch() {
  const wake = () => {
    sound ??= new AudioContext();
    if (sound.state === "suspended") sound.resume();
  };
  addEventListener("pointerdown", wake, { passive: true });
}

export function ringForOffer() {
  navigator.vibrate?.([250, 120, 250, 120, 400]);
  if (sound?.state !== "running") return;
  for (const [after, pitch] of [
    [0, 880],
    [0.18, 1175],
    [0.45, 880],
    [0.63, 1175],
  ]) {
    const tone = sound.createOscillator();
    const loudness = sound.createGain();
    const begins = sound.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, begins);
    loudness.gain.exponentialRampToValueAtTime(0.4, begins + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, begins + 0.16);
    tone.connect(loudness).connect(sound.destination);
    tone.start(begins);
    tone.stop(begins + 0.18);
  }
}

export async function stayAwake(wanted) {
  if (!wanted) {
    await awake?.release().catch(() => {});
    awake = null;
    return;
  }
  if (awake && !awake.released) return;
  awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}
