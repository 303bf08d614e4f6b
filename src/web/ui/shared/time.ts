// Dates and times in the site's zone; the browser's own zone is never shown.

export interface Formats {
  clock(ms: number): string;
  minute(ms: number): string;
  stamp(ms: number): string;
  day(ms: number): string;
  /** Such as 2026-11, for addresses. */
  month(ms: number): string;
  weekday(ms: number): string;
  hour(ms: number): number;
}

const cache = new Map<string, Intl.DateTimeFormat>();

function format(lang: string, zone: string, options: Intl.DateTimeFormatOptions) {
  const key = lang + zone + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(lang, { timeZone: zone, hourCycle: 'h23', ...options });
    cache.set(key, found);
  }
  return found;
}

const TWO = '2-digit' as const;

export function formats(lang: string, zone: string): Formats {
  const put = (ms: number, o: Intl.DateTimeFormatOptions) => format(lang, zone, o).format(ms);
  const clock = (ms: number) => put(ms, { hour: TWO, minute: TWO, second: TWO });
  const day = (ms: number) => put(ms, { month: lang === 'en' ? 'short' : 'long', day: 'numeric' });
  return {
    clock,
    minute: (ms) => put(ms, { hour: TWO, minute: TWO }),
    stamp: (ms) => `${day(ms)} ${clock(ms)}`,
    day,
    month: (ms) => {
      const parts = format('en', zone, { year: 'numeric', month: TWO }).formatToParts(ms);
      const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
      return `${of('year')}-${of('month')}`;
    },
    weekday: (ms) => put(ms, { weekday: 'long' }),
    // In English: Chinese adds a word to a lone hour.
    hour: (ms) => Number(format('en', zone, { hour: TWO }).format(ms)),
  };
}
