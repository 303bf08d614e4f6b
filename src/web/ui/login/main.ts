import { boot } from '../shared/boot';
import Login from './Login.svelte';

boot(Login, 'page.login');
