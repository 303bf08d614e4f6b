// Bell and vibration of a new order or alarm. Browsers allow sound only after the first touch.
let audio: AudioContext | null = null;

export function allowBell(): void {
  audio ??= new AudioContext();
  void audio.resume();
}

export const bellAllowed = (): boolean => audio?.state === 'running';

function tone(at: number, hz: number): void {
  if (!audio) return;
  const gain = audio.createGain();
  const source = audio.createOscillator();
  source.frequency.value = hz;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.5, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.32);
}

/** Three pairs of strokes, like the watchman's clapper; what is held in a hand shakes. */
export function ring(held = true): void {
  // Before the first touch a browser only complains.
  if (held && navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 120, 300, 120, 600]);
  if (!audio || audio.state !== 'running') return;
  for (let i = 0; i < 3; i++) {
    tone(audio.currentTime + i * 0.8, 880);
    tone(audio.currentTime + i * 0.8 + 0.28, 660);
  }
}
