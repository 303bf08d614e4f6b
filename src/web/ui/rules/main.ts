import { boot } from '../shared/boot';
import '../shared/desk.css';
import RulesPage from './Rules.svelte';

boot(RulesPage, 'page.rules');
