import { boot } from '../shared/boot';
import '../shared/desk.css';
import Console from './Console.svelte';

boot(Console, 'page.console');
