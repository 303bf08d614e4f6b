import { expect, test } from 'vitest';
import {
  Courier,
  envelope,
  Outbox,
  Seen,
  type Carrier,
  type Keep,
  type OutItem,
} from '../phone/outbox';

function memory(): Keep & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (k) => values.get(k) ?? null,
    setItem: (k, v) => void values.set(k, v),
  };
}
const answer = (id: string, type: OutItem['type'], offer = 'o1'): Omit<OutItem, 'seq'> => ({
  id,
  type,
  at_ms: 1_795_410_000_123,
  ticket: 't1',
  body: { offer },
  photos: [],
});

function carrier(over: Partial<Carrier> & { sent: string[] }): Carrier {
  return {
    ready: () => true,
    upload: (_item, photo) => Promise.resolve(`id-${photo.sha256}`),
    publish: (item) => (over.sent.push(item.type), Promise.resolve()),
    hopeless: () => false,
    setAside: () => undefined,
    changed: () => undefined,
    ...over,
  };
}

test('answers go out in the order in which they were given and leave when acknowledged', async () => {
  const outbox = new Outbox(memory(), 'k');
  outbox.add(answer('1', 'received'));
  outbox.add(answer('2', 'ack'));
  outbox.add(answer('3', 'on_scene'));
  const sent: string[] = [];
  await new Courier(outbox, carrier({ sent })).run();
  expect(sent).toEqual(['received', 'ack', 'on_scene']);
  expect(outbox.items).toEqual([]);
});

test('a double tap gives one answer', () => {
  const outbox = new Outbox(memory(), 'k');
  const first = outbox.add(answer('1', 'ack'));
  expect(outbox.add(answer('2', 'ack'))).toEqual(first);
  outbox.add(answer('3', 'ack', 'o2'));
  expect(outbox.items.map((i) => i.id)).toEqual(['1', '3']);
});

test('what was not acknowledged is kept, also over a restart, and goes out with the same id', async () => {
  const keep = memory();
  const outbox = new Outbox(keep, 'k');
  outbox.add(answer('1', 'ack'));
  outbox.add(answer('2', 'on_scene'));
  const sent: string[] = [];
  const lost = () => Promise.reject(new Error('connection lost'));
  await new Courier(outbox, carrier({ sent, publish: lost })).run();
  const again = new Outbox(keep, 'k');
  expect(again.items.map((i) => i.id)).toEqual(['1', '2']);
  await new Courier(again, carrier({ sent })).run();
  expect(sent).toEqual(['ack', 'on_scene']);
});

test('the sequence never goes back, even after everything was sent and the phone restarted', async () => {
  const keep = memory();
  const outbox = new Outbox(keep, 'k');
  expect(outbox.add(answer('1', 'ack')).seq).toBe(1);
  await new Courier(outbox, carrier({ sent: [] })).run();
  expect(new Outbox(keep, 'k').add(answer('2', 'on_scene')).seq).toBe(2);
});

test('nothing is sent without a connection', async () => {
  const outbox = new Outbox(memory(), 'k');
  outbox.add(answer('1', 'ack'));
  const sent: string[] = [];
  await new Courier(outbox, carrier({ sent, ready: () => false })).run();
  expect(sent).toEqual([]);
  expect(outbox.items.length).toBe(1);
});

test('a reply waits for its photos and names them', async () => {
  const outbox = new Outbox(memory(), 'k');
  outbox.add({ ...answer('1', 'reply'), photos: [{ sha256: 'aa', taken_ms: 5, id: null }] });
  let payload = '';
  const publish = (item: OutItem) => (
    (payload = JSON.stringify(envelope(item))),
    Promise.resolve()
  );
  await new Courier(outbox, carrier({ sent: [], publish })).run();
  expect(JSON.parse(payload)).toMatchObject({
    v: 1,
    id: '1',
    seq: 1,
    at: '2026-11-23T05:00:00.123Z',
    type: 'reply',
    ticket: 't1',
    body: { offer: 'o1', photos: [{ id: 'id-aa', sha256: 'aa', taken_ms: 5 }] },
  });
});

test('a photo that was uploaded is not uploaded again', async () => {
  const outbox = new Outbox(memory(), 'k');
  outbox.add({
    ...answer('1', 'reply'),
    photos: [
      { sha256: 'aa', taken_ms: 5, id: null },
      { sha256: 'bb', taken_ms: 6, id: null },
    ],
  });
  const uploads: string[] = [];
  let fail = true;
  const upload: Carrier['upload'] = (_item, photo) => {
    if (photo.sha256 === 'bb' && fail) return Promise.reject(new Error('no signal'));
    uploads.push(photo.sha256);
    return Promise.resolve(`id-${photo.sha256}`);
  };
  const sent: string[] = [];
  await new Courier(outbox, carrier({ sent, upload })).run();
  fail = false;
  await new Courier(outbox, carrier({ sent, upload })).run();
  expect(uploads).toEqual(['aa', 'bb']);
  expect(sent).toEqual(['reply']);
});

test('an answer that can never go out is set aside and does not block the others', async () => {
  const outbox = new Outbox(memory(), 'k');
  outbox.add({ ...answer('1', 'reply'), photos: [{ sha256: 'aa', taken_ms: 5, id: null }] });
  outbox.add(answer('2', 'ack', 'o2'));
  const aside: string[] = [];
  const sent: string[] = [];
  await new Courier(
    outbox,
    carrier({
      sent,
      upload: () => Promise.reject(new Error('too large')),
      hopeless: () => true,
      setAside: (i) => aside.push(i.id),
    }),
  ).run();
  expect([aside, sent]).toEqual([['1'], ['ack']]);
});

test('a store that cannot be read starts empty', () => {
  const keep = memory();
  keep.setItem('k', '{"half');
  expect(new Outbox(keep, 'k').items).toEqual([]);
});

test('a message is taken once, also after a restart', () => {
  const keep = memory();
  const seen = new Seen(keep, 'k');
  expect([seen.first('a'), seen.first('a'), seen.first('b')]).toEqual([true, false, true]);
  expect(new Seen(keep, 'k').first('b')).toBe(false);
});

test('an answer that the broker lost goes again with the same id, and one that the centre knows does not', async () => {
  const keep = memory();
  const outbox = new Outbox(keep, 'k');
  outbox.add(answer('1', 'received'));
  outbox.add(answer('2', 'ack'));
  await new Courier(outbox, carrier({ sent: [] })).run();
  outbox.settle('o1', 'offered', true);
  const again = new Outbox(keep, 'k');
  expect(again.again('o1')).toBe(true);
  expect(again.items.map((i) => [i.id, i.seq])).toEqual([['2', 2]]);
  await new Courier(again, carrier({ sent: [] })).run();
  again.settle('o1', 'accepted', true);
  expect([again.again('o1'), again.items.length]).toEqual([false, 0]);
});
