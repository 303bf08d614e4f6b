// Facts into sentences: titles, reasons and log lines, in the language in use.
import { code, joined, w } from './lang.svelte';
import { hasScore, sentence, type Speech } from './reason';
import type { Key } from './words';
import type { LogLine, Reason, Ticket } from './wire';

/** Numbers come as 1182 or as T-1182. */
export const numbered = (number: string | number): string =>
  typeof number === 'number' || /^\d+$/.test(number) ? `T-${number}` : number;

export function title(t: Pick<Ticket, 'category' | 'rule_name' | 'reason'>): string {
  if (t.category) return code('category', t.category);
  return (
    t.rule_name ||
    (t.reason.kind === 'manual' ? w('source.operator_patrol') : code('kind', t.reason.kind))
  );
}

const seconds = (ms: number) => w('unit.seconds', { n: Math.round(ms / 1000) });

export function duration(ms: number): string {
  if (ms < 90_000) return seconds(ms);
  if (ms < 5_400_000) return w('unit.minutes', { n: Math.round(ms / 6000) / 10 });
  return w('unit.hours', { n: Math.round(ms / 360_000) / 10 });
}

/** How long something lasted: below ten seconds to the tenth. */
const lasted = (ms: number): string =>
  ms < 10_000 ? w('unit.seconds', { n: Math.round(ms / 100) / 10 }) : duration(ms);

const speech: Speech = {
  what: (of) => (of ? code('class', of) : w('reason.something')),
  where: (reason) => reason.zone_name || reason.zone || w('reason.picture'),
  lasted,
  way: (word) => code('way', word),
  unusual: (term, values) => {
    const like = code('like', String(values['like'] ?? 'car'));
    return w(`unusual.${term}` as Key, { ...values, like });
  },
  all: (texts) => texts.join(w('unusual.and')),
};

export function why(reason: Reason): string {
  if (reason.kind === 'manual') return reason.text || w('reason.manual');
  const said = sentence(reason, speech);
  return joined([
    said ? w(said.key, said.values) : code('kind', reason.kind),
    reason.armed && w('reason.armed', { armed: reason.armed.replace('-', '–') }),
    hasScore(reason) && w('reason.score', { score: (reason.score ?? 0).toFixed(2) }),
  ]);
}

/** Camera and where it is, said once when they are the same. */
export const where = (t: Pick<Ticket, 'camera_name' | 'place'>): string =>
  t.place && t.place !== t.camera_name ? joined([t.camera_name, t.place]) : t.camera_name;

type Display = (name: string | null) => string;

function text(detail: Record<string, unknown>, key: string): string | null {
  const value = detail[key];
  return typeof value === 'string' && value !== ''
    ? value
    : typeof value === 'number'
      ? String(value)
      : null;
}

/** What a log line adds to its word. */
export function logFacts(line: LogLine, display: Display): string {
  const d = line.detail;
  const severity = text(d, 'severity');
  const member = text(d, 'member');
  return joined([
    text(d, 'category') && code('category', text(d, 'category')),
    line.input === 'join' && text(d, 'why') && code('why', text(d, 'why')),
    line.input === 'join' && text(d, 'why') === 'overlap' && text(d, 'camera_name'),
    line.input === 'join' && text(d, 'why') !== 'same_track' && text(d, 'rule_name'),
    severity && code('severity', severity),
    text(d, 'old_member') && display(text(d, 'old_member')) + ' →',
    line.input !== 'review' && member && display(member),
    d['support'] === true && w('console.support_who'),
    d['ahead'] === true && w('console.after'),
    text(d, 'disposition') && code('disposition', text(d, 'disposition')),
    text(d, 'reason') && anyReason(text(d, 'reason')!),
    text(d, 'of') && code('clock', text(d, 'of')),
    line.input !== 'due' && text(d, 'level') && code('level', text(d, 'level')),
    told(d, display),
    asked(d),
    line.input === 'correct' && text(d, 'verdict') && code('verdict', text(d, 'verdict')),
    line.input === 'correct' && text(d, 'code') && code('false_alarm', text(d, 'code')),
    typeof d['stood_ms'] === 'number' && w('console.stood', { time: duration(d['stood_ms']) }),
    text(d, 'score') && w('review.score_is', { n: text(d, 'score')! }),
    text(d, 'text'),
    text(d, 'note'),
  ]);
}

/** Whom a step reached. */
function told(d: Record<string, unknown>, display: Display): string | false {
  const names = Array.isArray(d['to']) ? d['to'].map((name) => display(String(name))) : [];
  return names.length > 0 && w('console.told', { names: joined(names) });
}

/** What was asked of a ticket's time. */
function asked(d: Record<string, unknown>): string | false {
  const request = d['asked'] as Record<string, unknown> | null | undefined;
  if (!request) return false;
  const for_ms = request['for_ms'];
  return joined([
    code('wish', text(request, 'wish')),
    text(request, 'clock') && code('clock', text(request, 'clock')),
    typeof for_ms === 'number' && duration(for_ms),
  ]);
}

/** A reason code of any table; free words stay as they are. */
function anyReason(value: string): string {
  const tables = ['refuse', 'taken_back', 'false_alarm', 'suspend', 'park'];
  return tables.map((table) => code(table, value)).find((text) => text !== value) ?? value;
}
