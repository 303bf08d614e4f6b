// Puts one page into the document: theme, language, title, root component.
import './tokens.css';
import { mount, type Component } from 'svelte';
import { lang, setLang, w } from './lang.svelte';
import type { Key } from './words';

const STORED = 'gengfu.theme';
export type Theme = 'dark' | 'light';

export const theme = (): Theme => (localStorage.getItem(STORED) === 'light' ? 'light' : 'dark');

export function setTheme(next: Theme): void {
  localStorage.setItem(STORED, next);
  document.documentElement.dataset['theme'] = next;
}

export function boot(root: Component, page: Key): void {
  document.documentElement.dataset['theme'] = page === 'page.wall' ? 'dark' : theme();
  const named = () => (document.title = `${w(page)} · ${w('app.name')}`);
  window.addEventListener('gengfu-lang', named);
  const target = document.getElementById('app');
  void setLang(lang()).then(() => target && mount(root, { target }));
}
