import { boot } from '../shared/boot';
import Phone from './Phone.svelte';
import './phone.css';

boot(Phone, 'page.phone');
// Keeps the shell for opening without a signal; the page works without it.
if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js', { scope: '/phone' }).catch(() => undefined);
}
