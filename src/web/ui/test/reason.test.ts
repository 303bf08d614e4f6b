import { expect, test } from 'vitest';
import { hasScore, sentence, type Speech } from '../shared/reason';
import { load, say, type Key, type Lang } from '../shared/words';
import type { Reason } from '../shared/wire';

await load('zh');
await load('en');

const speech = (lang: Lang): Speech => ({
  what: (of) => (of ? say(lang, `class.${of}`) : '?'),
  where: (reason) => reason.zone_name ?? '?',
  lasted: (ms) => say(lang, 'unit.seconds', { n: Math.round(ms / 100) / 10 }),
  way: (word) => say(lang, `way.${word}`),
  unusual: (term, values) =>
    say(lang, `unusual.${term}` as Key, { ...values, like: say(lang, `like.${values['like']}` as Key) }),
  all: (texts) => texts.join(say(lang, 'unusual.and')),
});

const reason = (kind: Reason['kind'], more: Partial<Reason> = {}): Reason => ({
  kind,
  zone: 'passage',
  zone_name: '通道',
  class: 'person',
  score: 0.8,
  dwell_ms: 1400,
  armed: '00:00-24:00',
  text: null,
  ...more,
});

/** The sentence in Chinese and in English. */
function check(of: Reason, zh: string, en: string) {
  for (const [lang, expected] of [
    ['zh', zh],
    ['en', en],
  ] as const) {
    const said = sentence(of, speech(lang));
    expect(said && say(lang, said.key, said.values)).toBe(expected);
  }
}

test('every kind of rule says why it fired, with its own facts', () => {
  check(reason('zone_object'), '通道内有人，停留 1.4 秒', 'Person in 通道 for 1.4 s');
  check(
    reason('zone_motion', { class: null, score: 0.12 }),
    '通道内 12% 的画面在变动，持续 1.4 秒',
    '12% of 通道 has been moving for 1.4 s',
  );
  check(
    reason('line_crossed', { facts: { way: 'left_to_right' } }),
    '人越过通道，从左侧到右侧',
    'Person crossed 通道 from left to right',
  );
  check(
    reason('loitering', { facts: { asset: '配电房' }, dwell_ms: 120_000 }),
    '人在配电房旁（通道）停留 120 秒',
    'Person stayed near 配电房 (通道) for 120 s',
  );
  check(
    reason('object_left', { class: 'bag' }),
    '通道内有包，旁边无人 1.4 秒',
    'Bag in 通道, nobody near it for 1.4 s',
  );
  check(
    reason('object_removed', { class: 'bicycle', facts: { stood_ms: 90_000 } }),
    '通道内的自行车不见了：曾停放 90 秒，原处已空 1.4 秒',
    'Bicycle gone from 通道: it had stood there for 90 s, its place has been empty for 1.4 s',
  );
  check(
    reason('crowding', { facts: { count: 16, limit: 15 } }),
    '通道内有 16 人，超过 15 人，持续 1.4 秒',
    '16 people in 通道, more than 15, for 1.4 s',
  );
  check(
    reason('crowding', { facts: { count: 30, density: 2.5, density_limit: 2 } }),
    '通道内有 30 人，每 10 平方米 2.5 人，超过 2 人，持续 1.4 秒',
    '30 people in 通道: 2.5 on 10 m², more than 2, for 1.4 s',
  );
  check(
    reason('wrong_way', { facts: { off_deg: 170 } }),
    '逆行：人在通道逆着规定方向行进 1.4 秒',
    'Person moved against the permitted direction in 通道 for 1.4 s',
  );
  check(
    reason('fast_movement', { facts: { speed: 2.6, limit: 2 } }),
    '人在通道快速移动：每秒 2.6 倍身高，超过 2 倍，持续 1.4 秒',
    'Person moved fast in 通道: 2.6 own heights a second, more than 2, for 1.4 s',
  );
  check(
    reason('vehicle_standing', { class: 'vehicle' }),
    '机动车在通道停放 1.4 秒',
    'Vehicle has stood in 通道 for 1.4 s',
  );
  const facts = { terms: 'rare_kind,speed', like: 'bicycle', percent: 46, times: 3.1 };
  check(
    reason('anomaly', { class: 'bicycle', facts }),
    '通道内与平时不同：像自行车（46%），而此处几乎没有车辆；速度为平时的 3.1 倍',
    'Not as usual in 通道: like a bicycle (46%), where hardly any vehicle passes; 3.1 times the usual speed',
  );
});

test('an own observation has no sentence, and a fact that is missing is a dash', () => {
  expect(sentence(reason('manual'), speech('zh'))).toBeNull();
  check(
    reason('loitering'),
    '人在—旁（通道）停留 1.4 秒',
    'Person stayed near — (通道) for 1.4 s',
  );
});

test('only the score of one object is shown', () => {
  expect(hasScore(reason('wrong_way'))).toBe(true);
  expect(hasScore(reason('crowding'))).toBe(false);
  expect(hasScore(reason('zone_motion'))).toBe(false);
  expect(hasScore(reason('zone_object', { score: null }))).toBe(false);
});
