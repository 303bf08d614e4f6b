import { boot } from '../shared/boot';
import '../shared/desk.css';
import PolicyPage from './Policy.svelte';

boot(PolicyPage, 'page.policy');
