// Holds the shell of the phone page (its HTML, scripts, styles, icons) so that it opens without a
// signal. Never holds anything under /api/: orders, pictures and names are not cached here.
const SHELL = 'gengfu-shell-1';

self.addEventListener('install', (event) => {
  event.waitUntil(self.skipWaiting());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

// Pages: the network first, because a new version must win; assets carry a hash in their name,
// so the copy is as good as the original.
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname === '/phone') event.respondWith(networkFirst(event.request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(copyFirst(event.request));
});

// Only a whole, direct answer is kept: a redirect to the sign-in page is not the shell.
async function keep(key, response) {
  if (response.status === 200 && !response.redirected && response.type === 'basic') {
    const cache = await caches.open(SHELL);
    await cache.put(key, response.clone());
  }
  return response;
}

async function networkFirst(request) {
  try {
    return await keep('/phone', await fetch(request));
  } catch {
    return (await caches.match('/phone')) ?? Response.error();
  }
}

async function copyFirst(request) {
  return (await caches.match(request)) ?? keep(request, await fetch(request));
}
