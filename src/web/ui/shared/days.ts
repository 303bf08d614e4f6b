// Days and weeks of the site's zone. Pure; a day has as many hours as its clock gives it.

const DAY_MS = 86_400_000;

function clockMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 + (ms % 1000);
}

/** The first moment of the day around `ms`. */
export function dayStart(ms: number, zone: string): number {
  const guess = ms - clockMs(ms, zone);
  const off = clockMs(guess, zone);
  // A clock that was changed meanwhile is an hour off to either side.
  if (off === 0) return guess;
  return off > DAY_MS / 2 ? guess + (DAY_MS - off) : guess - off;
}

/** The first moments of so many days from the one around `ms` on, and of the day after the last. */
export function days(ms: number, zone: string, count: number): number[] {
  const starts = [dayStart(ms, zone)];
  while (starts.length <= count) starts.push(dayStart(starts.at(-1)! + DAY_MS * 1.1, zone));
  return starts;
}

/** The Monday around `ms`. */
export function weekStart(ms: number, zone: string): number {
  const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  const name = new Intl.DateTimeFormat('en', { timeZone: zone, weekday: 'short' }).format(ms);
  let at = dayStart(ms, zone);
  for (let back = names.indexOf(name); back > 0; back--) at = dayStart(at - DAY_MS / 2, zone);
  return at;
}
