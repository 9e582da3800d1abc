/** Sounds of a few tones, where the browser lets the page sound at all: only after somebody has touched it. */

let sound = null;

/** @param {string[]} touches the events that count as a touch */
export function listenForFirstTouch(...touches) {
  const wake = () => {
    sound ??= new AudioContext();
    if (sound.state === "suspended") sound.resume();
  };
  for (const touch of touches) addEventListener(touch, wake, { passive: true });
}

/**
 * @param {[number, number][]} tones seconds from now, and Hz
 * @param {{seconds: number, loudness: number}} each how long and how loud (0 to 1) each tone is
 */
export function play(tones, { seconds, loudness }) {
  if (sound?.state !== "running") return;
  for (const [after, pitch] of tones) {
    const tone = sound.createOscillator();
    const gain = sound.createGain();
    const begins = sound.currentTime + after;
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, begins);
    gain.gain.exponentialRampToValueAtTime(loudness, begins + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, begins + seconds);
    tone.connect(gain).connect(sound.destination);
    tone.start(begins);
    tone.stop(begins + seconds + 0.02);
  }
}
