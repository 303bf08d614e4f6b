// A session that is over while somebody writes. The page stays as it is, and whatever was being sent
// waits until the same person has signed in again: nothing that was typed is lost.
import { mount, unmount } from 'svelte';

/** Whose page this is; null as long as nobody has been shown anything. */
let owner: string | null = null;
let asking: Promise<void> | null = null;

export const owned = (name: string): void => void (owner = name);
export const hasOwner = (): boolean => owner !== null;

/** Resolves when the page's person has signed in again; somebody else gets a page of their own. */
export function signInAgain(): Promise<void> {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask(): Promise<void> {
  const { default: Again } = await import('./parts/Again.svelte');
  await new Promise<void>((resolve) => {
    const dialog = mount(Again, {
      target: document.body,
      props: {
        name: owner ?? '',
        ondone: (name: string) => {
          if (name !== owner) return location.reload();
          void unmount(dialog);
          resolve();
        },
      },
    });
  });
}
