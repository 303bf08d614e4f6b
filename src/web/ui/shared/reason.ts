// Why a rule fired, as one sentence of the catalogue with its values. Pure; `tell.ts` says it in the
// language in use.
import type { Key } from './words';
import type { Reason } from './wire';

export interface Sentence {
  key: Key;
  values: Record<string, string | number>;
}

/** How the language in use says the parts of a sentence. */
export interface Speech {
  what(of: Reason['class']): string;
  where(reason: Reason): string;
  lasted(ms: number): string;
  way(word: string): string;
  /** One way of being unusual, with its values; `like` is the word of a kind of vehicle. */
  unusual(term: string, values: Record<string, string | number>): string;
  /** Puts several of them into one text. */
  all(texts: string[]): string;
}

/** Kinds whose score is not that of one object. */
const WITHOUT_SCORE: Reason['kind'][] = ['zone_motion', 'crowding', 'object_removed', 'anomaly', 'manual'];

export const hasScore = (reason: Reason): boolean =>
  reason.score !== null && !WITHOUT_SCORE.includes(reason.kind);

/** The sentence of a rule's kind; null for an operator's own words and for kinds of later days. */
export function sentence(reason: Reason, speech: Speech): Sentence | null {
  const fact = (name: string): string | number => reason.facts?.[name] ?? '—';
  const number = (name: string): number => Number(reason.facts?.[name] ?? 0);
  const dwell = reason.dwell_ms === null ? '' : speech.lasted(reason.dwell_ms);
  const common = { zone: speech.where(reason), what: speech.what(reason.class), dwell };
  switch (reason.kind) {
    case 'zone_object':
      return { key: dwell ? 'reason.object_dwell' : 'reason.object', values: common };
    case 'zone_motion': {
      const values = { ...common, share: Math.round((reason.score ?? 0) * 100) };
      return { key: dwell ? 'reason.motion_dwell' : 'reason.motion', values };
    }
    case 'line_crossed':
      return {
        key: 'reason.line_crossed',
        values: { ...common, way: speech.way(String(fact('way'))) },
      };
    case 'loitering':
      return { key: 'reason.loitering', values: { ...common, asset: fact('asset') } };
    case 'object_left':
      return { key: 'reason.object_left', values: common };
    case 'object_removed':
      return {
        key: 'reason.object_removed',
        values: { ...common, stood: speech.lasted(number('stood_ms')) },
      };
    case 'crowding': {
      const values = { ...common, count: fact('count'), limit: fact('limit') };
      if (reason.facts?.['density'] === undefined) return { key: 'reason.crowding', values };
      const dense = { density: fact('density'), limit: fact('density_limit') };
      return { key: 'reason.density', values: { ...values, ...dense } };
    }
    case 'wrong_way':
      return { key: 'reason.wrong_way', values: common };
    case 'fast_movement':
      return {
        key: 'reason.fast_movement',
        values: { ...common, speed: fact('speed'), limit: fact('limit') },
      };
    case 'vehicle_standing':
      return { key: 'reason.vehicle_standing', values: common };
    case 'anomaly': {
      const values = { ...reason.facts, stayed: speech.lasted(number('stayed_ms')) };
      const terms = String(reason.facts?.['terms'] ?? '').split(',');
      const said = terms.filter((term) => term !== '').map((term) => speech.unusual(term, values));
      return { key: 'reason.anomaly', values: { ...common, unusual: speech.all(said) } };
    }
    case 'manual':
      return null;
  }
}
