// Photos of a reply: made small on the phone, named by their hash, kept in the browser's own database
// until the centre has the reply.

// Long side and quality: readable evidence at about 300 kB (guess, revisit).
const LONG_SIDE_PX = 1600;
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

export interface ShotPhoto {
  sha256: string;
  taken_ms: number;
  jpeg: Blob;
}

async function toJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((b) => (b ? resolve(b) : reject(new Error('no jpeg'))), 'image/jpeg', quality),
  );
}

export async function hash(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** Size that fits the long side without ever enlarging. */
export function fit(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONG_SIDE_PX / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Drawing it anew also drops what the camera wrote into the file (place, serial number). */
export async function shoot(file: File, mostBytes: number, now: number): Promise<ShotPhoto> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const canvas = document.createElement('canvas');
  Object.assign(canvas, fit(picture.width, picture.height));
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let jpeg = await toJpeg(canvas, QUALITIES[0]!);
  for (const quality of QUALITIES.slice(1)) {
    if (jpeg.size <= mostBytes) break;
    jpeg = await toJpeg(canvas, quality);
  }
  // A picture from the gallery may be older than the tap; a clock in the future is not believed.
  const taken_ms = Math.min(file.lastModified || now, now);
  return { sha256: await hash(jpeg), taken_ms, jpeg };
}

const STORE = 'photo';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('gengfu-phone', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no database'));
  });
}

async function within<T>(
  mode: IDBTransactionMode,
  run: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const db = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = run(db.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('database'));
    });
  } finally {
    db.close();
  }
}

export const savePhoto = (sha256: string, jpeg: Blob) =>
  within('readwrite', (s) => s.put(jpeg, sha256));
export const loadPhoto = (sha256: string) =>
  within<Blob | undefined>('readonly', (s) => s.get(sha256));
export const dropPhoto = (sha256: string) => within('readwrite', (s) => s.delete(sha256));
