/** A new order is heard and felt, and the screen stays on while the driver is on duty. All of it only where the phone can. */

import { play } from "../tones.js";

let awake = null;

export function ringForOffer() {
  navigator.vibrate?.([250, 120, 250, 120, 400]);
  play([[0, 880], [0.18, 1175], [0.45, 880], [0.63, 1175]], { seconds: 0.16, loudness: 0.4 });
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
