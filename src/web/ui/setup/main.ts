import { boot } from '../shared/boot';
import '../shared/desk.css';
import Setup from './Setup.svelte';

boot(Setup, 'page.setup');
