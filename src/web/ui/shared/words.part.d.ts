// A part of a catalogue, cut out when the screens are built.
declare module '*.json?wall' {
  const words: Record<string, string>;
  export default words;
}
