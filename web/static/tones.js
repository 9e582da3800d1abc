/** Sounds of a few tones, where the browser lets the page sound at all: only after somebody has touched it. */

let sound = null;
let way = null; // what all tones that sound now go through
let sink = ""; // the loudspeaker; empty: the system's own
let told = () => {};

/** @param {string[]} touches the events that count as a touch */
export function listenForFirstTouch(...touches) {
  const wake = () => {
    if (!sound) {
      sound = new AudioContext();
      sound.onstatechange = () => told();
      if (sink) sendTo(sink);
    }
    if (sound.state === "suspended") sound.resume();
  };
  for (const touch of touches) addEventListener(touch, wake, { passive: true });
}

/** Be told when the page may sound at last, or no longer. */
export function whenItCanSound(tell) {
  told = tell;
}

export const canSound = () => sound?.state === "running";

/** Where tones go from now on. Rejected where that loudspeaker is gone. @param {string} device of enumerateDevices() */
export async function sendTo(device) {
  sink = device;
  await sound?.setSinkId?.(device);
}

/**
 * @param {[number, number][]} tones seconds from now, and Hz
 * @param {{seconds: number, loudness: number}} each how long and how loud (0 to 1) each tone is
 */
export function play(tones, { seconds, loudness }) {
  if (!canSound() || loudness <= 0) return;
  if (!way) {
    way = sound.createGain();
    way.connect(sound.destination);
  }
  for (const [after, pitch] of tones) {
    const tone = sound.createOscillator();
    const gain = sound.createGain();
    const begins = sound.currentTime + after;
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, begins);
    gain.gain.exponentialRampToValueAtTime(loudness, begins + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, begins + seconds);
    tone.connect(gain).connect(way);
    tone.start(begins);
    tone.stop(begins + seconds + 0.02);
  }
}

/** Silence at once, also of what was to sound later. */
export function hush() {
  way?.disconnect();
  way = null;
}
