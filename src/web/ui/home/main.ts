import { boot } from '../shared/boot';
import Home from './Home.svelte';

boot(Home, 'page.home');
