/** Which loudspeakers there are. Browsers name them on https (or this very machine) only, and to who may use the microphone. */

/** How it stands, as a key of `settings.speaker.state`. */
export function speakerState() {
  if (!isSecureContext) return "plain_http";
  return "setSinkId" in AudioContext.prototype && navigator.mediaDevices ? "possible" : "unknown";
}

/** Ask the browser for them; a person sees its question. @returns {Promise<{id: string, name: string}[]>} rejected where refused */
export async function loudspeakers() {
  if (navigator.mediaDevices.selectAudioOutput) {
    const { deviceId: id, label: name } = await navigator.mediaDevices.selectAudioOutput();
    return [{ id, name }];
  }
  const asked = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of asked.getTracks()) track.stop();
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === "audiooutput" && deviceId !== "default")
    .map(({ deviceId: id, label: name }) => ({ id, name }));
}
